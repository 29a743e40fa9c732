// Search while typing, and records opened beside the list. Without it the page works by links.
(() => {
  const mem = document.querySelector(".mem");
  const form = document.getElementById("search");
  if (!mem || !form) return;
  const prefix = mem.dataset.prefix;
  const results = document.getElementById("results");
  const pane = document.getElementById("record");
  let timer = 0;
  let turn = 0;

  const address = () => {
    const given = new URLSearchParams(new FormData(form));
    for (const [key, value] of [...given]) if (!value) given.delete(key);
    const text = given.toString();
    return text ? "?" + text : "";
  };

  const search = async () => {
    const mine = ++turn;
    const query = address();
    const answer = await fetch(prefix + "/results" + query, { headers: { "X-Fragment": "1" } });
    if (mine !== turn) return;
    if (!answer.ok) { form.submit(); return; }
    results.innerHTML = await answer.text();
    results.scrollTop = 0;
    mem.classList.remove("open");
    history.replaceState(null, "", prefix + "/" + query);
  };

  const open = async (link) => {
    const answer = await fetch(link.href, { headers: { "X-Fragment": "1" } });
    if (!answer.ok) { location.href = link.href; return; }
    pane.innerHTML = await answer.text();
    pane.scrollTop = 0;
    mem.classList.add("open");
    for (const other of results.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    history.pushState(null, "", link.href);
  };

  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 180); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); search(); });
  results.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-record]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
  results.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...results.querySelectorAll("a[data-record]")];
    const next = links[links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  });
  addEventListener("popstate", () => location.reload());
})();
