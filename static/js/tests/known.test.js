// Which vehicle is looked at, with which plate, and where it differs from a permit's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createKnown, inOrder, joined, nextOf, pieces } from "#js/passages/known.js";
import { createStore } from "#js/store.js";

const row = (id, state = "waiting", more = {}) => ({
  id,
  state,
  seq: id,
  first_at: `2026-11-27T10:00:0${id}Z`,
  plate: null,
  candidates: [],
  ...more,
});

test("whoever came first is looked at first, and stays while it waits", () => {
  assert.deepEqual(
    inOrder([row(2), row(1)]).map(({ id }) => id),
    [1, 2],
  );
  assert.equal(nextOf([row(2), row(1)], null), 1);
  assert.equal(nextOf([row(2), row(1)], 2), 2);
});

test("after a decision the next one that waits is looked at, and the decided one while nobody does", () => {
  assert.equal(nextOf([row(1, "opening"), row(2)], 1), 2);
  assert.equal(nextOf([row(1, "refused")], 1), 1);
  assert.equal(nextOf([], 1), null);
});

test("one that is being opened is looked at when nobody waits: its barrier may not obey", () => {
  assert.equal(nextOf([row(1, "refused"), row(2, "opening")], null), 2);
});

test("a row keeps the plate that was last told of it until a newer one is", () => {
  const told = row(1, "waiting", { plate: "AB-123-CD", seq: 5 });
  assert.equal(joined(row(1, "waiting", { seq: 5 }), told), told);
  assert.deepEqual(joined(row(1, "opening", { seq: 6 }), told), { ...row(1, "opening", { seq: 6 }), plate: "AB-123-CD", country: undefined });
  assert.equal(joined(row(1), undefined).plate, null);
});

test("the characters that were read otherwise are pieces of their own", () => {
  assert.deepEqual(pieces("AB-123-CD", [3]), [
    { text: "AB-", differs: false },
    { text: "1", differs: true },
    { text: "23-CD", differs: false },
  ]);
});

test("what changes while plates are asked for is asked for once more", async () => {
  const store = createStore();
  store.apply({ type: "snapshot", seq: 1, rows: { passage: [row(1)] } });
  const answers = [];
  const known = createKnown({ store, ask: () => new Promise((resolve) => answers.push(resolve)), onChange: () => {} });
  const looked = known.look();
  known.look();
  known.look();
  answers[0]([]);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(answers.length, 2);
  answers[1]([row(1, "waiting", { plate: "AB-123-CD" })]);
  await looked;
  assert.equal(known.get(1).plate, "AB-123-CD");
});
