/* Keeps a list short however long its channel or thread is: what is far away leaves the document.

   Above, it is forgotten and comes again from the server; below, it waits here, because what is
   new must follow it. */
import { $, $$ } from "./dom.js";

const MOST = 300, STEP = 60;
const below = { messages: [], replies: [] };

/* The list of a scrolling box: what it shows and what is fetched as one scrolls up. */
export const listOf = (box) => box && (box.id === "scroll" ? $("#messages") : box.id === "thread-scroll" ? $("#replies") : null);
export const moreOf = (list) => $(".more", list.closest(".scroll"));
export const jumpOf = (box) => $(".jump-down", box.closest(".pane"));
const shown = (list) => $$(":scope > .msg:not(.pending)", list);
export const parked = (list) => (below[list?.id] || []).length > 0;
export function unpark(list) { if (list?.id in below) below[list.id] = []; }

/* After earlier messages were put on top: the newest step out. */
export function trimEnd(list) {
  const all = shown(list);
  if (all.length > MOST) { const gone = all.slice(MOST); for (const li of gone) li.remove(); below[list.id] = gone.concat(below[list.id]); }
}
/* Coming back down: the next ones step in, and the oldest are forgotten. */
export function comeBack(box, list) {
  if (!parked(list)) return;
  const first = $(".pending", list), next = below[list.id].splice(0, STEP);
  for (const li of next) list.insertBefore(li, first);
  const all = shown(list), gone = all.slice(0, Math.max(0, all.length - MOST));
  if (!gone.length) return;
  const height = gone[0].offsetTop - all[gone.length].offsetTop;
  for (const li of gone) li.remove();
  box.scrollTop += height;
  const more = moreOf(list); if (more) more.hidden = false;
  if (list.id === "messages") { const hello = $("#hello"); if (hello) hello.hidden = true; }
}
/* A message that belongs below what is shown; true when it was taken care of here. */
export function park(list, li) {
  const waiting = below[list.id];
  if (!waiting?.length) return false;
  const at = waiting.findIndex((el) => el.id === li.id);
  if (at >= 0) { waiting[at] = li; return true; }
  if (document.getElementById(li.id) || li.dataset.ts < waiting[0].dataset.ts) return false;
  const after = waiting.findLastIndex((el) => el.dataset.ts < li.dataset.ts);
  waiting.splice(after + 1, 0, li);
  return true;
}
