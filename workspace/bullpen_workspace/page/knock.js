/* Desktop notifications: asked for only by a click, shown only while the page is not looked at. */
import { $, store, toast } from "./dom.js";
import { go, inChannel } from "./places.js";

const wanted = () => store.get("knock", false) && window.Notification?.permission === "granted";

export function showBell() {
  const bell = $("[data-act=bell]");
  if (bell) { bell.setAttribute("aria-pressed", String(Boolean(wanted()))); bell.title = wanted() ? "Notifications are on" : "Notifications are off"; }
}
export async function askToKnock() {
  if (!window.Notification) { toast("This browser has no desktop notifications.", true); return; }
  if (wanted()) { store.set("knock", null); toast("Desktop notifications are off."); showBell(); return; }
  const given = Notification.permission === "granted" ? "granted" : await Notification.requestPermission();
  if (given !== "granted") { toast("The browser does not allow notifications for this page. Allow them in its settings, then click the bell again.", true); return; }
  store.set("knock", true); showBell();
  toast("You will be told of mentions, direct messages and replies in your threads while this page is in the background.");
}
export function knock({ title, text, href, tag }) {
  if (!wanted() || (!document.hidden && document.hasFocus())) return;
  const note = new Notification(title, { body: text, tag, icon: "/page/icon.svg" });
  note.onclick = () => { window.focus(); go(inChannel(href)); note.close(); };
}
