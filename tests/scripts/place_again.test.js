import assert from "node:assert/strict";
import { test } from "node:test";

import { placeAgain } from "../../theme/assets/js/place_again.js";

test("at the same ticket, if it is still there", () => {
  assert.equal(placeAgain(["1", "2", "3"], "2", ["3", "2"]), "2");
});
test("at the next one that is there", () => {
  assert.equal(placeAgain(["1", "2", "3", "4"], "2", ["1", "4", "5"]), "4");
});
test("at the last, if none that followed is there", () => {
  assert.equal(placeAgain(["1", "2", "3"], "3", ["1", "2"]), "2");
});
test("nowhere in an empty list", () => {
  assert.equal(placeAgain(["1"], "1", []), undefined);
});
