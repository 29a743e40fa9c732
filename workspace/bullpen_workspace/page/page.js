/* The chat page's whole script. The server renders; this puts fragments where they belong,
   sends what a person does, and keeps what was typed until the server has it. */
"use strict";
(() => {
  const $ = (sel, root = document) => root.querySelector(sel);
  const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];
  const app = $("#app"), modal = $("#modal"), picker = $("#picker");
  const offers = JSON.parse(document.body.dataset.agents || "{}");
  // A finger, not merely the absence of a mouse: a remote desktop reports neither.
  const touch = () => matchMedia("(pointer: coarse)").matches;
  const here = () => ({ channel: $("#main")?.dataset.channel || "", thread: $("#thread")?.dataset.ts || "", home: $("#main")?.dataset.home || "" });
  const store = { get(k, d) { try { return JSON.parse(localStorage.getItem(k)) ?? d; } catch { return d; } },
    set(k, v) { try { v == null ? localStorage.removeItem(k) : localStorage.setItem(k, JSON.stringify(v)); } catch { /* private mode: drafts last as long as the page */ } } };
  const parse = (html) => { const t = document.createElement("template"); t.innerHTML = html.trim(); return t.content; };
  const esc = (s) => { const d = document.createElement("i"); d.textContent = s; return d.innerHTML; };

  // ---- telling the person -------------------------------------------------------------
  function toast(text, bad = false) {
    const el = document.createElement("div");
    el.className = bad ? "toast bad" : "toast"; el.textContent = text; el.dataset.testid = "toast";
    $("#toasts").append(el); setTimeout(() => el.remove(), bad ? 9000 : 3200);
  }
  function ask(title, text, yes = "OK", no = "Cancel", danger = false) {
    const d = $("#ask"); $("h2", d).textContent = title; $(".dlg-body", d).textContent = text;
    const [cancel, ok] = $$("button", d); cancel.textContent = no; ok.textContent = yes;
    ok.className = danger ? "btn btn-danger" : "btn btn-primary";
    d.returnValue = "no"; d.showModal();
    return new Promise((done) => d.addEventListener("close", () => done(d.returnValue === "yes"), { once: true }));
  }
  class Refused extends Error {}
  async function post(path, body) {
    const answer = await fetch(`/page/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    let said; try { said = await answer.json(); } catch { said = {}; }
    if (!answer.ok) throw new Refused(said.error || `The workspace refused this (${answer.status}). Reload the page and try again.`);
    return said;
  }
  const attempt = async (work) => { try { return await work(); } catch (error) {
    toast(error instanceof Refused ? error.message : "The workspace cannot be reached. Check that it is running; nothing was changed.", true); return null; } };

  // ---- putting fragments in place -----------------------------------------------------
  function morph(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) { old.replaceWith(fresh); return; }
    if (old.nodeType !== 1) { if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue; return; }
    for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !(name === "open" && old.matches("[data-keep],.peek"))) old.removeAttribute(name);
    if (old.matches(".editing")) return;
    const next = [...fresh.childNodes];
    next.forEach((node, i) => { const now = old.childNodes[i]; now ? morph(now, node) : old.append(node); });
    while (old.childNodes.length > next.length) old.lastChild.remove();
  }
  const pinned = (box) => box && box.scrollHeight - box.scrollTop - box.clientHeight < 90;
  function place(list, li) {
    const old = document.getElementById(li.id);
    if (old?.classList.contains("flash")) li.classList.add("flash");
    if (old) { if (old.dataset.v !== li.dataset.v && !$(".edit-box", old)) morph(old, li); return; }
    let after = null;
    for (let el = list.lastElementChild; el; el = el.previousElementSibling) {
      if (el.classList.contains("pending")) continue;
      if (el.dataset.ts < li.dataset.ts) { after = el; break; }
    }
    if (after) after.after(li);
    // Older than everything loaded here: it will come with "Show earlier messages".
    else if (!list.firstElementChild || $(".more")?.hidden || list.id === "replies" || list.firstElementChild.classList.contains("pending")) list.prepend(li);
  }
  const moves = {
    put({ target, html, key }) { if (key) { queue(queued().filter((i) => i.key !== key)); document.getElementById(`p-${key}`)?.remove(); } const list = $(target); if (list) for (const li of [...parse(html).children]) place(list, li); },
    sync({ target, html, older }) {
      const list = $(target); if (!list) return;
      const fresh = [...parse(html).children], ids = new Set(fresh.map((li) => li.id)), first = fresh[0]?.dataset.ts || "";
      for (const el of [...list.children]) if (!el.classList.contains("pending") && !ids.has(el.id) && (el.dataset.ts >= first || !older)) el.remove();
      // A gap longer than the window: what is above it would not join on, so it goes.
      if (older && list.firstElementChild && !fresh.some((li) => document.getElementById(li.id))) { for (const el of $$(".msg:not(.pending)", list)) el.remove(); const more = $(".more"); if (more && target === "#messages") more.hidden = false; }
      for (const li of fresh) place(list, li);
    },
    remove({ target }) { $(target)?.remove(); },
    inner({ target, html }) { const el = $(target); if (el) { const box = el.cloneNode(false); box.append(parse(html)); morph(el, box); } },
    replace({ target, html }) { const el = $(target), fresh = parse(html).firstElementChild; if (el && fresh && el.dataset.v !== fresh.dataset.v) morph(el, fresh); title(); },
    modal({ html, view }) { if (html && modal.open && modal.last === html) return; modal.last = html; if (html) { if ($("#view")?.dataset.view === view) { const typed = values($("#view")); modal.innerHTML = html; refill(typed); } else modal.innerHTML = html; if (!modal.open) { modal.showModal(); $("[data-input]", modal)?.focus(); } } else if (modal.open) { modal.close(); modal.innerHTML = ""; } },
    announce({ text }) { $("#announce").textContent = text; },
    toast({ text, bad }) { toast(text, bad); },
    gone() { $("#thread") && closeThread(); },
  };
  function apply(ops) {
    const main = $("#scroll"), side = $("#thread-scroll"), low = pinned(main), lowSide = pinned(side);
    for (const op of ops) moves[op.op]?.(op);
    const hello = $("#hello"); if (hello && $("#messages > .msg")) $(".examples", hello)?.remove();
    if (low) toEnd(main); else if (ops.some((o) => o.op === "put" && o.fresh)) { const b = $(".jump-down"); if (b) b.hidden = false; }
    if (lowSide) toEnd(side);
    seen();
  }
  const toEnd = (box) => { if (box) box.scrollTop = box.scrollHeight; };
  function title() {
    const n = $$("#side .count, #side li.unread > a[data-nav]").length, base = $("#main")?.dataset.title || document.title;
    document.title = n ? `(${$$("#side li.unread").length}) ${base}` : base;
  }

  // ---- the live connection --------------------------------------------------------------
  let socket = null, wait = 400, alive = 0, timer = 0, ready = false;
  function tell(message) { if (socket?.readyState === 1) socket.send(JSON.stringify(message)); }
  function connect() {
    clearTimeout(timer);
    if (socket && socket.readyState < 2) return;
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/page/live`);
    socket.onopen = () => { wait = 400; alive = Date.now(); ready = true; online(true); tell({ see: here() }); flush(); };
    socket.onmessage = (event) => { alive = Date.now(); apply(JSON.parse(event.data).ops || []); };
    socket.onclose = () => { online(false); timer = setTimeout(connect, wait); wait = Math.min(wait * 1.7, 8000); };
  }
  function online(yes) {
    document.body.classList.toggle("online", yes);
    const bar = $("#offline"); if (!bar) return;
    bar.hidden = yes || !ready;
    bar.textContent = "The connection to the workspace is lost. It is being tried again; what you send now waits here and goes out by itself.";
  }
  setInterval(() => { if (socket?.readyState !== 1) return; if (Date.now() - alive > 45000) socket.close(); else tell({ ping: 1 }); }, 15000);
  const wake = () => { if (document.hidden) return; if (socket?.readyState === 1) { if (Date.now() - alive > 20000) tell({ see: here() }); } else { wait = 400; connect(); } seen(); };
  document.addEventListener("visibilitychange", wake); addEventListener("online", wake); addEventListener("pageshow", wake); addEventListener("focus", wake);
  let told = "";
  function seen() {
    if (document.hidden || !document.hasFocus() && !navigator.webdriver) return;
    const at = here(), last = $$("#messages > .msg:not(.pending)").at(-1)?.dataset.ts, lastReply = $$("#replies > .msg:not(.pending)").at(-1)?.dataset.ts;
    const now = JSON.stringify([at.channel, pinned($("#scroll")) ? last : 0, at.thread, lastReply]);
    if (now === told || socket?.readyState !== 1) return; told = now;
    if (at.channel && last && pinned($("#scroll"))) tell({ read: { channel: at.channel, ts: last } });
    if (at.thread && lastReply) tell({ read: { channel: at.channel, ts: lastReply, thread: at.thread } });
  }

  // ---- going somewhere --------------------------------------------------------------------
  async function go(href, push = true) {
    keepDrafts();
    let answer;
    try { answer = await fetch(href, { headers: { "x-pane": "1", "x-have": here().home ? "" : here().channel } }); } catch { toast("The workspace cannot be reached. Check that it is running.", true); return; }
    if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) { location.href = href; return; }
    const pane = await answer.json();
    if (pane.main) $("#main").replaceWith(parse(pane.main));
    setThread(pane.thread);
    app.classList.remove("show-side");
    if (push && pane.url !== location.pathname + location.search) history.pushState(null, "", pane.url);
    told = ""; arrive(); online(socket?.readyState === 1); tell({ see: here() });
  }
  function setThread(html) {
    $("#thread")?.remove();
    if (html) { app.append(parse(html)); }
    app.classList.toggle("with-thread", Boolean(html));
  }
  const inChannel = (href) => { const u = new URL(href, location.href); return u.pathname + u.search; };
  async function openThread(channel, ts, focus = true) {
    await go(`/archives/${channel}/p${ts.replace(".", "")}?thread=1`);
    if (focus && matchMedia("(min-width: 721px)").matches) $("#thread-composer")?.focus();
  }
  function closeThread() {
    keepDrafts(); const ts = $("#thread")?.dataset.ts; setThread("");
    history.pushState(null, "", `/archives/${here().channel}`); tell({ see: here() });
    $(`#m-${(ts || "").replace(".", "-")} [data-act=thread]`)?.focus({ preventScroll: true }); $("#composer")?.focus({ preventScroll: true });
  }
  addEventListener("popstate", () => go(location.pathname + location.search, false));
  function arrive() {
    for (const box of $$("#scroll, #thread-scroll")) {
      const flash = $(".msg.flash", box);
      if (flash) { flash.scrollIntoView({ block: "center" }); setTimeout(() => flash.classList.remove("flash"), 6000); } else toEnd(box);
      box.addEventListener("scroll", () => scrolled(box), { passive: true });
      keepLow(box);
    }
    for (const form of $$("form.compose")) prepare(form);
    showQueue(); title(); seen();
    if (!touch() && !$("#thread")) $("#composer")?.focus({ preventScroll: true });
  }
  function keepLow(box) {
    // Only a person scrolling up lets go of the end; content that grows does not.
    let low = pinned(box), top = box.scrollTop;
    box.addEventListener("scroll", () => { if (pinned(box)) low = true; else if (box.scrollTop < top - 2) low = false; top = box.scrollTop; }, { passive: true });
    new ResizeObserver(() => { if (low && !$(".msg.flash", box)) toEnd(box); }).observe($(".msgs", box));
    new ResizeObserver(() => { if (low && !$(".msg.flash", box)) toEnd(box); }).observe(box);
  }
  let loading = false;
  function scrolled(box) {
    if (box.id !== "scroll") return;
    if (pinned(box)) { const b = $(".jump-down"); if (b) b.hidden = true; seen(); }
    if (box.scrollTop < 240 && !$(".more", box).hidden) older();
  }
  async function older() {
    const list = $("#messages"), first = $(".msg:not(.pending)", list), more = $(".more"), box = $("#scroll");
    if (loading || !first) return; loading = true;
    try {
      const said = await (await fetch(`/page/older?channel=${here().channel}&before=${first.dataset.ts}`)).json();
      const height = box.scrollHeight, top = box.scrollTop;
      list.prepend(parse(said.html)); more.hidden = !said.older; $("#hello").hidden = said.older;
      box.scrollTop = top + box.scrollHeight - height;
    } catch { toast("Earlier messages could not be loaded. Scroll again to retry.", true); } finally { loading = false; }
  }

  // ---- writing ------------------------------------------------------------------------------
  const LIMIT = 40000;
  const key = (form) => `draft:${form.dataset.channel}:${form.dataset.thread}`;
  const keepDrafts = () => { for (const form of $$("form.compose")) { const text = $("textarea", form).value; store.set(key(form), text || null); } };
  addEventListener("pagehide", keepDrafts);
  function prepare(form) {
    if (form.ready) return; form.ready = true; form.held = [];
    const box = $("textarea", form); box.value = store.get(key(form), "") || ""; grow(box);
    box.addEventListener("input", () => { grow(box); store.set(key(form), box.value || null); complete(box); fail(form, ""); });
    box.addEventListener("keydown", (event) => typed(event, form, box));
    box.addEventListener("blur", () => setTimeout(() => hideOptions(form), 150));
    box.addEventListener("click", () => complete(box));
    box.addEventListener("paste", (event) => { const files = [...(event.clipboardData?.files || [])]; if (files.length) { event.preventDefault(); take(form, files); } });
    form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
    $("input[type=file]", form).addEventListener("change", (event) => { take(form, [...event.target.files]); event.target.value = ""; });
    const pane = form.closest(".pane");
    pane.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); form.classList.add("drop"); } });
    pane.addEventListener("dragleave", (event) => { if (!pane.contains(event.relatedTarget)) form.classList.remove("drop"); });
    pane.addEventListener("drop", (event) => { form.classList.remove("drop"); if (event.dataTransfer.files.length) { event.preventDefault(); take(form, [...event.dataTransfer.files]); } });
  }
  function grow(box) {
    const form = box.closest("form"); if (!form) return;
    if (!CSS.supports("field-sizing", "content")) { box.style.height = "auto"; box.style.height = `${Math.min(box.scrollHeight, innerHeight * 0.4)}px`; }
    form.classList.toggle("void", !box.value.trim() && !form.held?.length);
    const hint = $(".hint", form), left = LIMIT - box.value.length;
    hint.textContent = left < 2000 ? (left < 0 ? `${-left} characters too many` : `${left} left`) : "";
    hint.classList.toggle("over", left < 0);
  }
  function fail(form, text) { const el = form.nextElementSibling; el.hidden = !text; el.textContent = text; }
  function put(box, text, all = false) {
    if (all) box.setSelectionRange(0, box.value.length);
    box.focus(); box.setRangeText(text, box.selectionStart, box.selectionEnd, "end"); box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function typed(event, form, box) {
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
  async function send(form) {
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
  const queued = () => store.get("outbox", []) , queue = (items) => store.set("outbox", items.length ? items : null);
  let flushing = false;
  async function flush() {
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
  setInterval(() => { if (queued().length && socket?.readyState === 1) flush(); }, 4000);
  function giveBack(item, why) {
    const form = $$("form.compose").find((f) => f.dataset.channel === item.channel && f.dataset.thread === item.thread);
    if (!form) { const k = `draft:${item.channel}:${item.thread}`; store.set(k, [item.text, store.get(k, "")].filter(Boolean).join("\n")); toast(why, true); return; }
    const box = $("textarea", form); box.value = [item.text, box.value].filter(Boolean).join("\n"); store.set(key(form), box.value); grow(box); fail(form, why);
  }
  function showQueue(waiting = false) {
    const shown = new Set();
    for (const item of queued()) {
      const list = item.thread ? ($("#thread")?.dataset.ts === item.thread ? $("#replies") : null) : (here().channel === item.channel ? $("#messages") : null);
      if (!list) continue;
      const id = `p-${item.key}`; shown.add(id);
      let li = document.getElementById(id);
      if (!li) {
        const me = $(".side-foot .face")?.cloneNode(true); me?.classList.remove("m");
        li = document.createElement("li"); li.id = id; li.className = "msg pending";
        li.innerHTML = `<article class="msg-in"><span></span><div class="body"><div class="who"><b>${esc($(".side-foot > span:nth-child(2)").textContent)}</b><span class="time"></span></div><div class="content md"><p>${esc(item.text).replaceAll("\n", "<br>")}</p></div><div class="send-note"></div></div></article>`;
        if (me) $("article > span", li).replaceWith(me);
        list.append(li); toEnd(list.closest(".scroll"));
      }
      if (waiting) $(".send-note", li).textContent = "Waiting for the connection; it will be sent by itself.";
    }
    for (const li of $$(".msg.pending")) if (!shown.has(li.id)) li.remove();
  }

  // ---- files ---------------------------------------------------------------------------------
  function take(form, files) {
    const tray = $(".uploads", form); tray.hidden = false;
    for (const file of files) {
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

  // ---- completion -------------------------------------------------------------------------------
  const options = (form) => $(".options", form.parentElement);
  const hideOptions = (form) => { const list = options(form); list.hidden = true; $("textarea", form).removeAttribute("aria-activedescendant"); };
  const starts = (needle, ...words) => words.some((w) => w.toLowerCase().split(/[\s_]+/).some((part) => part.startsWith(needle)) || w.toLowerCase().startsWith(needle));
  function offered(before) {
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
  function complete(box) {
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
  function select(items, at, box) { items.forEach((li, i) => { li.ariaSelected = String(i === at); }); const li = items[at]; if (li) { li.scrollIntoView({ block: "nearest" }); box.setAttribute("aria-activedescendant", li.id); } }

  // ---- blocks and views ---------------------------------------------------------------------------
  const option = (el) => el?.dataset?.option ? JSON.parse(el.dataset.option) : null;
  function state(el) {
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
  function values(form) { const out = {}; for (const el of $$("[data-input]", form)) (out[el.dataset.block] ??= {})[el.dataset.action] = state(el); return out; }
  function refill(typed) { for (const el of $$("#view [data-input]")) { const was = typed[el.dataset.block]?.[el.dataset.action]; if (was?.value && "value" in el) el.value = was.value; } }
  async function press(el, more) {
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
  modal.addEventListener("submit", async (event) => {
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
  modal.addEventListener("cancel", (event) => { event.preventDefault(); closeView(); });
  const closeView = () => attempt(() => post("close", { view: $("#view")?.dataset.view || "" })).then(() => { modal.close(); modal.innerHTML = ""; });

  // ---- one's own messages ---------------------------------------------------------------------------
  async function edit(msg) {
    const said = await attempt(async () => { const a = await fetch(`/page/source?channel=${msg.dataset.channel}&ts=${msg.dataset.ts}`); if (!a.ok) throw new Refused("This message cannot be edited any more."); return a.json(); });
    if (!said) return;
    const content = $(".content", msg), was = content.innerHTML;
    content.innerHTML = `<div class="edit-box"><textarea class="field" aria-label="Edit the message" data-testid="edit-box"></textarea><div class="row"><button class="btn" type="button">Cancel</button><button class="btn btn-primary" type="button">Save</button><span class="muted">Enter saves, Esc cancels</span></div></div>`;
    const box = $("textarea", content), [no, yes] = $$("button", content); box.value = said.text; box.focus(); box.setSelectionRange(box.value.length, box.value.length);
    const back = () => { content.innerHTML = was; msg.dataset.v = ""; tell({ see: here() }); $("#composer")?.focus({ preventScroll: true }); };
    const save = async () => { if (!box.value.trim()) { toast("A message cannot be empty. Delete it instead.", true); return; } if (await attempt(() => post("edit", { channel: msg.dataset.channel, ts: msg.dataset.ts, text: box.value }))) back(); };
    no.onclick = back; yes.onclick = save;
    box.onkeydown = (event) => { event.stopPropagation(); if (event.key === "Escape") { event.preventDefault(); back(); } if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); save(); } };
  }

  // ---- clicks ------------------------------------------------------------------------------------------
  let pickFor = null;
  const composerNear = (el) => $("textarea", el.closest(".pane") || document) || $("#composer");
  const acts = {
    theme() { const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches); const next = dark ? "light" : "dark"; document.documentElement.dataset.theme = next; document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=strict`; },
    switcher: openSwitcher,
    "new-channel"() { $("#new-channel").showModal(); $("#channel-name").focus(); },
    "close-dialog"(el) { el.closest("dialog").close(); },
    async join(el) { const done = await attempt(() => post("join", { channel: el.dataset.channel })); if (done) { el.closest("dialog")?.close(); go(`/archives/${el.dataset.channel}`); } },
    async invite(el) { const box = el.closest("#absent"); if (await attempt(() => post("invite", { channel: here().channel }))) box.remove(); },
    "show-side"() { app.classList.add("show-side"); $("#side a")?.focus(); },
    "close-thread": closeThread, older,
    "to-end"() { toEnd($("#scroll")); },
    thread(el) { const m = el.closest(".msg"); openThread(m.dataset.channel, m.dataset.thread); },
    react(el) { const m = el.closest(".msg"); attempt(() => post("react", { channel: m.dataset.channel, ts: m.dataset.ts, name: el.dataset.name })); },
    pick(el) { const m = el.closest(".msg"); showPicker(el, (name) => attempt(() => post("react", { channel: m.dataset.channel, ts: m.dataset.ts, name, add: true }))); },
    emoji(el) { const box = composerNear(el); showPicker(el, (_n, glyph) => put(box, glyph)); },
    picked(el) { picker.hidden = true; pickFor?.(el.dataset.name, el.textContent); pickFor = null; },
    async "copy-link"(el) { const href = new URL(el.dataset.href, location.href).href; try { await navigator.clipboard.writeText(href); toast("The link is on the clipboard."); } catch { prompt("Copy the link", href); } },
    edit(el) { edit(el.closest(".msg")); },
    async delete(el) { const m = el.closest(".msg"); if (await ask("Delete this message?", "It disappears for everybody. This cannot be undone.", "Delete", "Keep it", true)) attempt(() => post("delete", { channel: m.dataset.channel, ts: m.dataset.ts })); },
    shortcut(el) { const m = el.closest(".msg"); attempt(() => post("shortcut", { app: el.dataset.app, callback: el.dataset.callback, channel: m.dataset.channel, ts: m.dataset.ts })); },
    block(el) { press(el, el.dataset.type === "feedback_buttons" ? { value: el.value } : {}); },
    "close-view": closeView,
    stop(el) { el.disabled = true; el.textContent = "Stopping…"; attempt(() => post("stop", { channel: el.dataset.channel, thread: el.dataset.thread })); },
    fill(el) { const box = composerNear(el); put(box, el.dataset.text, !box.value.trim()); },
    address(el) { const box = $("#composer"); if (!box) { toast("Open a channel first, then choose a colleague.", true); return; } app.classList.remove("show-side"); const direct = !$("#main .hash"); put(box, direct ? el.dataset.text.replace(/^@\S+ /, "") : el.dataset.text, !box.value.trim()); },
    attach(el) { $("input[type=file]", el.closest("form")).click(); },
    at(el) { const box = composerNear(el); put(box, box.value && !/\s$/.test(box.value) ? " @" : "@"); },
    zoom(el) { const d = $("#lightbox"), img = $("img", d); img.src = el.dataset.href; img.alt = $("img", el).alt; $(".cap", d).textContent = el.dataset.cap; $("a", d).href = el.dataset.href; d.showModal(); },
  };
  document.addEventListener("click", (event) => {
    const el = event.target.closest("[data-act]");
    if (!picker.hidden && !event.target.closest("#picker") && el?.dataset.act !== "pick" && el?.dataset.act !== "emoji") picker.hidden = true;
    if (event.target.matches("dialog") && event.target !== modal) event.target.close();
    if (el) { if (el.tagName === "A") event.preventDefault(); acts[el.dataset.act]?.(el); return; }
    const link = event.target.closest("a[href]");
    if (link?.matches("[data-type=button]")) { press(link, {}); return; }
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) { return; }
    if (link.dataset.threadLink) { event.preventDefault(); openThread(here().channel, link.dataset.threadLink, false); return; }
    if (link.matches("[data-nav],[data-here]") && link.pathname.match(/^\/(archives|home)\//)) { event.preventDefault(); $$("dialog[open]").forEach((d) => d.close()); go(inChannel(link.href)); return; }
    const msg = event.target.closest(".msg-in"); if (msg) { $$(".touched").forEach((m) => m.classList.remove("touched")); }
  });
  document.addEventListener("touchend", (event) => { const m = event.target.closest(".msg-in"); if (event.target.closest("a,button,textarea,input,summary")) return; $$(".touched").forEach((o) => o !== m && o.classList.remove("touched")); m?.classList.toggle("touched"); }, { passive: true });
  function showPicker(el, then) {
    pickFor = then; picker.hidden = false; const r = el.getBoundingClientRect(), w = picker.offsetWidth, h = picker.offsetHeight;
    picker.style.left = `${Math.max(8, Math.min(r.left, innerWidth - w - 8))}px`; picker.style.top = `${r.top > h + 12 ? r.top - h - 6 : Math.min(r.bottom + 6, innerHeight - h - 8)}px`;
    $("button", picker).focus();
  }
  $("#create-channel").addEventListener("submit", async (event) => {
    event.preventDefault(); const err = $(".err", event.target); err.hidden = true;
    try { const said = await post("create", { name: $("#channel-name").value }); $("#channel-name").value = ""; $("#new-channel").close(); go(`/archives/${said.channel}`); }
    catch (error) { err.textContent = error instanceof Refused ? error.message : "The workspace cannot be reached. Check that it is running."; err.hidden = false; }
  });

  // ---- keyboard ----------------------------------------------------------------------------------------
  function openSwitcher() { const d = $("#switcher"); $("#switcher-input").value = ""; offerPlaces(); if (!d.open) d.showModal(); $("#switcher-input").focus(); }
  function offerPlaces() {
    const needle = $("#switcher-input").value.trim().toLowerCase(), list = $("#switcher-list");
    const found = $$("#side a[data-name]").filter((a) => a.dataset.name.toLowerCase().includes(needle)).slice(0, 12);
    list.innerHTML = ""; found.forEach((a, i) => { const li = document.createElement("li"); li.setAttribute("role", "option"); li.id = `place-${i}`; li.append(a.querySelector("svg,.face,span")?.cloneNode(true) || "", a.dataset.name); li.onclick = () => { $("#switcher").close(); a.click(); }; list.append(li); });
    if (!found.length) list.innerHTML = `<li class="muted">Nothing here is called that. Create a channel with the plus in the sidebar.</li>`;
    select($$("li[role=option]", list), 0, $("#switcher-input"));
  }
  $("#switcher-input").addEventListener("input", offerPlaces);
  $("#switcher-input").addEventListener("keydown", (event) => {
    const items = $$("#switcher-list li[role=option]"), at = items.findIndex((li) => li.ariaSelected === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); select(items, (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % (items.length || 1), event.target); }
    if (event.key === "Enter") { event.preventDefault(); items[Math.max(at, 0)]?.click(); }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openSwitcher(); return; }
    if (event.key === "Escape") {
      if (!picker.hidden) { picker.hidden = true; return; }
      if ($("dialog[open]")) return;
      if ($("#thread")) { event.preventDefault(); closeThread(); } else if (app.classList.contains("show-side")) app.classList.remove("show-side");
    }
  });
  arrive(); connect();
})();
