import assert from "node:assert/strict";
import test from "node:test";

import { toTell } from "../../theme/assets/js/telling.js";

const news = (...ids) => ids.map((id) => ({ id, title: `News ${id}` }));

test("each notification is told once", () => {
  const first = toTell(news("b", "a"), [], false);
  assert.deepEqual(first, { show: news("b", "a"), told: ["b", "a"] });
  assert.deepEqual(toTell(news("b", "a"), first.told, false), { show: [], told: ["b", "a"] });
  assert.deepEqual(toTell(news("c", "b"), first.told, false).show, news("c"));
});

test("who looks at the desk is told of nothing, then or later", () => {
  const { show, told } = toTell(news("a"), [], true);
  assert.deepEqual(show, []);
  assert.deepEqual(toTell(news("a"), told, false).show, []);
});

test("of many the newest are shown, and no more is kept than is needed", () => {
  const many = news(...Array.from({ length: 50 }, (_, place) => `new ${place}`));
  const old = Array.from({ length: 200 }, (_, place) => `old ${place}`);
  const { show, told } = toTell(many, old, false);
  assert.deepEqual(show, many.slice(0, 3));
  assert.equal(told.length, 200);
  assert.deepEqual(toTell(many, told, false).show, []);
});
