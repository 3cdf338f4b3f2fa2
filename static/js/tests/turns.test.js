import assert from "node:assert/strict";
import { test } from "node:test";

import { inTurn } from "#js/turns.js";

test("an answer that a later question's answer has overtaken is not the newest", () => {
  const ask = inTurn();
  const first = ask();
  const second = ask();
  assert.equal(second(), true);
  assert.equal(first(), false);
});

test("answers in the order of their questions are each the newest when they come", () => {
  const ask = inTurn();
  const [first, second, third] = [ask(), ask(), ask()];
  assert.deepEqual([first(), second(), third()], [true, true, true]);
});
