// Changes to many: the bar shows when something is chosen; all of a page, and all of the list is
// offered, with its number.
import { onDress } from "./dress.js";
import { words } from "./words.js";

function dressBulk(form) {
  const bar = form.querySelector("[data-bulk-bar]");
  if (!bar) return;
  const chosen = form.querySelectorAll("[name=ticket]:checked").length;
  const all = form.querySelectorAll("[name=ticket]").length;
  const every = form.querySelector("[data-choose-all]");
  bar.hidden = !chosen;
  every.checked = chosen > 0 && chosen === all;
  every.indeterminate = chosen > 0 && chosen < all;
  const matching = form.querySelector("[data-matching]");
  if (matching) {
    matching.hidden = !every.checked;
    if (matching.hidden) matching.replaceChildren();
    else if (!matching.childElementCount) matching.dispatchEvent(new Event("page-chosen"));
  }
  const count = form.querySelector("[name=all]:checked")?.dataset.count ?? chosen;
  bar.querySelector("[data-bulk-count]").textContent = chosen ? words.chosen.replace("%(n)s", count) : "";
  const action = bar.querySelector("[data-bulk-action]").value;
  for (const value of bar.querySelectorAll("[data-bulk-value]")) {
    value.hidden = value.dataset.bulkValue !== action;
    value.required = !value.hidden && chosen > 0;
  }
  bar.querySelector("[data-bulk-action]").required = chosen > 0;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-choose-all]")) {
    for (const box of form.querySelectorAll("[name=ticket]")) box.checked = event.target.checked;
  }
  dressBulk(form);
});

onDress((within) => {
  for (const form of within.querySelectorAll("form[data-bulk]")) dressBulk(form);
});
