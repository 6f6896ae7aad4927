// How much of a page a keyboard lies over: no page is touched here.
const BARS = 80; // pixels: less than any keyboard; a browser's own bars come and go

// Of the window's height, in pixels, what is below the part that is seen. Somebody who has zoomed in
// sees a part as well, and nothing is in the way there.
export function covered(windowHeight, { height, offsetTop, scale }) {
  const below = Math.round(windowHeight - height - offsetTop);
  return Math.abs(scale - 1) < 0.01 && below >= BARS ? below : 0;
}
