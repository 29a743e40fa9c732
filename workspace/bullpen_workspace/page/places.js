/* Going to a channel, a thread or the App Home, and scrolling in it. */
import { dress } from "./blocks.js";
import { keepDrafts, prepare, showQueue } from "./composer.js";
import { $, $$, app, here, parse, toast, touch } from "./dom.js";
import { pinned, title, toEnd } from "./fragments.js";
import { comeBack, jumpOf, listOf, moreOf, parked, trimEnd, unpark } from "./window.js";
import { connected, forget, online, seen, tell } from "./live.js";
export async function go(href, push = true, all = false) {
  keepDrafts();
  let answer;
  try { answer = await fetch(href, { headers: { "x-pane": "1", "x-have": all || here().home || here().feed ? "" : here().channel } }); } catch { toast("The workspace cannot be reached. Check that it is running.", true); return; }
  if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) { location.href = href; return; }
  const pane = await answer.json();
  if (pane.main) { unpark($("#messages")); $("#main").replaceWith(parse(pane.main)); }
  setThread(pane.thread);
  app.classList.remove("show-side");
  if (push && pane.url !== location.pathname + location.search) history.pushState(null, "", pane.url);
  const at = here();
  for (const link of $$("#side a[data-channel], #side a[data-feed]")) { if (at.feed ? link.dataset.feed === at.feed : link.dataset.channel === at.channel) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current"); }
  forget(); arrive(); online(connected()); tell({ see: here() });
}
export function setThread(html) {
  unpark($("#replies")); $("#thread")?.remove();
  if (html) { app.append(parse(html)); }
  app.classList.toggle("with-thread", Boolean(html));
}
export const inChannel = (href) => { const u = new URL(href, location.href); return u.pathname + u.search; };
export async function openThread(channel, ts, focus = true) {
  if (here().feed) await beside(channel, ts); else await go(`/archives/${channel}/p${ts.replace(".", "")}?thread=1`);
  if (focus && matchMedia("(min-width: 721px)").matches) $("#thread-composer")?.focus();
}
/* In a view across channels a thread opens beside it; the address stays the view's. */
async function beside(channel, ts) {
  keepDrafts();
  const answer = await fetch(`/archives/${channel}/p${ts.replace(".", "")}?thread=1`, { headers: { "x-pane": "1", "x-have": "feed" } }).catch(() => null);
  if (!answer?.ok) { toast("The thread could not be opened. Check that the workspace is running.", true); return; }
  setThread((await answer.json()).thread); forget(); arrive($("#thread")); tell({ see: here() });
}
export function closeThread() {
  keepDrafts(); const ts = $("#thread")?.dataset.ts; setThread("");
  if (here().feed) { tell({ see: here() }); $("#feed-scroll").focus({ preventScroll: true }); return; }
  history.pushState(null, "", `/archives/${here().channel}`); tell({ see: here() });
  $(`#m-${(ts || "").replace(".", "-")} [data-act=thread]`)?.focus({ preventScroll: true }); $("#composer")?.focus({ preventScroll: true });
}
addEventListener("popstate", () => go(location.pathname + location.search, false));
export function arrive(root = document) {
  for (const box of $$("#scroll, #thread-scroll", root)) {
    const flash = $(".msg.flash", box);
    if (flash) { flash.scrollIntoView({ block: "center" }); setTimeout(() => flash.classList.remove("flash"), 6000); } else toEnd(box);
    box.addEventListener("scroll", () => scrolled(box), { passive: true });
    keepLow(box);
  }
  for (const form of $$("form.compose", root)) prepare(form);
  dress(root);
  showQueue(); title(); seen();
  if (!touch() && !$("#thread")) $("#composer")?.focus({ preventScroll: true });
}
export function keepLow(box) {
  // Only a person scrolling up lets go of the end; content that grows does not.
  let low = pinned(box), top = box.scrollTop;
  box.addEventListener("scroll", () => { if (pinned(box)) low = true; else if (box.scrollTop < top - 2) low = false; top = box.scrollTop; }, { passive: true });
  for (const list of $$(".msgs", box)) new ResizeObserver(() => { if (low && !$(".msg.flash", box)) toEnd(box); }).observe(list);
  new ResizeObserver(() => { if (low && !$(".msg.flash", box)) toEnd(box); }).observe(box);
}
let loading = false;
export function scrolled(box) {
  const list = listOf(box), down = jumpOf(box);
  if (!list) return;
  if (pinned(box)) { if (down) down.hidden = true; seen(); }
  // The whole of a thread stands under its root: earlier replies come in where the button is.
  const more = moreOf(list), near = list.id === "replies" ? box.getBoundingClientRect().top - more.getBoundingClientRect().bottom < 400 && more.getBoundingClientRect().bottom > 0 : box.scrollTop < 500;
  if (near && !more.hidden) older(list);
  if (parked(list) && box.scrollHeight - box.scrollTop - box.clientHeight < 800) comeBack(box, list);
  if (parked(list) && down) down.hidden = false;
}
export async function older(list = $("#messages")) {
  const first = $(":scope > .msg:not(.pending)", list), more = moreOf(list), box = list.closest(".scroll");
  if (loading || !first) return; loading = true;
  try {
    const of = list.id === "replies" ? `&thread=${$("#thread").dataset.ts}` : "";
    const said = await (await fetch(`/page/older?channel=${here().channel}${of}&before=${first.dataset.ts}`)).json();
    const height = box.scrollHeight, top = box.scrollTop;
    const fresh = parse(said.html); dress(fresh); list.prepend(fresh); more.hidden = !said.older;
    if (list.id === "messages") $("#hello").hidden = said.older;
    box.scrollTop = top + box.scrollHeight - height; trimEnd(list);
  } catch { toast("Earlier messages could not be loaded. Scroll again to retry.", true); } finally { loading = false; }
}
