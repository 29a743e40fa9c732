/* The connection that keeps the page up to date, and the marks of what has been read. */
import { flush } from "./composer.js";
import { $, $$, here } from "./dom.js";
import { apply, pinned } from "./fragments.js";
let socket = null, wait = 400, alive = 0, timer = 0, ready = false;
export const connected = () => socket?.readyState === 1;
export const forget = () => { told = ""; held = ""; };
/* Marked unread on purpose: looking at it does not count until one comes back. */
let held = "";
export const hold = (channel) => { held = channel; };
export function tell(message) { if (socket?.readyState === 1) socket.send(JSON.stringify(message)); }
export function connect() {
  clearTimeout(timer);
  if (socket && socket.readyState < 2) return;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/page/live`);
  socket.onopen = () => { wait = 400; alive = Date.now(); ready = true; online(true); tell({ see: here() }); flush(); };
  socket.onmessage = (event) => { alive = Date.now(); apply(JSON.parse(event.data).ops || []); };
  socket.onclose = () => { online(false); timer = setTimeout(connect, wait); wait = Math.min(wait * 1.7, 8000); };
}
export function online(yes) {
  document.body.classList.toggle("online", yes);
  const bar = $("#offline"); if (!bar) return;
  bar.hidden = yes || !ready;
  bar.textContent = "The connection to the workspace is lost. It is being tried again; what you send now waits here and goes out by itself.";
}
setInterval(() => { if (socket?.readyState !== 1) return; if (Date.now() - alive > 45000) socket.close(); else tell({ ping: 1 }); }, 15000);
export const wake = () => { if (document.hidden) return; if (socket?.readyState === 1) { if (Date.now() - alive > 20000) tell({ see: here() }); } else { wait = 400; connect(); } seen(); };
document.addEventListener("visibilitychange", wake); addEventListener("online", wake); addEventListener("pageshow", wake); addEventListener("focus", wake);
let told = "";
export function seen() {
  if (document.hidden || !document.hasFocus() && !navigator.webdriver) return;
  const at = here(), last = $$("#messages > .msg:not(.pending)").at(-1)?.dataset.ts, lastReply = $$("#replies > .msg:not(.pending)").at(-1)?.dataset.ts;
  const now = JSON.stringify([at.channel, pinned($("#scroll")) ? last : 0, at.thread, lastReply]);
  if (now === told || socket?.readyState !== 1 || held === at.channel) return; told = now;
  if (at.channel && last && pinned($("#scroll"))) tell({ read: { channel: at.channel, ts: last } });
  if (at.thread && lastReply) tell({ read: { channel: at.channel, ts: lastReply, thread: at.thread } });
}
