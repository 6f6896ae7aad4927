import assert from "node:assert/strict";
import test from "node:test";

import { offset, sentence } from "../../theme/assets/js/wall_words.js";

test("what is said while the desk is away has both times", () => {
  const since = new Date(2026, 10, 28, 14, 5, 30);
  const at = new Date(2026, 10, 28, 14, 4, 50);
  const words = "No connection since {since}. These figures are of {at}.";
  assert.equal(sentence(words, { since, at }, "de"), "No connection since 14:05. These figures are of 14:04.");
});

test("the wall comes round, and stays nowhere for long", () => {
  assert.deepEqual(offset(0), offset(8));
  assert.equal(new Set([0, 1, 2, 3, 4, 5, 6, 7].map((turns) => offset(turns).join())).size, 8);
});
