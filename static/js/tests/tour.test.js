// Where the box of the tour stands: beside what it speaks of, and always whole on the screen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { placed } from "#js/tour.js";

const view = { width: 1000, height: 600 };
const box = { width: 300, height: 150 };
const rect = (left, top, width, height) => ({ left, top, width, height, right: left + width, bottom: top + height });

test("it stands below what is short, and within the screen", () => {
  assert.deepEqual(placed(rect(100, 10, 400, 40), box, view), { left: 100, top: 62 });
  assert.equal(placed(rect(950, 10, 40, 40), box, view).left, 688);
});

test("it stands in the middle of what is too tall to stand below", () => {
  assert.deepEqual(placed(rect(0, 40, 600, 560), box, view), { left: 150, top: 245 });
});

test("a screen smaller than the box shows its beginning", () => {
  assert.deepEqual(placed(rect(0, 0, 200, 700), box, { width: 200, height: 100 }), { left: 12, top: 12 });
});
