// The list of records: search at each keystroke, and only the rows near the view are in the page,
// so that 100,000 records scroll like ten.
const ROW = 76;
const CHUNK = 50;   // as many as the server sends at once
const AHEAD = 1;
const MEANING_AFTER = 600;

export class List {
  constructor(mem) {
    this.prefix = mem.dataset.prefix;
    this.form = document.getElementById("search");
    this.box = document.getElementById("results");
    this.tally = document.getElementById("tally");
    this.chosen = new Map();
    this.onchoice = () => {};
    this.current = null;
    this.begin(Number(this.box.dataset.total), this.box.querySelector(".hits"));
    this.box.addEventListener("scroll", () => this.soon(), { passive: true });
    this.box.addEventListener("change", (event) => this.pick(event.target));
    this.form.addEventListener("input", (event) => this.typed(event));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.search(true); });
    addEventListener("resize", () => this.soon());
  }

  address(more = {}) {
    const given = new URLSearchParams(new FormData(this.form));
    for (const [key, value] of [...given]) if (!value || (key === "view" && value === "all")) given.delete(key);
    for (const [key, value] of Object.entries(more)) given.set(key, value);
    const text = given.toString();
    return text ? "?" + text : "";
  }

  // A new list. `first` are its first rows, drawn by the server.
  begin(total, first, best = false) {
    this.total = total;
    this.best = best;
    this.chunks = new Map();
    this.asked = new Set();
    this.tall = this.box.querySelector(".tall");
    if (!this.tall) return;
    // Browsers lay out no more than some 16 million pixels.
    this.tall.style.height = `${Math.min(total * ROW, 15_000_000)}px`;
    // The windows that follow are cut from this very list, whatever is written meanwhile.
    this.stamp = first ? first.dataset.list : "";
    if (first) this.put(0, first);
    this.draw();
  }

  put(start, rows) {
    rows.style.top = `${start * ROW}px`;
    for (const input of rows.querySelectorAll("input")) input.checked = this.chosen.has(input.value.split(":")[0]);
    const open = this.current && rows.querySelector(`a[data-record="${CSS.escape(this.current)}"]`);
    if (open) open.setAttribute("aria-current", "true");
    this.chunks.set(start, rows);
    if (rows.parentElement !== this.tall) this.tall.append(rows);
  }

  soon() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
  }

  draw() {
    if (!this.tall) return;
    const from = Math.floor(this.box.scrollTop / ROW / CHUNK) - AHEAD;
    const to = Math.floor((this.box.scrollTop + this.box.clientHeight) / ROW / CHUNK) + AHEAD;
    for (let chunk = Math.max(0, from); chunk <= to && chunk * CHUNK < this.total; chunk += 1) this.fetch(chunk * CHUNK);
    for (const [start, rows] of this.chunks) {
      const place = start / CHUNK;
      if (place >= from && place <= to) continue;
      if (rows.contains(document.activeElement)) continue;
      rows.remove();
      this.chunks.delete(start);
    }
  }

  async fetch(start) {
    if (this.chunks.has(start) || this.asked.has(start)) return;
    const { tall, asked } = this;
    asked.add(start);
    const more = this.best ? { from: start, best: 1 } : { from: start, list: this.stamp || 0 };
    const answer = await fetch(`${this.prefix}/rows${this.address(more)}`);
    asked.delete(start);
    if (!answer.ok || tall !== this.tall) return;
    const rows = parsed(await answer.text());
    if (rows) { this.put(start, rows); this.soon(); }
  }

  typed(event) {
    clearTimeout(this.settling);
    this.search(event.target.type !== "search" && event.target.name !== "q");
  }

  // By words at once; by meaning, too, once nothing more is typed.
  async search(whole = false, best = false) {
    clearTimeout(this.settling);
    const mine = (this.turn = (this.turn || 0) + 1);
    const more = best ? { first: 1, best: 1 } : { first: 1 };
    const answer = await fetch(`${this.prefix}/rows${this.address(more)}`);
    if (mine !== this.turn) return;
    if (!answer.ok) { this.form.submit(); return; }
    const said = parsed(await answer.text());
    const [tally, body] = said.children;
    this.tally.innerHTML = tally.innerHTML;
    this.counts(said.dataset.counts);
    const rows = body.querySelector(".hits");
    if (rows) {
      const tall = document.createElement("div");
      tall.className = "tall";
      this.box.replaceChildren(tall);
    } else {
      this.box.replaceChildren(...body.childNodes);
    }
    this.box.scrollTop = 0;
    this.begin(Number(said.dataset.total), rows, best);
    history.replaceState(null, "", this.prefix + "/" + this.address());
    for (const link of document.querySelectorAll("[data-picture]")) link.href = `${this.prefix}/${link.dataset.picture}${this.address()}`;
    const words = this.form.elements.q.value.trim();
    const all = this.form.elements.view.value === "all";
    if (!best && all && words.length > 2) this.settling = setTimeout(() => this.search(whole, true), whole ? 0 : MEANING_AFTER);
  }

  counts(said) {
    for (const pair of said.split(";").filter(Boolean)) {
      const [view, number] = pair.split("=");
      const label = this.form.querySelector(`input[value="${view}"] + span`);
      if (!label || view === "all") continue;
      label.querySelector("i")?.remove();
      if (Number(number)) label.insertAdjacentHTML("beforeend", ` <i data-count="${view}">${Number(number).toLocaleString("en")}</i>`);
    }
  }

  // After a change: the same list again, where it was.
  async again() {
    const at = this.box.scrollTop;
    const answer = await fetch(`${this.prefix}/rows${this.address(this.best ? { first: 1, best: 1 } : { first: 1 })}`);
    if (!answer.ok) return;
    const said = parsed(await answer.text());
    this.tally.innerHTML = said.children[0].innerHTML;
    this.counts(said.dataset.counts);
    const rows = said.children[1].querySelector(".hits");
    if (!rows) { this.box.replaceChildren(...said.children[1].childNodes); this.begin(0, null); return; }
    const tall = document.createElement("div");
    tall.className = "tall";
    this.box.replaceChildren(tall);
    this.begin(Number(said.dataset.total), rows, this.best);
    this.box.scrollTop = at;
  }

  links() { return [...this.box.querySelectorAll("a[data-record]")].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top); }

  mark(id) {
    this.current = id;
    for (const link of this.box.querySelectorAll("a[data-record]")) {
      if (link.dataset.record === id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  // The next or previous row, scrolled into view.
  step(by) {
    const links = this.links();
    const at = links.findIndex((link) => link.dataset.record === this.current);
    const top = this.box.getBoundingClientRect().top;
    const next = at < 0 ? links.find((link) => link.getBoundingClientRect().bottom > top) : links[at + by];
    if (!next) return null;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    this.mark(next.dataset.record);
    return next;
  }

  pick(input, on = input.checked) {
    const [id, version] = input.value.split(":");
    if (on) this.chosen.set(id, version); else this.chosen.delete(id);
    input.checked = on;
    this.onchoice();
  }

  async all() {
    const answer = await fetch(`${this.prefix}/ids${this.address()}`);
    if (!answer.ok) return 0;
    const { chosen, total } = await answer.json();
    for (const pair of chosen) this.chosen.set(...pair.split(":"));
    this.redrawPicks();
    return total - chosen.length;
  }

  none() { this.chosen.clear(); this.redrawPicks(); }

  redrawPicks() {
    for (const input of this.box.querySelectorAll(".pick input")) input.checked = this.chosen.has(input.value.split(":")[0]);
    this.onchoice();
  }
}

export function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}
