/* Buttons, inputs and modals that apps put into messages and views. */
import { $, $$, Refused, ask, attempt, modal, post, toast } from "./dom.js";
export const option = (el) => el?.dataset?.option ? JSON.parse(el.dataset.option) : null;
export function state(el) {
  const type = el.dataset.type, out = { type };
  if (el.matches("select")) {
    const chosen = [...el.selectedOptions].filter((o) => o.value);
    if (type.includes("users")) return type.startsWith("multi") ? { ...out, selected_users: chosen.map((o) => o.value) } : { ...out, selected_user: chosen[0]?.value || null };
    if (type.includes("channels")) return { ...out, selected_channel: chosen[0]?.value || null };
    if (type.includes("conversations")) return { ...out, selected_conversation: chosen[0]?.value || null };
    return type.startsWith("multi") ? { ...out, selected_options: chosen.map(option) } : { ...out, selected_option: option(chosen[0]) };
  }
  if (type === "checkboxes") return { ...out, selected_options: $$("input:checked", el).map(option) };
  if (type === "radio_buttons") return { ...out, selected_option: option($("input:checked", el)) };
  if (type === "datepicker") return { ...out, selected_date: el.value || null };
  if (type === "timepicker") return { ...out, selected_time: el.value || null };
  return { ...out, value: el.value || null };
}
export function values(form) { const out = {}; for (const el of $$("[data-input]", form)) (out[el.dataset.block] ??= {})[el.dataset.action] = state(el); return out; }
export function refill(typed) { for (const el of $$("#view [data-input]")) { const was = typed[el.dataset.block]?.[el.dataset.action]; if (was?.value && "value" in el) el.value = was.value; } }
export async function press(el, more) {
  const msg = el.closest(".msg"), view = el.closest("[data-view]");
  if (el.dataset.confirm) { const c = JSON.parse(el.dataset.confirm); if (!(await ask(c.title || "Are you sure?", c.text || "", c.yes || "Yes", c.no || "No"))) return; }
  const action = { block_id: el.dataset.block, action_id: el.dataset.action };
  const done = await attempt(() => post("block", { channel: msg?.dataset.channel || "", ts: msg?.dataset.ts || "", view: msg ? "" : view?.dataset.view || "", action, choice: more }));
  if (done && el.dataset.type === "feedback_buttons") { el.classList.add("done"); toast("Thank you. The desk has your feedback."); }
}
document.addEventListener("change", (event) => {
  const el = event.target.closest("[data-live]"); if (!el) return;
  const { type, ...more } = state(el); if (el.matches("select") && !el.value && !el.multiple) return;
  press(el, more); if (type === "overflow") el.value = "";
});
modal?.addEventListener("submit", async (event) => {
  event.preventDefault(); const form = event.target, note = $("#view-error", form);
  for (const el of $$(".err", form)) el.hidden = true; for (const el of $$(".input-block.bad", form)) el.classList.remove("bad");
  note.hidden = true; const button = $("[type=submit]", form); button.disabled = true;
  try {
    const said = await post("view", { view: form.dataset.view, values: values(form) });
    for (const [block, why] of Object.entries(said.errors || {})) { const el = $(`[data-input-block="${CSS.escape(block)}"]`, form); if (el) { el.classList.add("bad"); const p = $(".err", el); p.textContent = why; p.hidden = false; } else { note.textContent = why; note.hidden = false; } }
    $(".input-block.bad .field", form)?.focus();
  } catch (error) { note.textContent = error instanceof Refused ? error.message : "The workspace cannot be reached. What you filled in is kept; submit again when it is back."; note.hidden = false; }
  finally { button.disabled = false; }
});
modal?.addEventListener("cancel", (event) => { event.preventDefault(); closeView(); });
export const closeView = () => attempt(() => post("close", { view: $("#view")?.dataset.view || "" })).then(() => { modal.close(); modal.innerHTML = ""; });
