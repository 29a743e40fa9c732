/* What every part of the page uses: finding elements, telling the person, asking the server. */
export const $ = (sel, root = document) => root.querySelector(sel);
export const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];
export const app = $("#app"), modal = $("#modal"), picker = $("#picker");
export const offers = JSON.parse(document.body.dataset.agents || "{}");
// A finger, not merely the absence of a mouse: a remote desktop reports neither.
export const touch = () => matchMedia("(pointer: coarse)").matches;
/* This window's own name: a modal that is asked for here shows here, and nowhere else. */
export const me = (() => { let name = ""; try { name = sessionStorage.getItem("window") || ""; } catch { /* it lasts as long as the page */ }
  if (!name) { name = crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`; try { sessionStorage.setItem("window", name); } catch { /* as above */ } }
  return name; })();
export const here = () => ({ channel: $("#main")?.dataset.channel || $("#thread")?.dataset.channel || "", thread: $("#thread")?.dataset.ts || "", home: $("#main")?.dataset.home || "", feed: $("#main")?.dataset.feed || "", page: document.body.dataset.page || "", window: me });
export const store = { get(k, d) { try { return JSON.parse(localStorage.getItem(k)) ?? d; } catch { return d; } },
  set(k, v) { try { v == null ? localStorage.removeItem(k) : localStorage.setItem(k, JSON.stringify(v)); } catch { /* private mode: drafts last as long as the page */ } } };
export const parse = (html) => { const t = document.createElement("template"); t.innerHTML = html.trim(); return t.content; };
export const esc = (s) => { const d = document.createElement("i"); d.textContent = s; return d.innerHTML; };

export function toast(text, bad = false) {
  const el = document.createElement("div");
  el.className = bad ? "toast bad" : "toast"; el.textContent = text; el.dataset.testid = "toast";
  $("#toasts").append(el); setTimeout(() => el.remove(), bad ? 9000 : 3200);
}
export function ask(title, text, yes = "OK", no = "Cancel", danger = false) {
  const d = $("#ask"); $("h2", d).textContent = title; $(".dlg-body", d).textContent = text;
  const [cancel, ok] = $$("button", d); cancel.textContent = no; ok.textContent = yes;
  ok.className = danger ? "btn btn-danger" : "btn btn-primary";
  d.returnValue = "no"; d.showModal();
  return new Promise((done) => d.addEventListener("close", () => done(d.returnValue === "yes"), { once: true }));
}
export class Refused extends Error {}
export async function post(path, body) {
  const answer = await fetch(`/page/${path}`, { method: "POST", headers: { "content-type": "application/json", "x-window": me }, body: JSON.stringify(body) });
  let said; try { said = await answer.json(); } catch { said = {}; }
  if (!answer.ok) throw new Refused(said.error || `The workspace refused this (${answer.status}). Reload the page and try again.`);
  return said;
}
export const attempt = async (work) => { try { return await work(); } catch (error) {
  toast(error instanceof Refused ? error.message : "The workspace cannot be reached. Check that it is running; nothing was changed.", true); return null; } };

export function flipTheme() {
  const root = document.documentElement, chosen = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const next = chosen === "dark" ? "light" : "dark";
  root.dataset.theme = next; document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=strict`;
}
