// What is sent of an act on many alarms: each id once, in order, some hundreds at a time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chunks } from "#js/past/bulk.js";

test("each id is in one chunk, in order", () => {
  const ids = Array.from({ length: 1201 }, (_, n) => n);
  const parts = chunks(ids);
  assert.deepEqual(
    parts.map((part) => part.length),
    [500, 500, 201],
  );
  assert.deepEqual(parts.flat(), ids);
  assert.deepEqual(chunks([]), []);
});
