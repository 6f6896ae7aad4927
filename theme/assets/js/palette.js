// The command palette: Ctrl+K or ⌘K, and whatever says data-palette.
import { askDesk } from "./ask.js";
import { openControl, situation } from "./palette_controls.js";
import { applyToChosen } from "./triage.js";
import { words } from "./words.js";

const dialog = document.getElementById("palette");
const field = dialog?.querySelector("[role=combobox]");
const list = dialog?.querySelector("[role=listbox]");
const PATIENCE = 150; // milliseconds without a letter, before the desk is asked
let asking = null;
let at = {}; // what the page had when the palette was opened
let timer = 0;

const options = () => [...list.querySelectorAll("a[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
}

async function offer() {
  asking?.abort();
  asking = new AbortController();
  const query = new URLSearchParams({ q: field.value, ...at });
  try {
    const answer = await askDesk(`${dialog.dataset.url}?${query}`, { signal: asking.signal });
    if (answer.status !== 200) throw new Error(answer.status);
    list.innerHTML = await answer.text();
  } catch (error) {
    if (error.name === "AbortError") return;
    list.textContent = words.away;
  }
  choose(options()[0]);
}

function open() {
  if (dialog.open) return;
  at = situation();
  field.value = "";
  list.replaceChildren();
  dialog.showModal();
  field.focus();
  offer();
}

// As the form of the page would: what the ticket's own parts say about answers holds for it, too.
function send({ href, dataset }) {
  const ticket = document.getElementById("ticket");
  const form = document.createElement("form");
  form.hidden = true;
  form.method = "post";
  form.action = href;
  form.setAttribute("hx-post", href);
  const seen = (name) => ticket.querySelector(`[name=${name}]`)?.value ?? "";
  const values = { version: seen("version"), seen: seen("seen"), [dataset.field]: dataset.value };
  for (const [name, value] of Object.entries(values)) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  form.addEventListener("htmx:afterRequest", () => form.remove());
  ticket.append(form);
  window.htmx.process(form);
  form.requestSubmit();
}

function run(option) {
  dialog.close();
  const { key, opens, bulk, value, field: name } = option.dataset;
  if (opens) requestAnimationFrame(() => openControl(opens)); // a click elsewhere closes menus: after it
  else if (bulk) applyToChosen(bulk, value);
  else if (key) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  else if (name) send(option);
  else location.assign(option.href);
}

if (dialog) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]")) return;
    event.preventDefault();
    open();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, PATIENCE);
  });
  field.addEventListener("keydown", (event) => {
    const all = options();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      event.preventDefault();
      choose(all.at((all.indexOf(chosen()) + step) % all.length));
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      run(chosen());
    }
  });
  list.addEventListener("mousemove", (event) => {
    const option = event.target.closest("a[role=option]");
    if (option && option !== chosen()) choose(option);
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("a[role=option]");
    if (!option || event.ctrlKey || event.metaKey || event.button) return;
    event.preventDefault();
    run(option);
  });
}
