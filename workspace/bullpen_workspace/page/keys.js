/* The keyboard: where one is decides what a key does; in a field only Ctrl, Alt and F-keys do. */
import { openSwitcher } from "./finder.js";
import { $, $$, app, here, picker } from "./dom.js";
import { closeThread } from "./places.js";

const typing = (el) => el?.matches?.("input, textarea, select, [contenteditable]");

export function closeMenus(but) {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(but) || but?.closest?.(".menu-in button")) menu.open = false;
}
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details.menu[open]")) return;
  const box = $(".menu-in", event.target), r = event.target.getBoundingClientRect(), below = r.bottom + 5 + box.offsetHeight < innerHeight - 8;
  box.style.left = `${Math.max(8, r.right - box.offsetWidth)}px`;
  box.style.top = `${below ? r.bottom + 5 : Math.max(8, r.top - box.offsetHeight - 5)}px`;
}, true);
document.addEventListener("scroll", () => closeMenus(null), { capture: true, passive: true });
function step(by, unread) {
  const links = $$("#side a[data-channel]"), at = links.findIndex((a) => a.dataset.channel === here().channel);
  for (let i = 1; i <= links.length; i++) {
    const link = links[(at + by * i + links.length * i) % links.length];
    if (!unread || link.closest("li.unread")) { link.click(); return; }
  }
}
function panes() {
  const last = (list) => $$(".msg:not(.pending) > .msg-in", $(list) || document.createElement("i")).at(-1);
  return [$("#side [aria-current]") || $("#side a"), $("#feed .msg-in"), last("#messages"), $("#composer"), last("#replies"), $("#thread-composer")].filter(Boolean);
}
function turnPane(back) {
  const all = panes(), within = (el) => el === document.activeElement || (el.matches(".msg-in") ? (el.closest("#feed") || el.closest("ol"))?.contains(document.activeElement) : el.closest("#side")?.contains(document.activeElement));
  const at = all.findIndex(within);
  all[(at + (back ? -1 : 1) + all.length) % all.length]?.focus();
}
function onMessage(event, article) {
  const all = $$(".msg:not(.pending) > .msg-in", article.closest("#feed, #thread-scroll") || article.closest("ol")), at = all.indexOf(article);
  const press = (sel) => { const el = $(sel, article); if (el) { event.preventDefault(); el.click(); } };
  const by = event.ctrlKey || event.metaKey || event.altKey ? 0 : { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (by) { const next = all[at + by]; event.preventDefault(); if (next) next.focus(); else if (by > 0) $("textarea", article.closest(".pane"))?.focus(); return; }
  const keys = { Enter: "[data-act=thread]", p: "[data-act=pin]", r: "[data-act=pick]", e: "[data-act=edit]", u: "[data-act=unread]" };
  if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) press(keys[event.key]);
}
document.addEventListener("keydown", (event) => {
  const { key } = event, open = $("dialog[open]");
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") { event.preventDefault(); openSwitcher(); return; }
  if (key === "Escape") {
    if (!picker.hidden) { picker.hidden = true; picker.dispatchEvent(new Event("away")); return; }
    const up = $("details.menu[open]"); if (up) { closeMenus(null); $("summary", up).focus(); return; }
    if (open) return;
    if ($("#thread")) { event.preventDefault(); closeThread(); } else if (app.classList.contains("show-side")) app.classList.remove("show-side");
    return;
  }
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && (key === "ArrowDown" || key === "ArrowUp")) {
    const all = $$(".menu-in button", menu), at = all.indexOf(document.activeElement);
    event.preventDefault(); all[(at + (key === "ArrowDown" ? 1 : all.length - (at < 0 ? 0 : 1))) % all.length]?.focus(); return;
  }
  if (open) return;
  if (event.altKey && (key === "ArrowDown" || key === "ArrowUp")) { event.preventDefault(); step(key === "ArrowDown" ? 1 : -1, event.shiftKey); return; }
  if (key === "F6") { event.preventDefault(); turnPane(event.shiftKey); return; }
  if (typing(event.target)) return;
  if (key === "?") { event.preventDefault(); $("#keys").showModal(); return; }
  if (event.target.matches?.(".msg-in")) onMessage(event, event.target);
  else if ((key === "j" || key === "k") && event.target === document.body && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); $$(".msg:not(.pending) > .msg-in", $("#messages") || $("#feed") || document.body).at(-1)?.focus(); }
});
