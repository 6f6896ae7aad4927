// The title of the tab says how many notifications are unread.
import { titled } from "./titled.js";

document.body.addEventListener("htmx:afterSettle", () => {
  const bell = document.querySelector("[data-unread]");
  if (bell) document.title = titled(document.title, Number(bell.dataset.unread));
});
