// Where a keyboard lies over the page, instead of making the window lower (iPhone and iPad), what stands
// at the window's foot stands above the keyboard.
import { atEnd, toEnd } from "./conversation.js";
import { covered } from "./keyboard_room.js";

let room = 0; // pixels

function makeRoom() {
  const now = covered(innerHeight, visualViewport);
  if (now === room) return;
  const wasAtEnd = atEnd();
  room = now;
  document.documentElement.style.setProperty("--keyboard", `${room}px`);
  if (wasAtEnd) toEnd();
}

for (const change of ["resize", "scroll"]) window.visualViewport?.addEventListener(change, makeRoom);
