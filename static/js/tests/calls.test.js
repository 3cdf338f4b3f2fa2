import assert from "node:assert/strict";
import test from "node:test";

import { createCalls } from "#js/calls.js";

const row = (changes) => ({
  id: 1,
  severity: "high",
  state: "unacknowledged",
  occurrences: 1,
  raised_at: "2026-11-26T10:00:00.000Z",
  shelved_until: null,
  suppressed_by: null,
  out_of_service_until: null,
  ...changes,
});

/** What calls, change after change, after a page that opened on `first`. */
function called(first, ...changes) {
  const calls = createCalls();
  assert.deepEqual(calls.of(first), []);
  return changes.map((change) => calls.of([row(change)]).length);
}

test("a new alarm calls once, and not again when it is taken or commented", () => {
  assert.deepEqual(called([], {}, { taken_by: "camille" }, { comments: 2 }), [1, 0, 0]);
});

test("what stood when the page opened does not call, and calls when it grows worse", () => {
  assert.deepEqual(called([row({})], { comments: 1 }, { severity: "critical" }, { severity: "critical" }), [0, 1, 0]);
});

test("easing is silent", () => {
  assert.deepEqual(called([row({ severity: "critical" })], { severity: "high" }, { severity: "critical" }), [0, 1]);
});

test("an alarm that comes again calls, from returned and from acknowledged", () => {
  assert.deepEqual(called([row({})], { state: "returned" }, { state: "unacknowledged", occurrences: 2 }), [0, 1]);
  assert.deepEqual(called([row({ state: "acknowledged" })], { state: "unacknowledged" }), [1]);
});

test("what was silent calls when it comes back into view", () => {
  assert.deepEqual(called([row({ suppressed_by: 7 })], { suppressed_by: 7, comments: 1 }, {}), [0, 1]);
  assert.deepEqual(called([row({ shelved_until: "2026-11-26T12:00:00.000Z" })], {}), [1]);
});

test("a closed alarm is forgotten, and calls as a new one when its number is given again", () => {
  assert.deepEqual(called([row({})], { state: "normal" }, {}), [0, 1]);
});
