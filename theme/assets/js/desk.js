// What pages do beyond links and forms. Everything works without it.

const root = document.documentElement;

// --- light and dark, remembered on this machine
const remembered = localStorage.getItem("theme");
if (remembered) root.dataset.theme = remembered;

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-toggle-theme]")) return;
  const dark = root.dataset.theme
    ? root.dataset.theme === "desk-dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "desk" : "desk-dark";
  localStorage.setItem("theme", root.dataset.theme);
});

// --- time left counts down; the words come from the page, so that they are translated
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

function span(seconds) {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor((seconds % 86400) / 3600),
    Math.floor((seconds % 3600) / 60),
  ];
  const part = (n, word) => (n ? word.replace("%(n)s", n) : "");
  let parts = [part(Math.floor(seconds), words.s) || words.s.replace("%(n)s", 0)];
  if (days) parts = [part(days, words.d), part(hours, words.h)];
  else if (hours) parts = [part(hours, words.h), part(minutes, words.min)];
  else if (minutes) parts = [part(minutes, words.min)];
  return parts.filter(Boolean).join(" ");
}

function countDown() {
  const now = Date.now();
  for (const shown of document.querySelectorAll("time[data-due]")) {
    const left = (Date.parse(shown.dateTime) - now) / 1000;
    const text = (left < 0 ? words.overdue : words.left).replace("%(span)s", span(Math.abs(left)));
    if (shown.textContent !== text) shown.textContent = text;
    if (left < 0) shown.closest("[data-standing]")?.setAttribute("data-standing", "overdue");
  }
}
if (words.left) setInterval(countDown, 15000);

// --- keys: j and k walk a list, c opens a ticket, ? shows the map
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const go = { c: "[data-key-new]", "/": "[data-key-search]" }[event.key];
  if (go) {
    const target = document.querySelector(go);
    if (!target) return;
    event.preventDefault();
    target.matches("a") ? target.click() : target.focus();
  }
  if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("a.row-link")];
    if (!links.length) return;
    const step = event.key === "j" ? 1 : -1;
    const at = links.indexOf(document.activeElement);
    links[Math.min(Math.max(at + step, 0), links.length - 1)].focus();
  }
  if (event.key === "r" || event.key === "n") {
    const tab = document.querySelector(`[data-tab="${event.key === "r" ? "reply" : "note"}"]`);
    if (tab) {
      event.preventDefault();
      showTab(tab, true);
    }
  }
  if (event.key === "?") document.getElementById("keys")?.showModal();
});

// --- the composer's two forms become tabs
function showTab(tab, focus) {
  const composer = tab.closest("[data-composer]");
  for (const other of composer.querySelectorAll("[data-tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) document.getElementById(tab.getAttribute("aria-controls")).querySelector("textarea").focus();
}

function dress(within) {
  for (const composer of within.querySelectorAll("[data-composer]")) {
    composer.querySelector("[role=tablist]").hidden = false;
    for (const title of composer.querySelectorAll("[data-without-tabs]")) title.hidden = true;
    const tabs = [...composer.querySelectorAll("[data-tab]")];
    showTab(tabs.find((tab) => tab.dataset.chosen) ?? tabs[0], false);
  }
  for (const form of within.querySelectorAll("form[data-submit-on-change]")) {
    for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  }
  within.querySelector("[data-focus]")?.focus();
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) showTab(tab, true);
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-tab]");
  if (!tab || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const other = [...tab.parentElement.querySelectorAll("[data-tab]")].find((found) => found !== tab);
  showTab(other, false);
  other.focus();
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.requestSubmit();
});

// --- a partial that failed says so, where a screen reader hears it
function say(text) {
  const region = document.getElementById("said");
  region.replaceChildren();
  const box = document.createElement("div");
  box.className = "alert alert-error";
  box.textContent = text;
  region.append(box);
}
document.addEventListener("htmx:sendError", () => say(words.away));
document.addEventListener("htmx:responseError", (event) =>
  say(event.detail.xhr.status === 403 ? words.forbidden : words.away),
);
document.addEventListener("htmx:afterSwap", (event) => {
  dress(event.detail.target.isConnected ? event.detail.target : document);
  countDown();
});
// A list that refreshes itself leaves somebody who is in it alone.
document.addEventListener("htmx:beforeRequest", (event) => {
  const refreshes = event.detail.elt.matches("[data-refreshes]");
  const busy = event.detail.elt.contains(document.activeElement) || scrollY > 200 || document.hidden;
  if (refreshes && busy) event.preventDefault();
});
dress(document);
