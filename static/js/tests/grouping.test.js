import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore } from "#js/store.js";
import { createView } from "#js/view.js";
import { alarm, incident } from "#js/tests/alarms.js";

const of = (id, number = 1) => ({ incident: { id, number } });

function opened(alarms, incidents, options) {
  const store = createStore();
  const view = createView(store, options);
  store.subscribe((change) => view.update(change));
  store.apply({ type: "snapshot", seq: 10, alarms, more: false, incidents });
  const say = (rows, more = []) =>
    store.apply({ type: "entries", from: store.seq + 1, to: store.seq + 1, alarms: rows.map((row) => ({ ...row, seq: store.seq + 1 })), entries: [], incidents: more });
  return { store, view, say, ids: () => view.rows.map((row) => row.id), waiting: () => view.queued.map((row) => row.id) };
}

const storm = (count) => Array.from({ length: count }, (_, n) => alarm(n + 1, { severity: "medium", ...of(7) }));

test("a storm of 5,000 alarms of one incident is one row", () => {
  const { ids, view } = opened(storm(5000), [incident(7, { counts: { alarms: 5000, open: 5000 } })]);
  assert.deepEqual(ids(), ["i7"]);
  assert.equal(view.rows[0].folded, 5000);
  assert.equal(view.rows[0].severity, "medium");
});

test("critical alarms of an incident stay in view beneath it, folded or not", () => {
  const { ids, view } = opened([...storm(3), alarm(9, of(7))], [incident(7)]);
  assert.deepEqual(ids(), ["i7", 9]);
  view.fold(7);
  assert.deepEqual(ids(), ["i7", 9, 3, 2, 1]);
  view.fold(7);
  assert.deepEqual(ids(), ["i7", 9]);
});

test("of many critical alarms a folded incident shows three, those that wait first", () => {
  const { ids, view } = opened([alarm(9, { state: "acknowledged", ...of(7) }), alarm(8, of(7)), alarm(6, of(7)), alarm(5, of(7)), alarm(4, of(7))], [incident(7)]);
  assert.deepEqual(ids(), ["i7", 8, 6, 5]);
  assert.equal(view.rows[0].folded, 2);
  view.fold(7);
  assert.deepEqual(ids(), ["i7", 9, 8, 6, 5, 4]);
});

test("an incident stands where its worst and newest alarm would", () => {
  const { ids } = opened([alarm(5, { severity: "medium" }), ...storm(3), alarm(9, { severity: "high" })], [incident(7)]);
  assert.deepEqual(ids(), [9, 5, "i7"]);
});

test("what is suppressed is in no row, and its incident is", () => {
  const { ids, store } = opened([alarm(1, { severity: "high", ...of(7) }), alarm(2, { severity: "low", suppressed_by: 1, ...of(7) })], [incident(7)]);
  assert.deepEqual(ids(), ["i7"]);
  store.filterOnly({ scope: "suppressed", incident: 7 });
  assert.deepEqual(ids(), [2]);
});

test("a search looks through the folds", () => {
  const { ids, store } = opened(storm(3), [incident(7)]);
  store.filter({ text: "cr-2" });
  assert.deepEqual(ids(), [2]);
});

test("ungrouped, every alarm is a row", () => {
  const { ids } = opened(storm(3), [incident(7)], { grouped: false });
  assert.deepEqual(ids(), [3, 2, 1]);
});

test("an incident of which nothing is known folds nothing away", () => {
  const { ids } = opened(storm(2), []);
  assert.deepEqual(ids(), [2, 1]);
});

test("an incident in hand without an open alarm waits to be closed, last", () => {
  const { ids, say } = opened([alarm(1, { severity: "low" })], [incident(7, { state: "in_hand", counts: { alarms: 3, open: 0 } })]);
  assert.deepEqual(ids(), [1, "i7"]);
  say([], [incident(7, { state: "closed", counts: { alarms: 3, open: 0 } })]);
  assert.deepEqual(ids(), [1]);
});

test("under the hand, a folded incident counts on in its place and only a critical alarm is queued", () => {
  const { view, say, ids, waiting } = opened(storm(3), [incident(7, { counts: { alarms: 3, open: 3 } })]);
  view.hold("pointer");
  say([alarm(20, { severity: "medium", ...of(7) }), alarm(21, of(7))], [incident(7, { counts: { alarms: 5, open: 5 } })]);
  assert.deepEqual(ids(), ["i7"]);
  assert.equal(view.rows[0].incident.counts.open, 5);
  assert.deepEqual(waiting(), [21]);
  view.release("pointer");
  assert.deepEqual(ids(), ["i7", 21]);
});

test("under the hand, an incident that forms waits outside as one row", () => {
  const { view, say, ids, waiting } = opened([alarm(1, { severity: "medium" })], []);
  view.hold("pointer");
  say(storm(3), [incident(7)]);
  assert.deepEqual(ids(), [1]);
  assert.deepEqual(waiting(), ["i7"]);
});
