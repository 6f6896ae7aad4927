// The wallboard: its panels take turns, it fetches itself anew, and moves a little, so that nothing burns in.
import { offset, sentence, stale } from "./wall_words.js";

const TURN = 12; // seconds of a panel
const LONGEST = 8; // seconds that the desk may take
const wall = document.getElementById("wall");
const lost = document.getElementById("wall-lost");
const words = lost.textContent.trim();
let shown = 0;
let turns = 0;
let paused = false;
let since = null; // when the desk could not be reached for the first time

function show() {
  const panels = [...wall.querySelectorAll("[data-panel]")];
  const places = wall.querySelectorAll("[data-place]");
  shown %= panels.length || 1;
  panels.forEach((panel, place) => {
    panel.hidden = place !== shown;
    places[place].toggleAttribute("data-on", place === shown);
  });
  const button = wall.querySelector("[data-pause]");
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", paused);
}

function turn() {
  if (paused) return;
  shown += 1;
  turns += 1;
  const [x, y] = offset(turns);
  wall.style.translate = `${x}vmin ${y}vmin`;
  show();
}

async function refresh() {
  try {
    const answer = await fetch(location.href, {
      headers: { "Helpdesk-Background": "1" }, // no activity of whoever is signed in here
      signal: AbortSignal.timeout(LONGEST * 1000),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("wall");
    if (!fresh) throw new Error(`status ${answer.status}`);
    if (stale(document, page)) location.reload();
    wall.replaceChildren(...fresh.childNodes);
    wall.dataset.seconds = fresh.dataset.seconds;
    since = null;
    show();
  } catch {
    since ??= new Date();
  }
  lost.hidden = !since || !wall.querySelector("[data-at]");
  if (!lost.hidden) {
    const at = new Date(wall.querySelector("[data-at]").dateTime);
    lost.textContent = sentence(words, { since, at }, document.documentElement.lang);
  }
  setTimeout(refresh, wall.dataset.seconds * 1000);
}

wall.addEventListener("click", (event) => {
  if (!event.target.closest("[data-pause]")) return;
  paused = !paused;
  show();
});

show();
setInterval(turn, TURN * 1000);
setTimeout(refresh, wall.dataset.seconds * 1000);
