// The form of a new ticket by the keyboard alone: Enter in the search takes who was found, or begins a
// new customer; Ctrl+Enter creates the ticket. No Enter sends a form that is half filled in.

const form = document.querySelector("form[data-new-ticket]");
const part = (id) => document.getElementById(id);
let picks = false; // Enter came before what the search finds

function choose(radio) {
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

// Of somebody who is new the words of the search are the first that is known.
function begin(radio) {
  const field = form.elements[radio.dataset.fills];
  if (field && !field.value) field.value = radio.dataset.with;
}

function firstEmpty() {
  return [...form.querySelectorAll("#new-customer input")].find((field) => !field.value) ?? part("id_subject");
}

function pick() {
  const search = part("customer_search");
  picks = part("found").dataset.searched !== search.value.trim();
  if (picks) return;
  const radios = [...part("found").querySelectorAll("[name=customer]")];
  const known = radios.filter((radio) => radio.value !== "new");
  if (known.length) {
    if (known.length === 1) choose(known[0]);
    known[0].focus();
    return;
  }
  choose(radios[0]);
  firstEmpty().focus();
}

function onKey(event) {
  if (event.key !== "Enter") return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-send]"));
  } else if (event.target.matches("input:not([type=file])")) {
    event.preventDefault();
    if (event.target.id === "customer_search") pick();
    else if (event.target.value === "new" && event.target.name === "customer") {
      choose(event.target);
      firstEmpty().focus();
    }
  }
}

form?.addEventListener("keydown", onKey);
form?.addEventListener("change", (event) => {
  if (event.target.name === "customer" && event.target.value === "new") begin(event.target);
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!form) return;
  if (detail.target.id === "found" && picks) pick();
  // A template's words are kept in this browser like those that were typed.
  if (detail.target === form || ["ticket-part", "customer-part"].includes(detail.target.id)) {
    form.removeAttribute("data-fresh");
    form.dispatchEvent(new Event("input", { bubbles: true }));
    part("id_category").dispatchEvent(new Event("change", { bubbles: true })); // which fields are for it
  }
});
