/* One box that jumps to a place and searches what was said, while a person types. */
import { select } from "./completion.js";
import { $, $$, attempt, esc, offers, parse, post } from "./dom.js";
import { go, inChannel } from "./places.js";

const dialog = $("#switcher"), input = $("#switcher-input"), list = $("#switcher-list");
let timer = 0, turn = 0;

export function openSwitcher(typed = "") {
  input.value = typeof typed === "string" ? typed : "";
  offer();
  if (!dialog.open) dialog.showModal();
  input.focus();
}
function places(needle) {
  const all = $$("#side a[data-name]"), fits = all.filter((a) => a.dataset.name.toLowerCase().includes(needle.replace(/^[#@]/, "")));
  const known = new Set(all.map((a) => a.dataset.name));
  const people = offers.people.filter((p) => !known.has(p.name) && p.name.toLowerCase().includes(needle.replace(/^@/, ""))).slice(0, 5).map((p, i) => {
    const li = parse(`<li role="option" id="person-${i}"><span class="muted">Message</span></li>`).firstElementChild;
    li.append(p.name);
    li.pick = async () => { const said = await attempt(() => post("direct", { user: p.user })); if (said) go(`/archives/${said.channel}`); };
    return li;
  });
  return fits.slice(0, needle ? 5 : 12).map((a, i) => {
    const li = parse(`<li role="option" id="place-${i}"></li>`).firstElementChild;
    li.append(a.querySelector("svg,.face,span")?.cloneNode(true) || "", a.dataset.name);
    li.pick = () => a.click();
    return li;
  }).concat(people);
}
function offer() {
  const typed = input.value.trim(), found = places(typed.toLowerCase());
  list.replaceChildren(...found);
  mark();
  clearTimeout(timer);
  const mine = ++turn;
  if (typed.length > 1) timer = setTimeout(() => search(typed, mine), 110);
}
async function search(typed, mine) {
  let html = null;
  try { const answer = await fetch(`/page/search?q=${encodeURIComponent(typed)}`); if (answer.ok) html = await answer.text(); } catch { /* told below */ }
  if (mine !== turn) return;
  const before = $$("li[role=option]", list).length;
  if (html == null) list.append(parse(`<li class="muted">The workspace cannot be reached, so its messages could not be searched. Check that it is running.</li>`));
  else if (html.trim()) {
    list.append(parse(`<li class="head" role="presentation">Messages</li>`), parse(html));
    $$(".hit", list).forEach((li, i) => { li.id = `hit-${i}`; li.pick = () => go(inChannel(li.dataset.href)); });
  } else if (!before) list.append(parse(`<li class="muted">Nothing is called “${esc(typed)}”, and no message holds it. Try fewer words, or from: and in:.</li>`));
  mark();
}
function mark() { select($$("li[role=option]", list), 0, input); }
function choose(li) { if (!li?.pick) return; dialog.close(); li.pick(); }
list.addEventListener("click", (event) => choose(event.target.closest("li[role=option]")));
input.addEventListener("input", offer);
input.addEventListener("keydown", (event) => {
  const items = $$("li[role=option]", list), at = items.findIndex((li) => li.ariaSelected === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); select(items, (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % (items.length || 1), input); }
  if (event.key === "Enter") { event.preventDefault(); choose(items[Math.max(at, 0)]); }
});
