/* Writing: drafts, sending, what waits for the connection, files. */
import { complete, hideOptions, options, select } from "./completion.js";
import { $, $$, Refused, esc, here, offers, parse, post, store, toast, touch } from "./dom.js";
import { edit } from "./editing.js";
import { toEnd } from "./fragments.js";
import { connected } from "./live.js";
export const LIMIT = 40000;
export const key = (form) => `draft:${form.dataset.channel}:${form.dataset.thread}`;
export const keepDrafts = () => { for (const form of $$("form.compose")) { const text = $("textarea", form).value; store.set(key(form), text || null); } };
addEventListener("pagehide", keepDrafts);
export function prepare(form) {
  if (form.ready) return; form.ready = true; form.held = [];
  const box = $("textarea", form); box.value = store.get(key(form), "") || ""; grow(box);
  box.addEventListener("input", () => { grow(box); store.set(key(form), box.value || null); complete(box); fail(form, ""); });
  box.addEventListener("keydown", (event) => typed(event, form, box));
  box.addEventListener("blur", () => setTimeout(() => hideOptions(form), 150));
  box.addEventListener("click", () => complete(box));
  box.addEventListener("paste", (event) => { const files = [...(event.clipboardData?.files || [])]; if (files.length) { event.preventDefault(); take(form, files); } });
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
  $("input[type=file]", form).addEventListener("change", (event) => { take(form, [...event.target.files]); event.target.value = ""; });
}
export function grow(box) {
  const form = box.closest("form"); if (!form) return;
  if (!CSS.supports("field-sizing", "content")) { box.style.height = "auto"; box.style.height = `${Math.min(box.scrollHeight, innerHeight * 0.4)}px`; }
  form.classList.toggle("void", !box.value.trim() && !form.held?.length);
  const hint = $(".hint", form), left = LIMIT - box.value.length;
  hint.textContent = left < 2000 ? (left < 0 ? `${-left} characters too many` : `${left} left`) : "";
  hint.classList.toggle("over", left < 0);
}
export function fail(form, text) { const el = form.nextElementSibling; el.hidden = !text; el.textContent = text; }
export function put(box, text, all = false) {
  if (all) box.setSelectionRange(0, box.value.length);
  box.focus(); box.setRangeText(text, box.selectionStart, box.selectionEnd, "end"); box.dispatchEvent(new Event("input", { bubbles: true }));
}
/* *bold*, _italic_, ~strike~ and `code` around what is selected; lists and quotes before its lines. */
export function format(box, mark) {
  const { selectionStart: from, selectionEnd: to, value } = box, chosen = value.slice(from, to);
  if (mark.endsWith(" ")) {
    const start = value.lastIndexOf("\n", from - 1) + 1, lines = value.slice(start, to).split("\n"), off = lines.every((l) => l.startsWith(mark));
    box.setSelectionRange(start, to); put(box, lines.map((l) => off ? l.slice(mark.length) : mark + l).join("\n")); return;
  }
  const n = mark.length, inside = value.slice(from - n, from) === mark && value.slice(to, to + n) === mark;
  if (inside) { box.setSelectionRange(from - n, to + n); put(box, chosen); box.setSelectionRange(from - n, to - n); return; }
  const around = mark === "`" && chosen.includes("\n") ? "```" : mark;
  put(box, `${around}${chosen}${around}`); box.setSelectionRange(from + around.length, from + around.length + chosen.length);
}
const MARKS = { b: "*", i: "_", X: "~", C: "`", "8": "- ", "*": "- ", "9": "> ", "(": "> " };
export function typed(event, form, box) {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.isComposing) {
    const mark = MARKS[event.shiftKey ? event.key.toUpperCase() : event.key];
    if (mark && (event.shiftKey || "bi".includes(event.key))) { event.preventDefault(); format(box, mark); return; }
  }
  const list = options(form);
  if (!list.hidden && !event.isComposing) {
    const items = $$("li[role=option]", list), at = items.findIndex((li) => li.ariaSelected === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); select(items, (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length, box); return; }
    if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") { event.preventDefault(); items[Math.max(at, 0)]?.pick(); return; }
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); hideOptions(form); return; }
  }
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch()) { event.preventDefault(); send(form); }
  if (event.key === "ArrowUp" && !box.value && !event.shiftKey) { const mine = $$(".msg", $(form.dataset.thread ? "#replies" : "#messages")).filter((el) => $("[data-act=edit]", el)).at(-1); if (mine) { event.preventDefault(); edit(mine); } }
}
export async function send(form) {
  const box = $("textarea", form), text = box.value, files = form.held.filter((f) => f.id);
  if (form.held.some((f) => f.busy)) { fail(form, "A file is still on its way. Send again when its bar is full."); return; }
  if (!text.trim() && !files.length) { fail(form, "There is nothing to send yet. Write something or attach a file."); box.focus(); return; }
  if (text.length > LIMIT) { fail(form, `A message holds at most 40,000 characters; this has ${text.length.toLocaleString("en")}. Shorten it or attach it as a file.`); return; }
  const broadcast = $("[name=broadcast]", form);
  const item = { key: crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`, channel: form.dataset.channel, thread: form.dataset.thread, text, files: files.map((f) => f.id), broadcast: Boolean(broadcast?.checked) };
  box.value = ""; store.set(key(form), null); for (const f of form.held) f.el.remove(); form.held = []; $(".uploads", form).hidden = true; if (broadcast) broadcast.checked = false;
  fail(form, ""); hideOptions(form); grow(box);
  queue([...queued(), item]); showQueue(); flush();
}
export const queued = () => store.get("outbox", []) , queue = (items) => store.set("outbox", items.length ? items : null);
let flushing = false;
export async function flush() {
  if (flushing) return; flushing = true;
  try {
    for (let item; (item = queued()[0]);) {
      try { await post("send", item); }
      catch (error) {
        if (!(error instanceof Refused)) { showQueue(true); return; }
        queue(queued().filter((i) => i.key !== item.key)); giveBack(item, error.message); showQueue(); continue;
      }
      queue(queued().filter((i) => i.key !== item.key)); showQueue();
    }
  } finally { flushing = false; }
}
setInterval(() => { if (queued().length && connected()) flush(); }, 4000);
export function giveBack(item, why) {
  const form = $$("form.compose").find((f) => f.dataset.channel === item.channel && f.dataset.thread === item.thread);
  if (!form) { const k = `draft:${item.channel}:${item.thread}`; store.set(k, [item.text, store.get(k, "")].filter(Boolean).join("\n")); toast(why, true); return; }
  const box = $("textarea", form); box.value = [item.text, box.value].filter(Boolean).join("\n"); store.set(key(form), box.value); grow(box); fail(form, why);
}
export function showQueue(waiting = false) {
  const shown = new Set();
  for (const item of queued()) {
    const list = item.thread ? ($("#thread")?.dataset.ts === item.thread ? $("#replies") : null) : (here().channel === item.channel ? $("#messages") : null);
    if (!list) continue;
    const id = `p-${item.key}`; shown.add(id);
    let li = document.getElementById(id);
    if (!li) {
      const me = $(".side-foot .face")?.cloneNode(true); me?.classList.remove("m");
      li = document.createElement("li"); li.id = id; li.className = "msg pending";
      li.innerHTML = `<article class="msg-in"><span></span><div class="body"><div class="who"><b>${esc(document.body.dataset.name)}</b><span class="time"></span></div><div class="content md"><p>${esc(item.text).replaceAll("\n", "<br>")}</p></div><div class="send-note"></div></div></article>`;
      if (me) $("article > span", li).replaceWith(me);
      list.append(li); toEnd(list.closest(".scroll"));
    }
    if (waiting) $(".send-note", li).textContent = "Waiting for the connection; it will be sent by itself.";
  }
  for (const li of $$(".msg.pending")) if (!shown.has(li.id)) li.remove();
}

export function take(form, files) {
  const tray = $(".uploads", form); tray.hidden = false;
  for (const file of files) {
    if (file.size > offers.most) { fail(form, `${file.name} is larger than ${Math.round(offers.most / 1048576)} MB. Send it in parts, or compress it.`); tray.hidden = !form.held.length; continue; }
    const el = parse(`<div class="upload" data-testid="upload"><b></b><progress max="1" value="0" aria-label="Upload"></progress><button type="button" class="icon-btn" aria-label="Remove"><svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18"/></svg></button></div>`).firstElementChild;
    $("b", el).textContent = file.name || "pasted image.png"; tray.append(el);
    const held = { el, busy: true, id: "" }, way = new XMLHttpRequest(); form.held.push(held);
    $("button", el).onclick = () => { way.abort(); form.held = form.held.filter((f) => f !== held); el.remove(); tray.hidden = !form.held.length; grow($("textarea", form)); };
    way.upload.onprogress = (event) => { $("progress", el).value = event.total ? event.loaded / event.total : 0; };
    const bad = (why) => { held.busy = false; el.classList.add("bad"); $("progress", el)?.remove(); fail(form, why); };
    way.onload = () => { let said = {}; try { said = JSON.parse(way.responseText); } catch { /* told below */ }
      if (way.status === 200) { held.id = said.id; held.busy = false; $("progress", el).remove(); grow($("textarea", form)); } else bad(said.error || `${file.name} was not accepted (${way.status}). Try again.`); };
    way.onerror = () => bad(`${file.name} did not arrive. Check that the workspace is running, remove it and attach it again.`);
    way.open("POST", `/page/upload?name=${encodeURIComponent(file.name || "pasted image.png")}`);
    way.setRequestHeader("content-type", "application/octet-stream"); way.send(file);
  }
  grow($("textarea", form)); $("textarea", form).focus();
}

/* A file dropped anywhere goes to the box of the pane it was dropped on; the browser never opens it. */
const boxAt = (event) => $("form.compose", event.target.closest?.(".pane") || $("#main") || document) || $("form.compose");
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && !event.target.closest?.(".files-in");
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  const at = boxAt(event);
  for (const form of $$("form.compose.drop")) if (form !== at) form.classList.remove("drop");
  at?.classList.add("drop");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) for (const form of $$("form.compose.drop")) form.classList.remove("drop"); });
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  const form = boxAt(event); form?.classList.remove("drop");
  if (!form) { toast("There is no box here that could take a file. Open a channel first.", true); return; }
  if (event.dataTransfer.files.length) take(form, [...event.dataTransfer.files]);
});
