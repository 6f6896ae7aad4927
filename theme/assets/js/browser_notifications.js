// Notifications of the browser, for whom asked for them in it: while no page of the desk is visible,
// each once. They name the kind and the ticket's number alone: a locked screen may show them.
import { askDesk } from "./ask.js";
import { toTell } from "./telling.js";

const LOOKED = 10000; // milliseconds after which a page that was visible no longer counts
const { user, live } = document.body.dataset;
const toldKey = `told:${user}`; // the ids that were told: there if they are wanted
const lookedKey = `looked:${user}`;
const supported = isSecureContext && "Notification" in window && "locks" in navigator;
let unable = false; // a phone's browser may have them for service workers alone
let stamp = ""; // of the last notification that this page heard of

export const tells = () =>
  supported && Notification.permission === "granted" && localStorage.getItem(toldKey) !== null;

// Asked by the poll of a page that is hidden: it costs no read, until there is a new notification.
export async function askWhatCame() {
  const answer = await askDesk(`${live}?told=${encodeURIComponent(stamp)}`, { background: true });
  if (answer.status !== 200) return;
  stamp = (await answer.json()).told;
  document.body.dispatchEvent(new Event("notifications-came"));
}

// A page that is visible says so to those that are not.
export const noteLook = () => tells() && localStorage.setItem(lookedKey, Date.now());
const looking = () => !document.hidden || Date.now() - Number(localStorage.getItem(lookedKey)) < LOOKED;

function show({ id, title, body, url }) {
  const shown = new Notification(title, { body, tag: id, lang: document.documentElement.lang });
  // In a page of its own: this one may have something typed.
  shown.onclick = () => {
    window.open(url, "_blank", "noopener");
    shown.close();
  };
}

const unread = () =>
  [...document.querySelectorAll("[data-news]")].map(({ dataset, textContent }) => ({
    id: dataset.news,
    title: textContent.trim(),
    body: dataset.body,
    url: dataset.url,
  }));

// One page at a time, so that two that are hidden do not tell the same.
const tell = () =>
  navigator.locks.request(toldKey, () => {
    if (!tells()) return;
    const found = toTell(unread(), JSON.parse(localStorage.getItem(toldKey)), looking());
    localStorage.setItem(toldKey, JSON.stringify(found.told));
    found.show.forEach(show);
  });

const panel = document.querySelector("[data-browser-notifications]");
function showState() {
  const allowed = tells() ? "on" : "off";
  const state = unable ? "unable" : Notification.permission === "denied" ? "denied" : allowed;
  panel.hidden = false;
  panel.querySelector("button").hidden = state !== allowed;
  for (const part of panel.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
}

async function turn() {
  if (tells()) localStorage.removeItem(toldKey);
  else if ((await Notification.requestPermission()) === "granted") {
    try {
      show({ id: "on", title: panel.dataset.title, body: "", url: location.href });
      localStorage.setItem(toldKey, JSON.stringify(unread().map(({ id }) => id)));
    } catch {
      unable = true;
    }
  }
  showState();
}

if (supported && live) {
  document.body.addEventListener("htmx:afterSettle", () => {
    if (tells() && document.querySelector("[data-bell]")) tell();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) localStorage.removeItem(lookedKey);
  });
  if (panel) {
    panel.querySelector("button").addEventListener("click", turn);
    showState();
  }
}
