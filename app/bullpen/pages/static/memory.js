// The memory page: records opened beside the list, forms, keys, changes to many at once.
// Without it the page works by links and plain forms.
import { List } from "./list.js";

const mem = document.querySelector(".mem");
if (mem) start();

function start() {
  const list = new List(mem);
  const pane = document.getElementById("record");
  const toast = document.getElementById("toast");
  const bulk = document.getElementById("bulk");
  const keys = document.getElementById("keys");
  const fragment = { "X-Fragment": "1" };
  let turn = 0, lastPick = null, opening = 0, saidAt = 0;
  list.current = pane.querySelector(".rec[data-id]")?.dataset.id ?? null;

  const say = (text) => {
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(saidAt);
    saidAt = setTimeout(() => { toast.hidden = true; }, 6000);
  };

  const show = (html) => {
    pane.innerHTML = html;
    pane.scrollTop = 0;
    mem.classList.add("open");
    (pane.querySelector("form.asked textarea") ?? pane.querySelector("form.asked :is(input:not([type=hidden]), select)"))?.focus();
  };

  const open = async (href, { push = true, focus = false } = {}) => {
    const mine = ++turn;
    const answer = await fetch(href, { headers: fragment });
    if (mine !== turn) return;
    if (!answer.ok) { location.href = href; return; }
    show(await answer.text());
    list.mark(pane.querySelector(".rec[data-id]")?.dataset.id ?? null);
    if (push) history.pushState(null, "", href);
    if (focus) pane.focus();
  };
  // Held keys run through the list; only where they rest is opened.
  const openSoon = (link) => { clearTimeout(opening); opening = setTimeout(() => open(link.href, { push: false }), 70); };

  const send = async (form, button) => {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: "POST", headers: fragment, body });
    show(await answer.text());
    if (answer.ok) {
      list.current = pane.querySelector(".rec[data-id]")?.dataset.id ?? null;
      await list.again();
      say("Done.");
    }
  };

  const many = async (action, reason = "") => {
    const records = [...list.chosen].map(([id, version]) => `${id}:${version}`).join(",");
    const body = new URLSearchParams({ records, reason, keep: list.current ?? "" });
    const answer = await fetch(`${list.prefix}/bulk/${action}`, { method: "POST", body });
    const told = await answer.json();
    say(told.said);
    if (!answer.ok) return;
    list.none();
    await list.again();
    if (list.current) open(`${list.prefix}/${list.current}`, { push: false });
  };

  list.onchoice = () => {
    const number = list.chosen.size;
    bulk.hidden = !number;
    bulk.querySelector("[data-chosen]").textContent = `${number.toLocaleString("en")} chosen`;
    bulk.querySelector("[data-bulk=merge]").disabled = number < 2;
    bulk.querySelector("form").hidden = true;
  };

  bulk.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const form = bulk.querySelector("form");
    if (button.dataset.all !== undefined) {
      const left = await list.all();
      if (left > 0) say(`The first ${list.chosen.size} are chosen; ${left.toLocaleString("en")} are not.`);
    } else if (button.dataset.none !== undefined) list.none();
    else if (button.dataset.why) {
      form.hidden = false;
      form.dataset.action = button.dataset.bulk;
      form.elements.reason.placeholder = button.dataset.why;
      form.elements.reason.focus();
    } else if (button.dataset.bulk) many(button.dataset.bulk);
  });
  bulk.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    many(event.target.dataset.action, event.target.elements.reason.value);
    event.target.reset();
  });

  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const box = event.target.closest(".pick input");
    if (box) {
      const boxes = list.links().map((link) => link.parentElement.querySelector("input"));
      if (event.shiftKey && lastPick) {
        const [a, b] = [boxes.findIndex((one) => one.value === lastPick), boxes.indexOf(box)].sort((x, y) => x - y);
        if (a >= 0) for (const one of boxes.slice(a, b + 1)) list.pick(one, box.checked);
      }
      lastPick = box.value;
      return;
    }
    const link = event.target.closest("a[data-record], a[data-open], a[data-form], a[data-cancel]");
    if (event.target.closest("[data-help]")) keys.showModal();
    if (!link || event.shiftKey) return;
    event.preventDefault();
    if (link.dataset.cancel !== undefined && !pane.querySelector(".rec[data-id]")) { pane.innerHTML = ""; mem.classList.remove("open"); return; }
    open(link.href, { push: link.dataset.form === undefined && link.dataset.cancel === undefined });
  });
  document.querySelector(".back")?.addEventListener("click", (event) => {
    if (!mem.classList.contains("open")) return;
    event.preventDefault();
    event.stopPropagation();
    mem.classList.remove("open");
    history.pushState(null, "", list.prefix + "/" + list.address());
  });

  pane.addEventListener("submit", (event) => {
    if (event.target.dataset.act === undefined) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });

  const press = (action) => {
    const button = pane.querySelector(action.map((one) => `[data-do="${one}"], [data-form="${one}"]`).join(", "));
    button?.click();
  };
  const doKey = {
    "/": () => { const q = list.form.elements.q; q.focus(); q.select(); },
    "?": () => keys.showModal(),
    x: () => { const link = list.links().find((one) => one.dataset.record === list.current); const box = link?.parentElement.querySelector("input"); if (box) { list.pick(box, !box.checked); lastPick = box.value; } },
    a: () => (list.chosen.size ? many("approve") : press(["approve"])),
    e: () => press(["edit"]),
    p: () => (list.chosen.size ? many("pin") : press(["pin", "unpin"])),
    d: () => press(["dispute", "settle"]),
    r: () => press(["retract", "restore"]),
    n: () => document.querySelector(".head-acts a[data-open]").click(),
    Enter: () => { if (list.current) pane.focus(); },
    Escape: () => {
      if (pane.querySelector("[data-cancel]")) { pane.querySelector("[data-cancel]").click(); return; }
      if (pane.contains(document.activeElement) || mem.classList.contains("open")) { mem.classList.remove("open"); list.links().find((one) => one.dataset.record === list.current)?.focus(); }
    },
  };
  doKey.j = doKey.ArrowDown = () => { const link = list.step(1); if (link) openSoon(link); };
  doKey.k = doKey.ArrowUp = () => { const link = list.step(-1); if (link) openSoon(link); };

  document.addEventListener("keydown", (event) => {
    const at = event.target;
    const typing = at.matches?.("input:not([type=checkbox], [type=radio]), textarea, select");
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && typing) { at.form?.requestSubmit(at.form.querySelector(".btn-primary")); event.preventDefault(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (typing) {
      if (at === list.form.elements.q && ["ArrowDown", "Enter"].includes(event.key)) { event.preventDefault(); doKey.j(); if (event.key === "Enter") list.search(true); }
      else if (event.key === "Escape") { event.preventDefault(); at.blur(); if (pane.contains(at)) doKey.Escape(); }
      return;
    }
    if (pane.contains(at) && ["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    if (at.matches?.("button, summary, [type=radio], .side a") && ["Enter", "ArrowDown", "ArrowUp", " "].includes(event.key)) return;
    if (at.matches?.("a[data-record]") && event.key === "Enter") { event.preventDefault(); open(at.href, { focus: true }); return; }
    const views = [...list.form.querySelectorAll("input[name=view]")];
    const view = views[Number(event.key) - 1];
    if (view) { view.checked = true; list.search(true); return; }
    if (doKey[event.key]) { event.preventDefault(); doKey[event.key](); }
  });
  addEventListener("popstate", () => location.reload());
}
