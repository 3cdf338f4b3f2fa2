import assert from "node:assert/strict";
import { test } from "node:test";

import { createAlarmStore } from "#js/alarms.js";
import { alarm, incident } from "#js/tests/alarms.js";
import { createView } from "#js/view.js";

const of = (id, number = 1) => ({ incident: { id, number } });

function opened(alarms, incidents, options) {
  const store = createAlarmStore();
  const view = createView(store, options);
  store.subscribe((change) => view.update(change));
  store.apply({ type: "snapshot", seq: 10, more: false, rows: { alarm: alarms, incident: incidents } });
  const say = (rows, more = []) =>
    store.apply({
      type: "entries",
      from: store.seq + 1,
      to: store.seq + 1,
      rows: { alarm: rows.map((row) => ({ ...row, seq: store.seq + 1 })), incident: more },
      entries: [],
    });
  return { store, view, say, ids: () => view.rows.map((row) => row.id), waiting: () => view.queued.map((row) => row.id) };
}

const storm = (count) => Array.from({ length: count }, (_, n) => alarm(n + 1, { severity: "medium", ...of(7) }));

test("a storm of 5,000 alarms of one incident is one row", () => {
  const { ids, view } = opened(storm(5000), [incident(7, { counts: { alarms: 5000, open: 5000 } })]);
  assert.deepEqual(ids(), ["i7"]);
  assert.equal(view.rows[0].folded, 5000);
  assert.equal(view.rows[0].severity, "medium");
});

test("an incident has ended when all that is heard of it has, and not while a filter hides what stands", () => {
  const counts = { critical: 2, high: 0, medium: 0, low: 0, open: 2 };
  const { view, say } = opened([alarm(1, of(7)), alarm(2, { state: "returned", ...of(7) })], [incident(7, { counts })]);
  assert.equal(view.rows[0].ended, false);
  say([alarm(1, { state: "returned", ...of(7) })]);
  assert.equal(view.rows[0].ended, true);
  say([], [incident(7, { counts: { ...counts, critical: 3, open: 3 } })]);
  assert.equal(view.rows[0].ended, false);
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
  const { ids, view } = opened(
    [alarm(9, { state: "acknowledged", ...of(7) }), alarm(8, of(7)), alarm(6, of(7)), alarm(5, of(7)), alarm(4, of(7))],
    [incident(7)],
  );
  assert.deepEqual(ids(), ["i7", 8, 6, 5]);
  assert.equal(view.rows[0].folded, 2);
  view.fold(7);
  assert.deepEqual(ids(), ["i7", 9, 8, 6, 5, 4]);
});

test("an incident stands where its worst and newest alarm would", () => {
  const { ids } = opened([alarm(5, { severity: "medium" }), ...storm(3), alarm(9, { severity: "high" })], [incident(7)]);
  assert.deepEqual(ids(), [9, 5, "i7"]);
});

test("beside an incident reads the worst of its alarms that stands and has a point", () => {
  const witness = (alarms) => opened(alarms, [incident(7)]).view.rows[0].telling?.id;
  const feed = alarm(9, { witness: null, point: null, asset: null, ...of(7) });
  assert.equal(witness([feed, alarm(1, { severity: "high", ...of(7) }), alarm(2, { severity: "low", ...of(7) })]), 1);
  assert.equal(witness([alarm(1, { state: "returned", ...of(7) }), alarm(2, { severity: "low", ...of(7) })]), 2);
  assert.equal(witness([alarm(1, { state: "returned", ...of(7) })]), 1);
  assert.equal(witness([feed]), 9, "of a silence it is told since when nothing came");
  assert.equal(witness([{ ...feed, state: "returned" }]), undefined);
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

test("of equal severity a trapped person stands before a tripped post, however new that is; an incident stands where its gravest would", () => {
  const trapped = { stake: "life", sentence: { fr: "Personne bloquée", en: "Person trapped" } };
  const { ids, say } = opened([alarm(1, trapped), alarm(2), alarm(3, { stake: "goods" })], []);
  assert.deepEqual(ids(), [1, 2, 3]);
  say([alarm(1, { ...trapped, severity: "high" })]);
  assert.deepEqual(ids(), [2, 3, 1]);
  const folded = [alarm(5, { ...trapped, ...of(7), severity: "high" }), alarm(6, { ...of(7), severity: "high" })];
  assert.deepEqual(opened([...folded, alarm(9, { severity: "high" })], [incident(7)]).ids(), ["i7", 9]);
});

test("a folded incident says how many of each severity it does not show, and goes on counting under the hand", () => {
  const flood = Array.from({ length: 48 }, (_, n) => alarm(n + 1, of(7)));
  const { view, say } = opened(
    [...flood, alarm(60, { severity: "high", ...of(7) }), alarm(61, { severity: "high", shelved_until: "2027-01-01T00:00:00Z", ...of(7) })],
    [incident(7)],
  );
  assert.deepEqual(view.rows[0].more, { critical: 45, high: 1 });
  view.hold("pointer");
  say([alarm(70, of(7)), alarm(60, { state: "normal", severity: "high", ...of(7) })]);
  assert.deepEqual(view.rows[0].more, { critical: 46 });
  view.release("pointer");
  view.fold(7);
  assert.deepEqual(view.rows[0].more, {});
});
