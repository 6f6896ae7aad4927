import assert from "node:assert/strict";
import test from "node:test";

import { titled } from "../../theme/assets/js/titled.js";

test("a title has the last count alone, and none for nothing", () => {
  assert.equal(titled("My work · Helpdesk", 3), "(3) My work · Helpdesk");
  assert.equal(titled("(3) My work · Helpdesk", 12), "(12) My work · Helpdesk");
  assert.equal(titled("(12) My work · Helpdesk", 0), "My work · Helpdesk");
  assert.equal(titled("Order (5) · Helpdesk", 1), "(1) Order (5) · Helpdesk");
});
