/* Keeps a channel's list short however long the channel is: what is far away leaves the document.

   Above, it is forgotten and comes again from the server; below, it waits here, because what is
   new must follow it. */
import { $, $$ } from "./dom.js";

const MOST = 300, STEP = 60;
let below = [];

const messages = () => $$("#messages > .msg:not(.pending)");
export const parked = () => below.length > 0;
export function unpark() { below = []; }

/* After earlier messages were put on top: the newest step out. */
export function trimEnd() {
  const all = messages();
  if (all.length > MOST) { const gone = all.slice(MOST); for (const li of gone) li.remove(); below = gone.concat(below); }
}
/* Coming back down: the next ones step in, and the oldest are forgotten. */
export function comeBack(box) {
  if (!below.length) return;
  const list = $("#messages"), first = $(".pending", list), next = below.splice(0, STEP);
  for (const li of next) list.insertBefore(li, first);
  const all = messages(), gone = all.slice(0, Math.max(0, all.length - MOST));
  if (!gone.length) return;
  const height = gone[0].offsetTop - all[gone.length].offsetTop;
  for (const li of gone) li.remove();
  box.scrollTop += height;
  const more = $(".more"); if (more) more.hidden = false;
  const hello = $("#hello"); if (hello) hello.hidden = true;
}
/* A message that belongs below what is shown; true when it was taken care of here. */
export function park(li) {
  if (!below.length) return false;
  const at = below.findIndex((el) => el.id === li.id);
  if (at >= 0) { below[at] = li; return true; }
  if (document.getElementById(li.id) || li.dataset.ts < below[0].dataset.ts) return false;
  const after = below.findLastIndex((el) => el.dataset.ts < li.dataset.ts);
  below.splice(after + 1, 0, li);
  return true;
}
