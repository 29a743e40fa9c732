/* Going to a channel, a thread or the App Home, and scrolling in it. */
import { dress } from "./blocks.js";
import { keepDrafts, prepare, showQueue } from "./composer.js";
import { $, $$, app, here, parse, toast, touch } from "./dom.js";
import { pinned, title, toEnd } from "./fragments.js";
import { comeBack, parked, trimEnd, unpark } from "./window.js";
import { connected, forget, online, seen, tell } from "./live.js";
export async function go(href, push = true) {
  keepDrafts();
  let answer;
  try { answer = await fetch(href, { headers: { "x-pane": "1", "x-have": here().home ? "" : here().channel } }); } catch { toast("The workspace cannot be reached. Check that it is running.", true); return; }
  if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) { location.href = href; return; }
  const pane = await answer.json();
  if (pane.main) { unpark(); $("#main").replaceWith(parse(pane.main)); }
  setThread(pane.thread);
  app.classList.remove("show-side");
  if (push && pane.url !== location.pathname + location.search) history.pushState(null, "", pane.url);
  forget(); arrive(); online(connected()); tell({ see: here() });
}
export function setThread(html) {
  $("#thread")?.remove();
  if (html) { app.append(parse(html)); }
  app.classList.toggle("with-thread", Boolean(html));
}
export const inChannel = (href) => { const u = new URL(href, location.href); return u.pathname + u.search; };
export async function openThread(channel, ts, focus = true) {
  await go(`/archives/${channel}/p${ts.replace(".", "")}?thread=1`);
  if (focus && matchMedia("(min-width: 721px)").matches) $("#thread-composer")?.focus();
}
export function closeThread() {
  keepDrafts(); const ts = $("#thread")?.dataset.ts; setThread("");
  history.pushState(null, "", `/archives/${here().channel}`); tell({ see: here() });
  $(`#m-${(ts || "").replace(".", "-")} [data-act=thread]`)?.focus({ preventScroll: true }); $("#composer")?.focus({ preventScroll: true });
}
addEventListener("popstate", () => go(location.pathname + location.search, false));
export function arrive() {
  for (const box of $$("#scroll, #thread-scroll")) {
    const flash = $(".msg.flash", box);
    if (flash) { flash.scrollIntoView({ block: "center" }); setTimeout(() => flash.classList.remove("flash"), 6000); } else toEnd(box);
    box.addEventListener("scroll", () => scrolled(box), { passive: true });
    keepLow(box);
  }
  for (const form of $$("form.compose")) prepare(form);
  dress(document);
  showQueue(); title(); seen();
  if (!touch() && !$("#thread")) $("#composer")?.focus({ preventScroll: true });
}
export function keepLow(box) {
  // Only a person scrolling up lets go of the end; content that grows does not.
  let low = pinned(box), top = box.scrollTop;
  box.addEventListener("scroll", () => { if (pinned(box)) low = true; else if (box.scrollTop < top - 2) low = false; top = box.scrollTop; }, { passive: true });
  new ResizeObserver(() => { if (low && !$(".msg.flash", box)) toEnd(box); }).observe($(".msgs", box));
  new ResizeObserver(() => { if (low && !$(".msg.flash", box)) toEnd(box); }).observe(box);
}
let loading = false;
export function scrolled(box) {
  if (box.id !== "scroll") return;
  if (pinned(box)) { const b = $(".jump-down"); if (b) b.hidden = true; seen(); }
  if (box.scrollTop < 500 && !$(".more", box).hidden) older();
  if (parked() && box.scrollHeight - box.scrollTop - box.clientHeight < 800) comeBack(box);
  if (parked()) { const b = $(".jump-down"); if (b) b.hidden = false; }
}
export async function older() {
  const list = $("#messages"), first = $(".msg:not(.pending)", list), more = $(".more"), box = $("#scroll");
  if (loading || !first) return; loading = true;
  try {
    const said = await (await fetch(`/page/older?channel=${here().channel}&before=${first.dataset.ts}`)).json();
    const height = box.scrollHeight, top = box.scrollTop;
    const fresh = parse(said.html); dress(fresh); list.prepend(fresh); more.hidden = !said.older; $("#hello").hidden = said.older;
    box.scrollTop = top + box.scrollHeight - height; trimEnd();
  } catch { toast("Earlier messages could not be loaded. Scroll again to retry.", true); } finally { loading = false; }
}
