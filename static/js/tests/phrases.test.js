import assert from "node:assert/strict";
import test from "node:test";

import { joined, withNewest } from "#js/phrases.js";

test("what was written last comes first, once, and only a few", () => {
  assert.deepEqual(withNewest("c", ["a", "b"]), ["c", "a", "b"]);
  assert.deepEqual(withNewest(" b ", ["a", "b"]), ["b", "a"]);
  assert.deepEqual(withNewest("d", ["c", "a", "b"]), ["d", "c", "a"]);
});

test("a letter is not offered again, nor nothing", () => {
  assert.deepEqual(withNewest("x".repeat(81), ["a"]), ["a"]);
  assert.deepEqual(withNewest("  ", ["a"]), ["a"]);
});

test("a sentence takes an empty place and joins what is written", () => {
  assert.equal(joined(" ", "Fausse alarme"), "Fausse alarme");
  assert.equal(joined("Vu.", "Fausse alarme"), "Vu ; Fausse alarme");
});
