import assert from "node:assert/strict";
import test from "node:test";
import { hiddenBy } from "#js/quiet.js";

const at = (...minutes) => minutes.map((minute) => minute * 60_000);

test("what comes while the shelving lasts is hidden, and the next that is heard is shelved again", () => {
  assert.equal(hiddenBy(at(0, 10, 59, 60, 61), 60), 3);
  assert.equal(hiddenBy(at(0, 10, 59, 60, 61), 5), 2);
  assert.equal(hiddenBy([], 60), 0);
});

test("what comes as a shelving ends is heard", () => {
  assert.equal(hiddenBy(at(0, 15), 15), 0);
});
