/* Changing one's own message in place. */
import { $, $$, Refused, attempt, here, post, toast } from "./dom.js";
import { tell } from "./live.js";
/* As tall as its text, up to half of the window. */
const fit = (box) => { box.style.height = "auto"; box.style.height = `${Math.min(box.scrollHeight + 2, innerHeight / 2)}px`; };
export async function edit(msg) {
  const said = await attempt(async () => { const a = await fetch(`/page/source?channel=${msg.dataset.channel}&ts=${msg.dataset.ts}`); if (!a.ok) throw new Refused("This message cannot be edited any more."); return a.json(); });
  if (!said) return;
  const content = $(".content", msg), was = content.innerHTML;
  content.innerHTML = `<div class="edit-box"><textarea class="field" aria-label="Edit the message" data-testid="edit-box"></textarea><div class="row"><button class="btn" type="button">Cancel</button><button class="btn btn-primary" type="button">Save</button><span class="muted">Enter saves, Esc cancels</span></div></div>`;
  const box = $("textarea", content), [no, yes] = $$("button", content); box.value = said.text; fit(box); box.oninput = () => fit(box); box.focus(); box.setSelectionRange(box.value.length, box.value.length);
  const back = () => { content.innerHTML = was; msg.dataset.v = ""; tell({ see: here() }); $("#composer")?.focus({ preventScroll: true }); };
  const save = async () => { if (!box.value.trim()) { toast("A message cannot be empty. Delete it instead.", true); return; } if (await attempt(() => post("edit", { channel: msg.dataset.channel, ts: msg.dataset.ts, text: box.value }))) back(); };
  no.onclick = back; yes.onclick = save;
  box.onkeydown = (event) => { event.stopPropagation(); if (event.key === "Escape") { event.preventDefault(); back(); } if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); save(); } };
}
