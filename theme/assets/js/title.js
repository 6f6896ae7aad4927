// The title of the tab says how much waits for its reader, as home does: tickets that need their reply,
// which the menu has counted, and mentions that they have not read, of which the bell knows.
import { onDress } from "./dress.js";
import { titled } from "./titled.js";

function count() {
  const parts = [...document.querySelectorAll("#menu [data-next]")].map(({ dataset }) => Number(dataset.next));
  if (parts.length) document.title = titled(document.title, parts.reduce((sum, part) => sum + part));
}

onDress(count);
document.body.addEventListener("htmx:afterSettle", count);
