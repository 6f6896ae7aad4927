// A conversation opens at what is new, and who looks at its end sees what comes.
import { onDress } from "./dress.js";

const CLOSE = 80; // pixels

// How far the end of the conversation is below the composer's upper edge.
function below() {
  const conversation = document.getElementById("conversation");
  const composer = document.querySelector("#ticket [data-composer]");
  if (!conversation || !composer) return NaN;
  return conversation.getBoundingClientRect().bottom - composer.getBoundingClientRect().top;
}

export const atEnd = () => Math.abs(below()) < CLOSE;
export const toEnd = () => scrollBy({ top: below(), behavior: "instant" });

// The first message in view, below the head: what stays where it is while the page follows.
export function readMessage() {
  const head = document.getElementById("head")?.getBoundingClientRect().bottom ?? 0;
  const messages = document.querySelectorAll("#conversation li[id^=line-]");
  return [...messages].find((one) => one.getBoundingClientRect().bottom > head);
}

// A composer that grows with its text covers nothing that was read.
function makeRoom(composer) {
  let height = composer.offsetHeight;
  new ResizeObserver(() => {
    const grown = composer.offsetHeight - height;
    height = composer.offsetHeight;
    if (grown) scrollBy({ top: grown, behavior: "instant" });
  }).observe(composer);
}

// Once, when the composer has its tabs. Who comes back is where they were.
let opened = false;
onDress(() => {
  const composer = document.querySelector("#ticket [data-composer]");
  if (opened || !composer) return;
  opened = true;
  makeRoom(composer);
  const visit = performance.getEntriesByType("navigation")[0]?.type;
  if (visit !== "navigate" || location.hash || scrollY > 0) return;
  // Of a ticket that one has never seen all is new.
  if (document.querySelector("#conversation[data-opens=beginning]")) return;
  const unread = document.querySelector("#conversation [data-unread]");
  if (unread) unread.scrollIntoView({ block: "start", behavior: "instant" });
  else if (below() > 0) toEnd();
});
