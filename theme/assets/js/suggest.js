// A field that names a record, such as a customer: the desk suggests some while one types. What was
// chosen is sent as its key, anything else as it was typed: then the desk searches for it.
import { askDesk } from "./ask.js";

const LEAST = 2;
const PAUSE = 200; // milliseconds after the last letter

function suggests(field) {
  const keys = new Map(); // by label
  const list = document.createElement("datalist");
  list.id = `suggestions-${field.name}`;
  field.after(list);
  field.setAttribute("list", list.id);
  if (field.dataset.shown) {
    keys.set(field.dataset.shown, field.value);
    field.value = field.defaultValue = field.dataset.shown;
  }

  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    if (!keys.has(field.value) && field.value.trim().length >= LEAST) waiting = setTimeout(ask, PAUSE);
  });

  async function ask() {
    const text = field.value;
    const answer = await askDesk(`${field.dataset.suggest}?${new URLSearchParams({ q: text })}`).catch(() => null);
    if (answer?.status !== 200 || field.value !== text) return;
    const { results } = await answer.json();
    for (const { key, label } of results) keys.set(label, key);
    list.replaceChildren(...results.map(({ label }) => new Option("", label)));
  }

  field.form.addEventListener("formdata", ({ formData }) => {
    if (keys.has(field.value)) formData.set(field.name, keys.get(field.value));
  });
}

document.querySelectorAll("input[data-suggest]").forEach(suggests);
