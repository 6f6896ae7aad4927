import assert from "node:assert/strict";
import { test } from "node:test";

import { covered } from "../../theme/assets/js/keyboard_room.js";

const seen = (height, offsetTop = 0, scale = 1) => ({ height, offsetTop, scale });

test("a keyboard that lies over the page covers what is below the seen part", () => {
  assert.equal(covered(844, seen(508)), 336);
});

test("whoever has scrolled within the window sees its foot again", () => {
  assert.equal(covered(844, seen(508, 200)), 136);
  assert.equal(covered(844, seen(508, 336)), 0);
});

test("without a keyboard, or where the window gets lower for it, nothing is covered", () => {
  assert.equal(covered(844, seen(844)), 0);
  assert.equal(covered(508, seen(508.4)), 0);
});

test("a browser's bars and a zoom are no keyboard", () => {
  assert.equal(covered(844, seen(790)), 0);
  assert.equal(covered(844, seen(422, 0, 2)), 0);
});
