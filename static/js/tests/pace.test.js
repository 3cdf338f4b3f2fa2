import assert from "node:assert/strict";
import { test } from "node:test";

import { dueAt, restAfter } from "#js/map/pace.js";

test("a smooth drawing asks for no rest, a slow one for twice its time, bounded", () => {
  assert.equal(restAfter(16), 0);
  assert.equal(restAfter(400), 800);
  assert.equal(restAfter(9000), 3000);
});

test("a drawing waits for the page's other work, and for the rest after the last, but not for ever", () => {
  assert.equal(dueAt({ askedAt: 1000, restUntil: 0, busyUntil: 0 }), 1000);
  assert.equal(dueAt({ askedAt: 1000, restUntil: 1700, busyUntil: 1300 }), 1700);
  assert.equal(dueAt({ askedAt: 1000, restUntil: 0, busyUntil: 1300 }), 1300);
  assert.equal(dueAt({ askedAt: 1000, restUntil: 0, busyUntil: 9000 }), 4000);
});
