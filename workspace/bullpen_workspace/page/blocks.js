/* Buttons, inputs and modals that apps put into messages and views: what they hold, in Slack's shape. */
import { $, $$, Refused, ask, attempt, modal, parse, post, toast } from "./dom.js";
import { select } from "./completion.js";

const option = (el) => el?.dataset?.option ? JSON.parse(el.dataset.option) : null;
const NAMES = [["users", "selected_user"], ["channels", "selected_channel"], ["conversations", "selected_conversation"]];
const ofPlaces = (type) => NAMES.find(([part]) => type.includes(`${part}_select`))?.[1];
const moment = (text) => text ? Math.floor(new Date(text).getTime() / 1000) : null;
const rich = (text) => text ? { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }] } : null;

/* What an element holds now, as Slack names it for its type. */
export function state(el) {
  const type = el.dataset.type, out = { type }, place = ofPlaces(type), ticked = () => $$("input:checked", el);
  if (type.endsWith("external_select")) { const held = $$(".picked [data-option]", el).map(option); return type.startsWith("multi") ? { ...out, selected_options: held } : { ...out, selected_option: held[0] ?? null }; }
  if (type.startsWith("multi_")) return place ? { ...out, [`${place}s`]: ticked().map((i) => i.value) } : { ...out, selected_options: ticked().map(option) };
  if (place) return { ...out, [place]: el.value || null };
  if (type === "static_select") return { ...out, selected_option: option(el.selectedOptions[0]) };
  if (type === "checkboxes") return { ...out, selected_options: ticked().map(option) };
  if (type === "radio_buttons") return { ...out, selected_option: option(ticked()[0]) };
  if (type === "datepicker") return { ...out, selected_date: el.value || null };
  if (type === "timepicker") return { ...out, selected_time: el.value || null };
  if (type === "datetimepicker") return { ...out, selected_date_time: moment(el.value) };
  if (type === "file_input") return { ...out, files: $$(".picked [data-file]", el).map((i) => ({ id: i.dataset.file })) };
  if (type === "rich_text_input") return { ...out, rich_text_value: rich(el.value) };
  return { ...out, value: el.value || null };
}
const STATEFUL = ["static_select", "external_select", "users_select", "conversations_select", "channels_select", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker", "plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input"];
const holds = (el) => STATEFUL.includes((el.dataset.type || "").replace(/^multi_/, ""));
/* What everything that can be filled in holds, in a form or a message. */
export function values(root) { const out = {}; for (const el of $$("[data-action]", root).filter(holds)) (out[el.dataset.block] ??= {})[el.dataset.action] = state(el); return out; }

/* An updated view keeps what a person filled in wherever the same element is still there. */
export const held = () => $$("#view [data-block]").filter((el) => el.matches("[data-input], .input-block [data-live]"));
export function refill(old) {
  for (const el of held()) {
    const was = old.find((o) => o.dataset.block === el.dataset.block && o.dataset.action === el.dataset.action && o.dataset.type === el.dataset.type);
    if (!was) continue;
    if (was.matches("input, textarea, select")) { if (was.value !== was.defaultValue) el.value = was.value; } else el.replaceWith(was);
  }
}
const empty = (said) => Object.entries(said).every(([key, value]) => key === "type" || value == null || value === "" || (Array.isArray(value) && !value.length));
function wrong(block) {
  const el = $("[data-block]", block);
  if (!el) return "";
  if (empty(state(el))) return block.dataset.optional ? "" : "Please fill this in.";
  if (el.validity?.valid === false) return el.validationMessage;
  if (el.minLength > 0 && el.value.length < el.minLength) return `At least ${el.minLength} characters, please.`;
  return "";
}

export async function press(el, more) {
  const msg = el.closest(".msg"), view = el.closest("[data-view]");
  if (el.dataset.confirm) { const c = JSON.parse(el.dataset.confirm); if (!(await ask(c.title || "Are you sure?", c.text || "", c.yes || "Yes", c.no || "No"))) return; }
  const action = { block_id: el.dataset.block, action_id: el.dataset.action };
  const chosen = el.dataset.type === "overflow" ? { selected_option: option(el) } : more;
  const done = await attempt(() => post("block", { channel: msg?.dataset.channel || "", ts: msg?.dataset.ts || "", view: msg ? "" : view?.dataset.view || "", action, choice: chosen, values: values(msg || view) }));
  if (done && el.dataset.type === "feedback_buttons") { el.classList.add("done"); toast("Thank you. The desk has your feedback."); }
}
function told(el) { const { type, ...more } = state(el); if (!(el.matches("select") && !el.value)) press(el, more); }
document.addEventListener("change", (event) => {
  const many = event.target.closest("details.multi");
  if (many) count(many);
  if (event.target.matches(".files-in input")) { upload(event.target.closest(".files-in"), [...event.target.files]); event.target.value = ""; return; }
  const el = event.target.closest("[data-live]");
  if (el && !el.matches(".external")) told(el);
});
document.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("[data-enter]") && !event.isComposing) { event.preventDefault(); told(event.target); } });
function count(many) {
  const on = $$("input:checked", many), most = Number(many.dataset.most) || Infinity;
  for (const box of $$("input:not(:checked)", many)) box.disabled = on.length >= most;
  $("summary", many).textContent = on.length ? on.map((i) => i.nextElementSibling.innerText.split("\n")[0].trim()).join(", ") : many.dataset.hint;
}
/* After new HTML is in place: what HTML alone cannot say. */
export function dress(root) {
  for (const many of $$("details.multi", root)) count(many);
  for (const el of $$("[data-moment]", root)) { const at = new Date(el.dataset.moment * 1000); el.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16); }
}

