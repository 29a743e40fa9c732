/* What a click or a key does; loads the other parts. */
import { closeView, press, unpick } from "./blocks.js";
import { format, put } from "./composer.js";
import { $, $$, Refused, app, ask, attempt, flipTheme, here, modal, parse, picker, post, toast, touch } from "./dom.js";
import { openSwitcher } from "./finder.js";
import { edit } from "./editing.js";
import { toEnd } from "./fragments.js";
import { closeMenus } from "./keys.js";
import { connect, hold, tell } from "./live.js";
import { askToKnock, showBell } from "./knock.js";
import { jumpOf, listOf, parked, unpark } from "./window.js";
import { arrive, closeThread, go, inChannel, older, openThread } from "./places.js";

let pickFor = null, pickAt = "";
async function inside(path, why) { const a = await fetch(path); if (!a.ok) throw new Refused(why); return a.text(); }
function openInside(html) {
  if (html == null) return;
  // A dialog that is drawn anew keeps what was typed into it meanwhile.
  const box = $("#members"), was = box.open && $("#topic-form input", box), typed = was?.value, at = was && was === document.activeElement;
  box.innerHTML = html;
  if (!box.open) box.showModal();
  const topic = was && $("#topic-form input", box);
  if (topic) { topic.value = typed; if (at) topic.focus(); }
}
const composerNear = (el) => $("textarea", el.closest(".pane") || document) || $("#composer");
const acts = {
  theme: flipTheme,
  switcher: openSwitcher,
  "new-channel"() { $("#new-channel").showModal(); $("#channel-name").focus(); },
  bell: askToKnock,
  keys() { $("#keys").showModal(); },
  async members() {
    openInside(await attempt(() => inside(`/page/members?channel=${here().channel}`, "The members could not be read. Reload the page.")));
  },
  async bring(el) { if (await attempt(() => post("invite", { channel: here().channel, user: el.dataset.user }))) acts.members(); },
  async leave() {
    const label = $("#members h2").textContent;
    if (!(await ask(`Leave ${label}?`, "You will no longer be told of what is said there. A public channel can be joined again at any time.", "Leave", "Stay", true))) return;
    if (await attempt(() => post("leave", { channel: here().channel }))) { $("#members").close(); location.href = "/"; }
  },
  async "copy-text"(el) { const text = $(".content", el.closest(".msg")).innerText.trim(); try { await navigator.clipboard.writeText(text); toast("The text is on the clipboard."); } catch { prompt("Copy the text", text); } },
  async unread(el) { const m = el.closest(".msg"); if (await attempt(() => post("unread", { channel: m.dataset.channel, ts: m.dataset.ts }))) { hold(m.dataset.channel); $(".unread-line")?.remove(); $(".msg-in", m).before(parse(`<div class="unread-line">New</div>`)); toast("Marked unread. It counts as read when you come back to this channel."); } },
  "close-dialog"(el) { el.closest("dialog").close(); },
  async join(el) { const done = await attempt(() => post("join", { channel: el.dataset.channel })); if (done) { el.closest("dialog")?.close(); go(`/archives/${el.dataset.channel}`); } },
  async invite(el) { const box = el.closest("#absent"); if (await attempt(() => post("invite", { channel: here().channel }))) box.remove(); },
  "show-side"() { app.classList.add("show-side"); $("#side a")?.focus(); },
  "close-thread": closeThread,
  older(el) { older(listOf(el.closest(".scroll"))); },
  "to-end"(el) {
    const box = $(".scroll", el.closest(".pane")), list = listOf(box);
    if (!parked(list)) { toEnd(box); return; }
    unpark(list); list.replaceChildren(); tell({ see: here() });
  },
  "thread-at"(el) { openThread(el.dataset.channel, el.dataset.ts); },
  "read-channel"(el) { attempt(() => post("read", { channel: el.dataset.channel })); },
  async "read-all"() { if (await attempt(() => post("read", {}))) toast("Everything counts as read."); },
  async pin(el) { const m = el.closest(".msg"), said = await attempt(() => post("pin", { channel: m.dataset.channel, ts: m.dataset.ts })); if (said) toast(said.pinned ? "Pinned. It is kept at the head of the channel." : "Unpinned."); },
  async pins() { openInside(await attempt(() => inside(`/page/pins?channel=${here().channel}`, "The pins could not be read. Reload the page."))); },
  async canvas(el) { openInside(await attempt(() => inside(`/page/canvas?canvas=${el.dataset.canvas}`, "The canvas could not be read. Reload the page."))); },
  async archive() {
    const label = $("#members h2").textContent;
    if (!(await ask(`Archive ${label}?`, "Nobody can write there any more. It stays readable and can be unarchived.", "Archive", "Keep it", true))) return;
    if (await attempt(() => post("archive", { channel: here().channel, archived: true }))) $("#members").close();
  },
  async unarchive(el) { if (await attempt(() => post("archive", { channel: el.dataset.channel, archived: false }))) { el.closest("dialog")?.close(); go(`/archives/${el.dataset.channel}`, true, true); } },
  async unbookmark(el) { if (await attempt(() => post("unbookmark", { channel: here().channel, bookmark: el.dataset.bookmark }))) acts.members(); },
  thread(el) { const m = el.closest(".msg"); openThread(m.dataset.channel, m.dataset.thread); },
  react(el) { const m = el.closest(".msg"); attempt(() => post("react", { channel: m.dataset.channel, ts: m.dataset.ts, name: el.dataset.name })); },
  pick(el) { const m = el.closest(".msg"); showPicker(el, (name) => attempt(() => post("react", { channel: m.dataset.channel, ts: m.dataset.ts, name, add: true }))); },
  emoji(el) { const box = composerNear(el); showPicker(el, (_n, glyph) => put(box, glyph)); },
  picked(el) { picker.hidden = true; pickFor?.(el.dataset.name, el.textContent); pickFor = null; picker.dispatchEvent(new Event("away")); },
  async "copy-link"(el) { const href = new URL(el.dataset.href, location.href).href; try { await navigator.clipboard.writeText(href); toast("The link is on the clipboard."); } catch { prompt("Copy the link", href); } },
  edit(el) { edit(el.closest(".msg")); },
  async delete(el) { const m = el.closest(".msg"); if (await ask("Delete this message?", "It disappears for everybody. This cannot be undone.", "Delete", "Keep it", true)) attempt(() => post("delete", { channel: m.dataset.channel, ts: m.dataset.ts })); },
  shortcut(el) { const m = el.closest(".msg"); attempt(() => post("shortcut", { app: el.dataset.app, callback: el.dataset.callback, channel: m.dataset.channel, ts: m.dataset.ts })); },
  block(el) { press(el, el.dataset.type === "feedback_buttons" ? { value: el.value } : {}); },
  "close-view": closeView,
  unpick,
  stop(el) { el.disabled = true; el.textContent = "Stopping…"; attempt(() => post("stop", { channel: el.dataset.channel, thread: el.dataset.thread })); },
  fill(el) { const box = composerNear(el); put(box, el.dataset.text, !box.value.trim()); },
  address(el) { const box = $("#composer"); if (!box) { toast("Open a channel first, then choose a colleague.", true); return; } app.classList.remove("show-side"); const direct = !$("#main .hash"); put(box, direct ? el.dataset.text.replace(/^@\S+ /, "") : el.dataset.text, !box.value.trim()); },
  format(el) { format(composerNear(el), el.dataset.mark); },
  attach(el) { $("input[type=file]", el.closest("form")).click(); },
  at(el) { const box = composerNear(el); put(box, box.value && !/\s$/.test(box.value) ? " @" : "@"); },
  zoom(el) { const d = $("#lightbox"), img = $("img", d); img.src = el.dataset.href; img.alt = $("img", el).alt; $(".cap", d).textContent = el.dataset.cap; $("a", d).href = el.dataset.href; d.showModal(); },
};
document.addEventListener("click", (event) => {
  const el = event.target.closest("[data-act]");
  if (!picker.hidden && !event.target.closest("#picker") && el?.dataset.act !== "pick" && el?.dataset.act !== "emoji") picker.hidden = true;
  closeMenus(event.target);
  if (event.target.matches("dialog") && event.target !== modal) event.target.close();
  if (el) { if (el.tagName === "A") event.preventDefault(); acts[el.dataset.act]?.(el); return; }
  const link = event.target.closest("a[href]");
  if (link?.matches("[data-type=button]")) { press(link, {}); return; }
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) { return; }
  if (link.dataset.threadLink) { event.preventDefault(); openThread(link.closest(".msg").dataset.channel, link.dataset.threadLink); return; }
  if (link.matches("[data-nav],[data-here]") && link.pathname.match(/^\/(archives\/|home\/|threads$|unreads$)/)) { event.preventDefault(); $$("dialog[open]").forEach((d) => d.close()); go(inChannel(link.href)); return; }
});
/* A finger shows the tools of the message it taps. On the click, not when it lifts: the tools must not come up under it and take that very tap. */
document.addEventListener("click", (event) => {
  if (!touch() || event.target.closest("a,button,textarea,input,select,summary,dialog,.picker")) return;
  const m = event.target.closest(".msg-in"); $$(".touched").forEach((o) => o !== m && o.classList.remove("touched"));
  if (m?.classList.toggle("touched")) m.scrollIntoView({ block: "nearest" });
});
function showPicker(el, then) {
  pickFor = then; pickAt = el.closest(".msg")?.id || ""; picker.hidden = false; const r = el.getBoundingClientRect(), w = picker.offsetWidth, h = picker.offsetHeight;
  picker.style.left = `${Math.max(8, Math.min(r.left, innerWidth - w - 8))}px`; picker.style.top = `${r.top > h + 12 ? r.top - h - 6 : Math.min(r.bottom + 6, innerHeight - h - 8)}px`;
  const find = $("#picker-find"); find.value = ""; sift(); find.focus();
}
const inGrid = () => $$(".picker-grid button", picker).filter((b) => !b.hidden);
function sift() {
  const needle = $("#picker-find").value.trim().toLowerCase().replaceAll(":", "").replaceAll(" ", "_");
  for (const b of $$(".picker-grid button", picker)) b.hidden = !b.dataset.name.includes(needle);
  $("#picker-name").textContent = inGrid().length ? "" : "No emoji is called that.";
}
picker.addEventListener("input", sift);
// Whoever reacted goes on from the message; in a box the text has the focus already.
picker.addEventListener("away", () => { if (pickAt) $(".msg-in", document.getElementById(pickAt) || document.createElement("i"))?.focus({ preventScroll: true }); });
for (const kind of ["mouseover", "focusin"]) picker.addEventListener(kind, (event) => { if (event.target.dataset?.name) $("#picker-name").textContent = `:${event.target.dataset.name}:`; });
picker.addEventListener("keydown", (event) => {
  const all = inGrid(), at = all.indexOf(document.activeElement), wide = getComputedStyle($(".picker-grid", picker)).gridTemplateColumns.split(" ").length;
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: at < 0 ? 1 : wide, ArrowUp: -wide }[event.key];
  if (event.key === "Enter" && at < 0) { event.preventDefault(); all[0]?.click(); return; }
  if (!by || (at < 0 && event.key !== "ArrowDown")) return;
  event.preventDefault();
  if (at + by < 0) $("#picker-find").focus(); else all[Math.min(at + by, all.length - 1)]?.focus();
});
$("#create-channel").addEventListener("submit", async (event) => {
  event.preventDefault(); const err = $(".err", event.target); err.hidden = true;
  try { const said = await post("create", { name: $("#channel-name").value, private: $("#channel-private").checked }); $("#channel-name").value = ""; $("#new-channel").close(); go(`/archives/${said.channel}`); }
  catch (error) { err.textContent = error instanceof Refused ? error.message : "The workspace cannot be reached. Check that it is running."; err.hidden = false; }
});
document.addEventListener("submit", async (event) => {
  if (!event.target.matches("#topic-form, #bookmark-form")) return;
  event.preventDefault();
  const form = event.target, topic = form.id === "topic-form", channel = here().channel;
  const said = await attempt(() => topic ? post("describe", { channel, topic: $("input", form).value }) : post("bookmark", { channel, link: form.elements.link.value, title: form.elements.title.value }));
  if (!said) return;
  if (topic) { $("#main .topic").textContent = $("input", form).value; toast("The topic is set."); } else acts.members();
});
document.addEventListener("change", async (event) => {
  if (!event.target.matches("[data-acting]")) return;
  if (await attempt(() => post("act", { user: event.target.value }))) location.href = "/";
});
arrive(); connect(); showBell();
if (location.hash === "#jump") { history.replaceState(null, "", location.pathname); openSwitcher(); }
