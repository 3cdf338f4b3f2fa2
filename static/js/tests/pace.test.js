import assert from "node:assert/strict";
import { test } from "node:test";

import { restAfter } from "#js/map/pace.js";

test("a smooth drawing asks for no rest, a slow one for twice its time, bounded", () => {
  assert.equal(restAfter(16), 0);
  assert.equal(restAfter(400), 800);
  assert.equal(restAfter(9000), 3000);
});
