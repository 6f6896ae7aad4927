import assert from "node:assert/strict";
import test from "node:test";

import { distinct, size } from "../../theme/assets/js/file_names.js";

test("pictures of the same name are told apart by number", () => {
  assert.equal(distinct("image.png", []), "image.png");
  assert.equal(distinct("image.png", ["image.png"]), "image-2.png");
  assert.equal(distinct("image.png", ["image.png", "image-2.png"]), "image-3.png");
  assert.equal(distinct("README", ["README"]), "README-2");
});

test("a size is told in the reader's way of writing", () => {
  assert.match(size(999, "en"), /^999 byte/);
  assert.equal(size(1_500, "en"), "1.5 kB");
  assert.equal(size(2_340_000, "de"), "2,3 MB");
});
