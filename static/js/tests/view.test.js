import assert from "node:assert/strict";
import { test } from "node:test";

import { createAlarmStore } from "#js/alarms.js";
import { alarm } from "#js/tests/alarms.js";
import { createView } from "#js/view.js";

function opened(alarms) {
  const store = createAlarmStore();
  const view = createView(store);
  store.subscribe((change) => view.update(change));
  store.apply({ type: "snapshot", seq: 10, more: false, rows: { alarm: alarms } });
  const say = (...rows) =>
    store.apply({
      type: "entries",
      from: store.seq + 1,
      to: store.seq + 1,
      rows: { alarm: rows.map((row) => ({ ...row, seq: store.seq + 1 })) },
      entries: [],
    });
  return { store, view, say, ids: () => view.rows.map((row) => row.id), waiting: () => view.queued.map((row) => row.id) };
}

test("the worst comes first, then the newest", () => {
  const { ids } = opened([alarm(1, { severity: "low" }), alarm(2), alarm(3), alarm(4, { severity: "high" })]);
  assert.deepEqual(ids(), [3, 2, 4, 1]);
});

test("a free list takes a new alarm at its place", () => {
  const { say, ids, waiting } = opened([alarm(1), alarm(2, { severity: "low" })]);
  say(alarm(3, { severity: "high" }));
  assert.deepEqual(ids(), [1, 3, 2]);
  assert.deepEqual(waiting(), []);
});

test("a held list queues what is new and moves nothing", () => {
  const { view, say, ids, waiting } = opened([alarm(1), alarm(2)]);
  view.hold("pointer");
  say(alarm(3), alarm(1, { severity: "low" }));
  assert.deepEqual(ids(), [2, 1]);
  assert.deepEqual(waiting(), [3]);
  assert.equal(view.rows[1].severity, "low");
});

test("a row that closes under the hand stays until the hand leaves", () => {
  const { view, say, ids } = opened([alarm(1), alarm(2)]);
  view.hold("pointer");
  say(alarm(2, { state: "normal" }));
  assert.deepEqual(ids(), [2, 1]);
  assert.equal(view.rows[0].state, "normal");
  say(alarm(3));
  assert.equal(view.rows[0].state, "normal");
  view.release("pointer");
  assert.deepEqual(ids(), [3, 1]);
});

test("the last of two hands frees the list", () => {
  const { view, say, ids } = opened([alarm(1)]);
  view.hold("pointer");
  view.hold("selection");
  say(alarm(2));
  view.release("pointer");
  assert.deepEqual(ids(), [1]);
  view.release("selection");
  assert.deepEqual(ids(), [2, 1]);
});

test("taking what is queued keeps the hold", () => {
  const { view, say, ids, waiting } = opened([alarm(1)]);
  view.hold("selection");
  say(alarm(2));
  view.refresh();
  assert.deepEqual(ids(), [2, 1]);
  say(alarm(3));
  assert.deepEqual(waiting(), [3]);
});

test("a changed filter applies at once, also under the hand", () => {
  const { store, view, ids } = opened([alarm(1), alarm(2, { severity: "low" })]);
  view.hold("pointer");
  store.filter({ severities: new Set(["low"]) });
  assert.deepEqual(ids(), [2]);
});

test("what does not match the filters is not queued", () => {
  const { store, view, say, waiting } = opened([alarm(1)]);
  store.filter({ severities: new Set(["critical"]) });
  view.hold("pointer");
  say(alarm(2, { severity: "low" }));
  assert.deepEqual(waiting(), []);
});

test("a snapshot after a cut keeps the rows under the hand in place", () => {
  const { store, view, ids, waiting } = opened([alarm(1), alarm(2)]);
  view.hold("selection");
  store.apply({ type: "snapshot", seq: 40, more: false, rows: { alarm: [alarm(1), alarm(9)] } });
  assert.deepEqual(ids(), [2, 1]);
  assert.equal(view.rows[0].state, "normal");
  assert.deepEqual(waiting(), [9]);
});
