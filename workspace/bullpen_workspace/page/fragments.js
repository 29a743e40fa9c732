/* Puts what the server rendered where it belongs, without losing what a person typed or scrolled to. */
import { dress, held, refill } from "./blocks.js";
import { queue, queued } from "./composer.js";
import { $, $$, modal, parse, toast } from "./dom.js";
import { knock, showBell } from "./knock.js";
import { seen } from "./live.js";
import { jumpOf, listOf, moreOf, park, parked, unpark } from "./window.js";
import { closeThread, go } from "./places.js";
export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) { old.replaceWith(fresh); return; }
  if (old.nodeType !== 1) { if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue; return; }
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !(name === "open" && old.matches("[data-keep],.peek"))) old.removeAttribute(name);
  if (old.matches(".editing")) return;
  const next = [...fresh.childNodes];
  next.forEach((node, i) => { const now = old.childNodes[i]; now ? morph(now, node) : old.append(node); });
  while (old.childNodes.length > next.length) old.lastChild.remove();
}
export const pinned = (box) => box && !parked(listOf(box)) && box.scrollHeight - box.scrollTop - box.clientHeight < 90;
export function place(list, li) {
  if (park(list, li)) return;
  const old = document.getElementById(li.id);
  if (old?.classList.contains("flash")) li.classList.add("flash");
  if (old) { if (old.dataset.v !== li.dataset.v && !$(".edit-box", old)) morph(old, li); return; }
  let after = null;
  for (let el = list.lastElementChild; el; el = el.previousElementSibling) {
    if (el.classList.contains("pending")) continue;
    if (el.dataset.ts < li.dataset.ts) { after = el; break; }
  }
  if (after) after.after(li);
  // Older than everything loaded here: it will come with "Show earlier messages".
  else if (!list.firstElementChild || !moreOf(list) || moreOf(list).hidden || list.firstElementChild.classList.contains("pending")) list.prepend(li);
}
export const moves = {
  put({ target, html, key }) { if (key) { queue(queued().filter((i) => i.key !== key)); document.getElementById(`p-${key}`)?.remove(); } const list = $(target); if (list) for (const li of [...parse(html).children]) { dress(li); place(list, li); } },
  sync({ target, html, older }) {
    const list = $(target); if (!list) return;
    if (parked(list)) { unpark(list); list.replaceChildren(); }
    const fresh = [...parse(html).children], ids = new Set(fresh.map((li) => li.id)), first = fresh[0]?.dataset.ts || "";
    for (const el of [...list.children]) if (!el.classList.contains("pending") && !ids.has(el.id) && (el.dataset.ts >= first || !older)) el.remove();
    // A gap longer than the window: what is above it would not join on, so it goes.
    if (older && list.firstElementChild && !fresh.some((li) => document.getElementById(li.id))) { for (const el of $$(".msg:not(.pending)", list)) el.remove(); const more = moreOf(list); if (more) more.hidden = false; }
    for (const li of fresh) place(list, li);
  },
  remove({ target }) { $(target)?.remove(); },
  inner({ target, html }) { const el = $(target); if (el) { const box = el.cloneNode(false); box.append(parse(html)); morph(el, box); } },
  replace({ target, html }) { const el = $(target), fresh = parse(html).firstElementChild; if (el && fresh && el.dataset.v !== fresh.dataset.v) { morph(el, fresh); showBell(); } title(); },
  modal({ html, view }) {
    if (html && modal.open && modal.last === html) return;
    modal.last = html;
    if (!html) { if (modal.open) modal.close(); modal.innerHTML = ""; return; }
    const old = $("#view")?.dataset.view === view ? held() : [], at = document.activeElement?.id;
    modal.innerHTML = html; dress(modal); refill(old);
    if (!modal.open) modal.showModal();
    ((old.length && at && document.getElementById(at)) || $("[data-input], .input-block .field", modal))?.focus();
  },
  announce({ text }) { $("#announce").textContent = text; },
  knock,
  toast({ text, bad }) { toast(text, bad); },
  gone() { $("#thread") && closeThread(); },
  again() { go(location.pathname + location.search, false, true); },
};
export function apply(ops) {
  const fresh = (target) => ops.some((o) => o.op === "put" && o.fresh && o.target === target);
  const main = $("#scroll"), side = $("#thread-scroll"), low = pinned(main), lowSide = pinned(side);
  for (const op of ops) moves[op.op]?.(op);
  const hello = $("#hello"); if (hello && $("#messages > .msg:not(.is-notice)")) $(".examples", hello)?.remove();
  if (low) toEnd(main); else if (main && fresh("#messages")) jumpOf(main).hidden = false;
  if (lowSide) toEnd(side); else if (side && fresh("#replies")) jumpOf(side).hidden = false;
  seen();
}
export const toEnd = (box) => { if (box) box.scrollTop = box.scrollHeight; };
export function title() {
  const n = $$("#side .count, #side li.unread > a[data-nav]").length, base = $("#main")?.dataset.title || document.title;
  document.title = n ? `(${$$("#side li.unread").length}) ${base}` : base;
}
