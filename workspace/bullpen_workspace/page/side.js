/* The sidebar on pages beside the chat (memory, receipts): the same one, kept up to date. */
import { $, flipTheme, parse } from "./dom.js";
import { connect } from "./live.js";

const acts = {
  theme: flipTheme,
  switcher() { location.href = "/#jump"; },
  "show-side"() { $(".page").classList.toggle("show-side"); },
};
document.addEventListener("click", (event) => {
  const el = event.target.closest("[data-act]");
  if (el && acts[el.dataset.act]) { event.preventDefault(); acts[el.dataset.act](); }
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); acts.switcher(); }
  if (event.key === "Escape") $(".page").classList.remove("show-side");
});
const said = await fetch(`/page/side?at=${encodeURIComponent(document.body.dataset.page)}`);
if (said.ok) { $("#side").replaceWith(parse(await said.text())); connect(); }
