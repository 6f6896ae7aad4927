import assert from "node:assert/strict";
import { test } from "node:test";

import { isFor } from "../../theme/assets/js/custom_fields.js";

test("a field of some categories is there with these, and before one is chosen", () => {
  assert.equal(isFor("Customs Shipping", "Customs"), true);
  assert.equal(isFor("Customs Shipping", "Billing"), false);
  assert.equal(isFor("Customs Shipping", "Custom"), false);
  assert.equal(isFor("Customs Shipping", ""), true);
});
