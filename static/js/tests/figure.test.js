// What people type for a figure means the same in each language.

import assert from "node:assert/strict";
import test from "node:test";
import { figureIn, isStep } from "#js/figure.js";

test("a comma and a point are the same, and blanks between thousands are none", () => {
  for (const [typed, meant] of [
    ["3,4", 3.4],
    ["3.4", 3.4],
    [" 1 234,5 ", 1234.5],
    ["1\u202f234", 1234],
    ["-0,5", -0.5],
    ["−2", -2],
    [",5", 0.5],
    ["1e3", 1000],
  ])
    assert.equal(figureIn(typed), meant, typed);
});

test("what is no figure is none", () => {
  for (const typed of ["", "3,4,5", "1.234,5", "3 m", "0x10", "Infinity", "--1", "1e"]) assert.ok(Number.isNaN(figureIn(typed)), typed);
});

test("a tenth is a step of a tenth, and half of one is none", () => {
  assert.ok(isStep(0.3 / 0.1));
  assert.ok(!isStep(0.35 / 0.1));
});
