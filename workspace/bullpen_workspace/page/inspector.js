/* The inspector's list: asks for what is new once a second while it is looked at. */
import { $, $$, parse } from "./dom.js";

const MOST = 400, list = $("#tape"), filter = $("#tape-filter"), bad = $("#tape-bad"), pause = $("#tape-pause");
let last = 0, paused = false;

function sift(items = $$("li", list)) {
  const needle = filter.value.trim().toLowerCase();
  for (const li of items) li.hidden = (needle && !li.textContent.toLowerCase().includes(needle)) || (bad.checked && !li.matches(".bad"));
}
async function more() {
  if (paused || document.hidden) return;
  try {
    const answer = await fetch(`/page/tape?after=${last}`);
    if (!answer.ok) return;
    const fresh = [...parse(await answer.text()).children];
    if (!fresh.length) return;
    last = Number(fresh[0].dataset.number);
    sift(fresh); list.prepend(...fresh);
    for (const li of $$("li", list).slice(MOST)) li.remove();
    $("#tape-empty").hidden = true;
  } catch { /* The sidebar says that the connection is lost; the next second tries again. */ }
}
filter.addEventListener("input", () => sift());
bad.addEventListener("change", () => sift());
pause.addEventListener("click", () => { paused = !paused; pause.textContent = paused ? "Go on" : "Pause"; pause.setAttribute("aria-pressed", String(paused)); });
setInterval(more, 1000);
document.addEventListener("visibilitychange", more);
more();
