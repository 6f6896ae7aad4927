// The frame of each page: theme, printing, navigation and menus. Everything works without it.

const root = document.documentElement;

// --- light and dark, remembered on this machine in the words of Django's admin, which reads them too
const remembered = { light: "desk", dark: "desk-dark" }[localStorage.getItem("theme")];
if (remembered) root.dataset.theme = remembered;

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  if (!event.target.closest("[data-toggle-theme]")) return;
  const dark = root.dataset.theme
    ? root.dataset.theme === "desk-dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "desk" : "desk-dark";
  localStorage.setItem("theme", dark ? "light" : "dark");
});

// --- menus close when one looks elsewhere
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-dropdown][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-dropdown][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// --- on a phone a button that is tapped does not take the focus from what is typed beside it: the bar
// at the foot would come back between finger down and up, all moves, and the tap hits nothing
document.addEventListener("mousedown", (event) => {
  if (!matchMedia("(width < 48rem)").matches || event.target.closest("input, select, textarea")) return;
  const beside = event.target.closest("button, label, summary")?.closest("[data-composer], [data-bulk-bar]");
  const typing = document.activeElement?.matches("input, textarea");
  if (typing && beside?.contains(document.activeElement)) event.preventDefault();
});
