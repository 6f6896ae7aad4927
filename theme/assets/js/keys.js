// Keys; the map is in the page, under ?.
import { showTab } from "./composer.js";
import { FIELDS, fieldWentAway } from "./fields.js";
import { walk } from "./walk.js";

const places = { m: "/", t: "teams", u: "unassigned", a: "active", o: "overdue" };
let going = 0;

function rows() {
  return [...document.querySelectorAll("a.row-link")];
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form[data-draft]");
    if (form) form.requestSubmit(form.querySelector("[data-send]"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches?.("input, textarea, select")) event.target.blur();
  if (event.target.closest(`${FIELDS}, dialog[open]`)) return;
  if (fieldWentAway()) {
    event.preventDefault();
    return;
  }
  if (Date.now() - going < 1500 && event.key in places) {
    const place = places[event.key];
    location.href = place === "/" ? "/" : `/tickets/?view=${place}`;
    return;
  }
  going = event.key === "g" ? Date.now() : 0;
  const go = {
    c: "[data-key-new]",
    "/": "[data-key-search]",
    a: "[data-key-assign]",
    p: "[data-key-priority]",
    s: "[data-key-step] button",
  }[event.key];
  if (go) {
    const target = document.querySelector(go);
    if (!target) return;
    event.preventDefault();
    target.matches("a") ? target.click() : target.focus();
  }
  const links = rows();
  const here = document.activeElement.closest?.("[data-ticket]")?.querySelector("a.row-link");
  if ((event.key === "j" || event.key === "k") && links.length) {
    const step = event.key === "j" ? 1 : -1;
    links[Math.min(Math.max(links.indexOf(here) + step, 0), links.length - 1)].focus();
  } else if (event.key === "j" || event.key === "k") walk(event.key === "j" ? 1 : -1);
  if (event.key === "x" && here) here.closest("[data-ticket]").querySelector("input[type=checkbox]").click();
  if (event.key === "r" || event.key === "n") {
    const tab = document.querySelector(`[data-tab="${event.key === "r" ? "reply" : "note"}"]`);
    if (tab) {
      event.preventDefault();
      showTab(tab, true);
    }
  }
  if (event.key === "?") document.getElementById("keys")?.showModal();
});
