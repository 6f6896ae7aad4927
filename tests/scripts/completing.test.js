import assert from "node:assert/strict";
import test from "node:test";

import { matching, wanted } from "../../theme/assets/js/completing.js";

const at = (text) => wanted(text.replace("|", ""), text.indexOf("|"));

test("a mention begins a word and is completed up to the caret", () => {
  assert.deepEqual(at("Ask @ro| today"), { kind: "mention", query: "ro", start: 4 });
  assert.deepEqual(at("(@Zoll-T|"), { kind: "mention", query: "Zoll-T", start: 1 });
  assert.equal(at("rosa@exam|"), null);
  assert.equal(at("@ro |"), null);
});

test("a slash searches canned replies only where it opens the message", () => {
  assert.deepEqual(at("/|"), { kind: "canned", query: "", start: 0 });
  assert.deepEqual(at("/port pa|"), { kind: "canned", query: "port pa", start: 0 });
  assert.equal(at("on 3/4|"), null);
  assert.equal(at("/port|\nmore"), null);
});

const names = (query, options) => matching(options, query).map((one) => one.name);
const replies = ["Papers for customs", "At the customs", "Customs is done", "Überführung"].map((name) => ({ name }));

test("what begins with the query comes first, then what has a word that does", () => {
  assert.deepEqual(names("cust", replies), ["Customs is done", "Papers for customs", "At the customs"]);
});

test("every word has to be found, and accents are no obstacle", () => {
  assert.deepEqual(names("customs pap", replies), ["Papers for customs"]);
  assert.deepEqual(names("uberf", replies), ["Überführung"]);
  assert.deepEqual(names("nothing", replies), []);
});

test("people are found by name and by username", () => {
  const people = [{ name: "Rosa Marin", handle: "rm" }, { name: "Tomasz Nowak", handle: "tomasz" }];
  assert.deepEqual(names("rm", people), ["Rosa Marin"]);
  assert.deepEqual(names("now", people), ["Tomasz Nowak"]);
});

test("no more is offered than fits", () => {
  const many = Array.from({ length: 50 }, (_, n) => ({ name: `Reply ${n}` }));
  assert.equal(matching(many, "").length, 8);
});
