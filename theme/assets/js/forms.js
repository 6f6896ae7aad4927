// Forms that send themselves when they are changed, and say so when that failed.
import { onDress } from "./dress.js";
import { FIELDS } from "./fields.js";
import { say } from "./say.js";
import { words } from "./words.js";

onDress((within) => {
  for (const form of within.querySelectorAll("form[data-submit-on-change], form[data-canned]")) {
    for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  }
});
// A refusal is read out where it comes in, unless somebody types on.
onDress((within) => {
  if (!document.activeElement?.matches?.(FIELDS)) within.querySelector("[data-focus]")?.focus();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.requestSubmit();
});

function notSaved(event, text) {
  say(text);
  const form = event.detail.elt.closest?.("form[data-submit-on-change]");
  if (form) form.reset(); // it shows what is saved
}
document.addEventListener("htmx:sendError", (event) => notSaved(event, words.away));
const REASONS = { 403: words.forbidden, 413: words.large };
document.addEventListener("htmx:responseError", (event) =>
  notSaved(event, REASONS[event.detail.xhr.status] ?? words.away),
);
