/* Completion of people, agents, channels, commands and emoji while writing. */
import { put } from "./composer.js";
import { $, $$, attempt, esc, offers, parse, post } from "./dom.js";
export const options = (form) => $(".options", form.parentElement);
export const hideOptions = (form) => { const list = options(form); list.hidden = true; $("textarea", form).removeAttribute("aria-activedescendant"); };
export const starts = (needle, ...words) => words.some((w) => w.toLowerCase().split(/[\s_]+/).some((part) => part.startsWith(needle)) || w.toLowerCase().startsWith(needle));
export function offered(before) {
  const name = offers.app?.name || "Bullpen"; let m;
  const agents = (needle, lead, from) => offers.agents.filter((a) => starts(needle, a.name, ...a.aliases)).map((a) => ({ glyph: a.glyph, label: a.name, about: a.title, text: `${lead}${a.name.toLowerCase()}: `, from }));
  if ((m = /^\/([\w-]*)$/.exec(before))) return { head: "Commands", items: offers.commands.filter((c) => c.name.slice(1).startsWith(m[1])).map((c) => ({ glyph: "/", label: c.name, about: [c.usage, c.description].filter(Boolean).join(" — "), text: `${c.name} `, from: 0 })).concat((offers.shortcuts || []).filter((s) => starts(m[1], s.label)).map((s) => ({ glyph: "⚡", label: s.label, about: "shortcut", text: "", from: 0, run: () => attempt(() => post("shortcut", s)) }))) };
  if ((m = new RegExp(`(?:^|\\s)@${name}\\s+@?([a-z_ ]{0,20})$`, "i").exec(before))) return { head: `Who at ${name}? (or just ask)`, items: agents(m[1].toLowerCase(), "", before.length - m[1].length) };
  if ((m = /(?:^|\s)@([\w.-]*)$/.exec(before))) {
    const needle = m[1].toLowerCase(), from = before.length - m[1].length - 1, items = [];
    if (offers.app && starts(needle, name)) items.push({ glyph: offers.app.glyph, label: name, about: "the whole desk; the architect leads", text: `@${name} `, from });
    items.push(...agents(needle, `@${name} `, from));
    for (const p of offers.people) if (starts(needle, p.name)) items.push({ glyph: p.name[0].toUpperCase(), label: p.name, about: "", text: `@${p.name} `, from });
    return { head: "Mention", items };
  }
  if ((m = /(?:^|\s)#([\w-]*)$/.exec(before))) return { head: "Channels", items: $$("#side a[data-channel]").filter((a) => $("svg", a) && a.dataset.name.startsWith(m[1].toLowerCase())).map((a) => ({ glyph: "#", label: a.dataset.name, about: "", text: `#${a.dataset.name} `, from: before.length - m[1].length - 1 })) };
  if ((m = /(?:^|\s):([a-z_+-]{2,20})$/.exec(before))) return { head: "Emoji", items: $$("#picker button").filter((b) => b.dataset.name.includes(m[1])).slice(0, 8).map((b) => ({ glyph: b.textContent, label: `:${b.dataset.name}:`, about: "", text: `${b.textContent} `, from: before.length - m[1].length - 1 })) };
  return null;
}
export function complete(box) {
  const form = box.closest("form"), list = options(form), caret = box.selectionStart;
  const found = box.selectionEnd === caret ? offered(box.value.slice(0, caret)) : null;
  if (!found?.items.length) { hideOptions(form); return; }
  list.innerHTML = `<li class="head" role="presentation">${esc(found.head)}</li>`;
  found.items.forEach((item, i) => {
    const li = parse(`<li role="option" data-testid="option"><span class="face m" aria-hidden="true"></span><b></b><span class="d"></span></li>`).firstElementChild;
    li.id = `${list.id}-${i}`; $(".face", li).textContent = item.glyph; $("b", li).textContent = item.label; $(".d", li).textContent = item.about;
    li.pick = () => { box.setSelectionRange(item.from, caret); put(box, item.text); item.run?.(); };
    li.addEventListener("mousedown", (event) => { event.preventDefault(); li.pick(); });
    list.append(li);
  });
  list.hidden = false; select($$("li[role=option]", list), 0, box);
}
export function select(items, at, box) { items.forEach((li, i) => { li.ariaSelected = String(i === at); }); const li = items[at]; if (li) { li.scrollIntoView({ block: "nearest" }); box.setAttribute("aria-activedescendant", li.id); } }