// ---- options that the app looks up ------------------------------------------------------
let asking = 0;
async function lookUp(box) {
  const el = box.closest(".external"), list = $(".options", el), typed = box.value.trim(), mine = ++asking;
  if (typed.length < Number(el.dataset.least)) { shut(el); return; }
  const msg = el.closest(".msg"), view = el.closest("[data-view]");
  const said = await attempt(() => post("suggest", { channel: msg?.dataset.channel || "", ts: msg?.dataset.ts || "", view: msg ? "" : view?.dataset.view || "", block_id: el.dataset.block, action_id: el.dataset.action, value: typed }));
  if (mine !== asking || !said) return;
  list.replaceChildren(...said.options.map((o, i) => {
    const li = parse(`<li role="option" id="${list.id}-${i}" data-testid="suggestion"></li>`).firstElementChild;
    li.textContent = o.text?.text ?? String(o.value); li.dataset.option = JSON.stringify(o); return li;
  }));
  if (!said.options.length) list.append(parse(`<li class="head">The app has nothing that fits.</li>`));
  list.hidden = false; box.setAttribute("aria-expanded", "true"); select($$("li[role=option]", list), 0, box);
}
function shut(el) { $(".options", el).hidden = true; $("input", el).setAttribute("aria-expanded", "false"); }
function take(el, li) {
  if (!li) return;
  const picked = $(".picked", el), chip = parse(`<button class="chip" type="button" data-act="unpick"></button>`).firstElementChild;
  chip.textContent = `${li.textContent} ×`; chip.dataset.option = li.dataset.option; chip.setAttribute("aria-label", `Remove ${li.textContent}`);
  if (!el.dataset.type.startsWith("multi")) picked.replaceChildren();
  picked.append(chip); $("input", el).value = ""; shut(el);
  if (el.matches("[data-live]")) told(el);
}
export function unpick(chip) { const el = chip.closest(".external"); chip.remove(); if (el?.matches("[data-live]")) told(el); }
let typing = 0;
document.addEventListener("input", (event) => { if (event.target.matches(".external input")) { clearTimeout(typing); typing = setTimeout(() => lookUp(event.target), 200); } });
document.addEventListener("focusin", (event) => { if (event.target.matches(".external input") && event.target.closest(".external").dataset.least === "0") lookUp(event.target); });
document.addEventListener("focusout", (event) => { const el = event.target.closest?.(".external"); if (el) setTimeout(() => { if (!el.contains(document.activeElement)) shut(el); }, 150); });
document.addEventListener("mousedown", (event) => { const li = event.target.closest(".external li[role=option]"); if (li) { event.preventDefault(); take(li.closest(".external"), li); } });
document.addEventListener("keydown", (event) => {
  const el = event.target.closest?.(".external"); if (!el) return;
  const items = $$("li[role=option]", el), at = items.findIndex((li) => li.ariaSelected === "true"), open = !$(".options", el).hidden;
  if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) { event.preventDefault(); select(items, (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % (items.length || 1), event.target); }
  if (event.key === "Enter") { event.preventDefault(); if (open) take(el, items[Math.max(at, 0)]); }
  if (event.key === "Escape" && open) { event.preventDefault(); event.stopPropagation(); shut(el); }
}, true);

// ---- files for an app ---------------------------------------------------------------------
async function upload(el, files) {
  const most = Number(el.dataset.most), picked = $(".picked", el);
  for (const file of files.slice(0, Math.max(0, most - picked.children.length))) {
    const chip = parse(`<button class="chip" type="button" data-act="unpick"></button>`).firstElementChild;
    chip.textContent = `${file.name} …`; picked.append(chip);
    const said = await attempt(async () => {
      const answer = await fetch(`/page/upload?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file });
      const told = await answer.json(); if (!answer.ok) throw new Refused(told.error); return told;
    });
    if (!said) { chip.remove(); continue; }
    chip.dataset.file = said.id; chip.textContent = `${file.name} ×`; chip.setAttribute("aria-label", `Remove ${file.name}`);
  }
  if (files.length > most) toast(`At most ${most} files fit here; the first ${most} were taken.`, true);
}

// ---- modals ---------------------------------------------------------------------------------
function complain(form, block, why) {
  const el = $(`[data-input-block="${CSS.escape(block)}"]`, form), note = $("#view-error", form);
  if (el) { el.classList.add("bad"); const p = $(".err", el); p.textContent = why; p.hidden = false; } else { note.textContent = why; note.hidden = false; }
}
modal?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target, note = $("#view-error", form), button = $("[type=submit]", form);
  for (const el of $$(".err", form)) el.hidden = true;
  for (const el of $$(".input-block.bad", form)) el.classList.remove("bad");
  note.hidden = true;
  for (const block of $$("[data-input-block]", form)) { const why = wrong(block); if (why) complain(form, block.dataset.inputBlock, why); }
  const first = $(".input-block.bad :is(.field, .check)", form);
  if (first) { first.focus(); return; }
  button.disabled = true;
  try {
    const said = await post("view", { view: form.dataset.view, values: values(form) });
    for (const [block, why] of Object.entries(said.errors || {})) complain(form, block, why);
    $(".input-block.bad .field", form)?.focus();
  } catch (error) { note.textContent = error instanceof Refused ? error.message : "The workspace cannot be reached. What you filled in is kept; submit again when it is back."; note.hidden = false; }
  finally { button.disabled = false; }
});
modal?.addEventListener("cancel", (event) => { event.preventDefault(); closeView(); });
export const closeView = () => attempt(() => post("close", { view: $("#view")?.dataset.view || "" }));
