// Fields that somebody types in, and typing that outlives its field.
//
// A field that goes away under somebody's hands leaves letters behind: they are no shortcuts.
export const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const TYPING_GOES_ON = 2000; // milliseconds after the last letter
let lastField = null;
let lastLetter = 0;
document.addEventListener(
  "keydown",
  (event) => {
    if (!event.target.matches?.(FIELDS)) return;
    lastField = event.key === "Escape" ? null : event.target; // Escape leaves it on purpose
    lastLetter = Date.now();
  },
  true,
);

// Whether a letter that was typed outside of all fields was meant for one: then it is the same typing still.
export function fieldWentAway() {
  const there = lastField?.isConnected && lastField.checkVisibility();
  const goesOn = lastField && !there && Date.now() - lastLetter < TYPING_GOES_ON;
  if (goesOn) lastLetter = Date.now();
  return goesOn;
}
