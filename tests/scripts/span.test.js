import assert from "node:assert/strict";
import test from "node:test";

import { span } from "../../theme/assets/js/span.js";

const words = { d: "%(n)s d", h: "%(n)s h", min: "%(n)s min", s: "%(n)s s" };
const said = (days, hours, minutes, seconds = 0) =>
  span(((days * 24 + hours) * 60 + minutes) * 60 + seconds, words);

test("a span has two units at most, the larger first", () => {
  assert.equal(said(2, 3, 4), "2 d 3 h");
  assert.equal(said(0, 3, 4, 59), "3 h 4 min");
  assert.equal(said(0, 0, 4, 59), "4 min");
  assert.equal(said(0, 0, 0, 59), "59 s");
});

test("what is nothing is left out, but nothing at all is said", () => {
  assert.equal(said(2, 0, 4), "2 d");
  assert.equal(said(0, 3, 0), "3 h");
  assert.equal(said(0, 0, 0), "0 s");
});

test("of many days no hours are told", () => assert.equal(said(100, 5, 0), "100 d"));
