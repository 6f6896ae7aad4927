// The form of a policy: below each target, what it means under the chosen calendar, as it is typed.
// Without it “Preview” does.

const address = document.querySelector("script[data-meaning]")?.dataset.meaning;
const calendar = document.getElementById("id_calendar");
const targets = [...document.querySelectorAll("input[id$='_response'], input[id$='_resolution']")];
let waits;

function place(field) {
  let found = document.getElementById(`${field.id}_helptext`);
  if (!found) {
    found = document.createElement("div");
    found.id = `${field.id}_helptext`;
    found.className = "help";
    field.closest("div").append(found);
    field.setAttribute("aria-describedby", found.id);
  }
  return found;
}

async function show(fields) {
  const query = new URLSearchParams({ calendar: calendar.value });
  for (const field of fields) query.append("text", field.value);
  const answer = await fetch(`${address}?${query}`);
  if (!answer.ok) return;
  const { meanings } = await answer.json();
  fields.forEach((field, at) => {
    const shown = place(field);
    shown.textContent = meanings[at];
    shown.setAttribute("aria-live", "polite");
  });
}

for (const field of targets) {
  field.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(() => show([field]), 400);
  });
}
calendar?.addEventListener("change", () => show(targets));
