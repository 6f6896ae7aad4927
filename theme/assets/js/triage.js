// A list by the keyboard alone: change the ticket one is at, and come back to where one was.
import { FIELDS, fieldWentAway } from "./fields.js";
import { placeAgain } from "./place_again.js";

const form = document.querySelector("form[data-bulk]");
const ACTIONS = { a: "assign", p: "priority", s: "status", t: "tag", e: "escalate" };
const STORED = "list-place";

const rows = () => [...form.querySelectorAll("[data-ticket]")];
const rowOf = (element) => element?.closest?.("[data-ticket]");
const tickets = () => rows().map((row) => row.dataset.ticket);

function remember(row, { returns = false } = {}) {
  if (!row) return;
  const place = { list: form.elements.asked.value, tickets: tickets(), ticket: row.dataset.ticket, returns };
  sessionStorage.setItem(STORED, JSON.stringify(place));
}

// Whoever comes from a ticket of this list, or from a change to some, is where they were.
function goBack() {
  const place = JSON.parse(sessionStorage.getItem(STORED) ?? "null");
  if (place?.list !== form.elements.asked.value) return;
  const from = document.referrer && new URL(document.referrer).pathname;
  const back = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (!place.returns && !back && !/^\/(tickets\/\d+|bulk\/\d+)\//.test(from)) return;
  sessionStorage.setItem(STORED, JSON.stringify({ ...place, returns: false }));
  const again = placeAgain(place.tickets, place.ticket, tickets());
  form.querySelector(`[data-ticket="${again}"] a.row-link`)?.focus();
}

function offer(action, row) {
  if (!form.querySelector("[name=ticket]:checked")) row?.querySelector("[name=ticket]").click();
  const choice = form.querySelector("[data-bulk-action]");
  if (!form.querySelector("[name=ticket]:checked") || !choice) return false;
  remember(row ?? rowOf(form.querySelector("[name=ticket]:checked")));
  choice.value = action;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  form.querySelector(`[data-bulk-value="${action}"]`).focus();
  return true;
}

// How many tickets a change would be for: those that are selected, or the one that one is at.
export function chosenRows() {
  if (!form?.querySelector("[data-bulk-action]")) return 0;
  return form.querySelectorAll("[name=ticket]:checked").length || (rowOf(document.activeElement) ? 1 : 0);
}

// As if it was chosen in the bar; several are asked for first, as there.
export function applyToChosen(action, value) {
  if (!offer(action, rowOf(document.activeElement))) return;
  form.querySelector(`[data-bulk-value="${action}"]`).value = value;
  form.requestSubmit();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("[data-bulk-value]")) {
    if (event.key === "Enter") {
      event.preventDefault(); // a select would open: its first letters have chosen
      form.requestSubmit();
    } else if (event.key === "Escape") {
      const { ticket } = JSON.parse(sessionStorage.getItem(STORED) ?? "{}");
      form.querySelector(`[data-ticket="${ticket}"] a.row-link`)?.focus();
    }
    return;
  }
  if (event.target.closest(`${FIELDS}, dialog[open]`) || fieldWentAway()) return;
  const row = rowOf(document.activeElement);
  if (event.key === "o" && row) row.querySelector("a.row-link").click();
  else if (event.key in ACTIONS && offer(ACTIONS[event.key], row)) event.preventDefault();
}

if (form) {
  document.addEventListener("keydown", onKey);
  form.addEventListener("click", (event) => {
    if (event.target.matches("a.row-link")) remember(rowOf(event.target));
  });
  form.addEventListener("submit", () => {
    const at = rowOf(form.querySelector("[name=ticket]:checked"));
    const { ticket } = JSON.parse(sessionStorage.getItem(STORED) ?? "{}");
    remember(rows().find((row) => row.dataset.ticket === ticket) ?? at, { returns: true });
  });
  goBack();
}
