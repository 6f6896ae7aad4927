// Forms of a whole page, in the workspace and in the admin: what is typed stays on this machine until
// the desk says that it is saved, it is discarded, or one signs out. Everything works without it.

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-forget-drafts], #logout-form")) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key);
});

const user = document.querySelector("[data-user]")?.dataset.user;
const keptKey = (path) => `draft:${user}:page:${path}`;
const formKey = ({ dataset }) => keptKey(location.pathname) + (dataset.keep && `#${dataset.keep}`);
function forgetPage(path) {
  const ofPage = (key) => key === keptKey(path) || key.startsWith(`${keptKey(path)}#`);
  for (const key of Object.keys(localStorage).filter(ofPage)) localStorage.removeItem(key);
}
const keeps = (field) => field.name && !field.disabled && !["hidden", "password", "file", "submit", "button"].includes(field.type);

// What differs from what is stored; in a form that came back with errors all of it was typed.
function changedFields(form) {
  const changed = {};
  const all = !form.matches("[data-fresh]");
  for (const field of form.elements) {
    if (!keeps(field)) continue;
    if (field.type === "radio") {
      if (field.checked && (all || !field.defaultChecked)) changed[field.name] = field.value;
    } else if (field.type === "checkbox") {
      if (all || field.checked !== field.defaultChecked) changed[field.name] = field.checked;
    } else if (field.matches("select")) {
      if (all || !field.selectedOptions[0]?.defaultSelected) changed[field.name] = field.value;
    } else if (all || field.value !== field.defaultValue) changed[field.name] = field.value;
  }
  return changed;
}

function keepPage(form) {
  const kept = changedFields(form);
  const key = formKey(form);
  if (Object.keys(kept).length) {
    // The token tells the desk that it is the same ticket, should it have been made after all; the
    // version, what of this record was seen: what others changed since is not written over.
    for (const name of ["token", "version"]) {
      if (form.elements[name]) kept[name] = form.elements[name].value;
    }
  }
  if (Object.keys(kept).length) localStorage.setItem(key, JSON.stringify(kept));
  else localStorage.removeItem(key);
}

function readKept(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? null;
  } catch {
    return null;
  }
}

function restorePage(form) {
  const kept = readKept(formKey(form));
  if (!kept || !form.matches("[data-fresh]")) return;
  const asked = new URLSearchParams(location.search);
  if (kept.customer && !asked.has("customer")) {
    // The server shows whose it is, and their vehicles.
    location.replace(`?${new URLSearchParams({ customer: kept.customer, vehicle: kept.vehicle ?? "" })}`);
    return;
  }
  let back = false;
  for (const [name, value] of Object.entries(kept)) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (["token", "version"].includes(name)) field.value = value;
      if (!keeps(field) || ["customer", "vehicle", "customer_search"].includes(name)) continue;
      if (field.type === "radio") field.checked = field.value === value;
      else if (field.type === "checkbox") field.checked = value;
      else field.value = value;
      back = true;
    }
  }
  if (back) for (const note of document.querySelectorAll("[data-kept]")) note.hidden = false;
}

for (const said of document.querySelectorAll("[data-saved]")) forgetPage(said.dataset.saved);
// A page of the admin marks a form from within, because the form's own tag is Django's.
for (const mark of document.querySelectorAll("[data-keep-form]")) {
  const form = mark.closest("form");
  form.dataset.keep = "";
  form.toggleAttribute("data-fresh", mark.matches("[data-fresh]"));
}
for (const form of document.querySelectorAll("form[data-keep]")) {
  restorePage(form);
  // What confirms something that cannot be brought back is kept when it is sent, and not before.
  const when = form.matches("[data-keep-sent]") ? ["submit"] : ["input", "change", "submit"];
  for (const happens of when) form.addEventListener(happens, () => keepPage(form));
}
document.addEventListener("click", (event) => {
  const discard = event.target.closest?.("[data-discard]");
  if (!discard) return;
  forgetPage(location.pathname);
  if (discard.matches("button")) location.assign(location.pathname);
});
// An error page does not know who somebody is, but which form it stands for.
const kept = Object.keys(localStorage).some((key) => key.startsWith("draft:") && key.split("#")[0].endsWith(`:page:${location.pathname}`));
for (const note of document.querySelectorAll("[data-kept-note]")) note.hidden = !kept;
