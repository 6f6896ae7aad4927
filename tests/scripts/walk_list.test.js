import assert from "node:assert/strict";
import test from "node:test";

import { around, turned } from "../../theme/assets/js/walk_list.js";

const list = { url: "/tickets/", title: "Active", rows: ["/1/", "/2/", "/3/"], next: "?page=b", previous: "" };

test("within a page the neighbours are known", () => {
  assert.deepEqual(around(list, "/2/"), { place: 2, count: 3, before: "/1/", after: "/3/" });
});

test("beyond a page's end there is another page, or nothing", () => {
  assert.deepEqual(around(list, "/1/"), { place: 1, count: 3, before: false, after: "/2/" });
  assert.deepEqual(around(list, "/3/"), { place: 3, count: 3, before: "/2/", after: true });
});

test("a ticket that is not in the list has no place in it", () => assert.equal(around(list, "/9/"), null));

test("another page of the list keeps its title, and an empty one is none", () => {
  const page = { url: "?page=b", title: "", rows: ["/4/"], next: "", previous: "?page=a" };
  assert.deepEqual(turned(list, page), { ...page, title: "Active" });
  assert.equal(turned(list, { ...page, rows: [] }), null);
});
