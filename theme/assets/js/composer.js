// The composer's two forms become tabs, and what is typed in them survives a reload on this machine,
// until it is sent or one signs out.
import { onDress } from "./dress.js";

export function showTab(tab, focus) {
  const composer = tab.closest("[data-composer]");
  for (const other of composer.querySelectorAll("[data-tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) document.getElementById(tab.getAttribute("aria-controls")).querySelector("textarea").focus();
}

onDress((within) => {
  for (const composer of within.querySelectorAll("[data-composer]:not([data-dressed])")) {
    composer.dataset.dressed = "";
    composer.querySelector("[role=tablist]").hidden = false;
    for (const title of composer.querySelectorAll("[data-without-tabs]")) title.hidden = true;
    const tabs = [...composer.querySelectorAll("[data-tab]")];
    showTab(tabs.find((tab) => tab.dataset.chosen) ?? tabs[0], false);
    for (const form of composer.querySelectorAll("form[data-draft]")) restoreDraft(form);
  }
});

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) showTab(tab, true);
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-tab]");
  if (!tab || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const tabs = [...tab.parentElement.querySelectorAll("[data-tab]")];
  const other = tabs.at((tabs.indexOf(tab) + (event.key === "ArrowLeft" ? -1 : 1)) % tabs.length);
  showTab(other, false);
  other.focus();
});

// --- drafts
let typedAt = 0;

// When the last letter of a reply or note was typed, in milliseconds.
export const lastTyped = () => typedAt;

function draftKey(form) {
  const number = document.querySelector("[data-ticket-number]")?.dataset.ticketNumber;
  return `draft:${document.body.dataset.user}:${number}:${form.id}`;
}

function restoreDraft(form) {
  const text = form.querySelector("textarea");
  if (!text.value) text.value = localStorage.getItem(draftKey(form)) ?? "";
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form || !event.target.matches("textarea")) return;
  typedAt = Date.now();
  if (event.target.value) localStorage.setItem(draftKey(form), event.target.value);
  else localStorage.removeItem(draftKey(form));
});
// What was sent is taken out of its form, and the composer stays where it is for the next one.
document.addEventListener("composed", (event) => {
  const form = document.getElementById(event.detail.form);
  if (!form) return;
  localStorage.removeItem(draftKey(form));
  form.reset(); // whom it goes to, and when a call was, are the next message's own
  form.querySelector("textarea").value = "";
  // A form beside a message folds up. Who has begun something else meanwhile goes on there.
  const active = document.activeElement;
  const there = active === document.body || form.contains(active);
  const folds = form.closest("details");
  if (folds) folds.open = false;
  if (there) (folds ?? form).querySelector("summary, textarea").focus({ preventScroll: true });
});
