// Time left counts down; the words come from the page, so that they are translated.
import { span } from "./span.js";
import { words } from "./words.js";

function countDown() {
  const now = Date.now();
  for (const shown of document.querySelectorAll("time[data-due]")) {
    const left = (Date.parse(shown.dateTime) - now) / 1000;
    const text = (left < 0 ? words.overdue : words.left).replace("%(span)s", span(Math.abs(left), words));
    if (shown.textContent !== text) shown.textContent = text;
    if (left < 0) shown.closest("[data-sla-status]")?.setAttribute("data-sla-status", "overdue");
  }
}
if (words.left) setInterval(countDown, 15000);
document.addEventListener("htmx:afterSwap", countDown);
document.addEventListener("htmx:oobAfterSwap", countDown);
