import assert from "node:assert/strict";
import { test } from "node:test";

import { createAlarmStore, fold } from "#js/alarms.js";
import { createStore } from "#js/store.js";
import { alarm, incident } from "#js/tests/alarms.js";

const snapshot = (alarms, seq = 10, more = false) => ({ type: "snapshot", seq, more, rows: { alarm: alarms } });
const entries = (from, to, alarms) => ({ type: "entries", from, to, rows: { alarm: alarms }, entries: [] });

test("a snapshot in pages is shown only when its last page has come", () => {
  const store = createAlarmStore();
  store.apply(snapshot([alarm(1)], 10, true));
  assert.equal(store.alarms.size, 0);
  store.apply(snapshot([alarm(2)], 10, false));
  assert.deepEqual([...store.alarms.keys()], [1, 2]);
  assert.equal(store.seq, 10);
});

test("a second snapshot replaces what was known", () => {
  const store = createAlarmStore();
  store.apply(snapshot([alarm(1), alarm(2)]));
  store.apply(snapshot([alarm(3)], 20));
  assert.deepEqual([...store.alarms.keys()], [3]);
});

test("entries that follow are applied and closed alarms leave", () => {
  const store = createAlarmStore();
  store.apply(snapshot([alarm(1), alarm(2)]));
  assert.equal(store.apply(entries(11, 12, [alarm(1, { state: "normal", seq: 11 }), alarm(3, { seq: 12 })])), null);
  assert.deepEqual([...store.alarms.keys()], [2, 3]);
  assert.equal(store.seq, 12);
});

test("what moved out of one's sectors leaves, with incidents that have nothing left to show", () => {
  const store = createAlarmStore();
  store.apply({ ...snapshot([]), rows: { alarm: [alarm(1), alarm(2)], incident: [incident(7), incident(8)] } });
  const told = [];
  store.subscribe((change) => told.push(change));
  store.apply({ ...entries(11, 11, []), gone: { alarm: [1, 9], incident: [7] } });
  assert.deepEqual([...store.alarms.keys()], [2]);
  assert.deepEqual([...store.incidents.keys()], [8]);
  assert.deepEqual([told[0].ids, told[0].incidents], [new Set([1]), new Set([7])]);
});

test("a gap changes nothing and asks again from the last number", () => {
  const store = createAlarmStore();
  store.apply(snapshot([alarm(1)]));
  assert.equal(store.apply(entries(13, 14, [alarm(2)])), 10);
  assert.equal(store.alarms.size, 1);
  assert.equal(store.seq, 10);
});

test("entries heard twice change nothing the second time", () => {
  const store = createAlarmStore();
  store.apply(snapshot([alarm(1)]));
  store.apply(entries(11, 11, [alarm(1, { state: "acknowledged", seq: 11 })]));
  let told = 0;
  store.subscribe(() => (told += 1));
  store.apply(entries(11, 11, [alarm(1, { seq: 11 })]));
  assert.equal(told, 0);
  assert.equal(store.get(1).state, "acknowledged");
});

test("a range that overlaps what is known never takes a row back in time", () => {
  const store = createAlarmStore();
  store.apply(snapshot([alarm(1, { state: "acknowledged", seq: 10 })]));
  store.apply(entries(9, 11, [alarm(1, { seq: 9 }), alarm(2, { seq: 11 })]));
  assert.equal(store.get(1).state, "acknowledged");
  assert.equal(store.seq, 11);
});

test("entries before the snapshot wait for the snapshot", () => {
  const store = createAlarmStore();
  assert.equal(store.apply(entries(5, 6, [alarm(1)])), null);
  assert.equal(store.alarms.size, 0);
});

test("a pulse ahead of us asks again, one that agrees does not", () => {
  const store = createAlarmStore();
  store.apply(snapshot([]));
  assert.equal(store.apply({ type: "pulse", seq: 12 }), 10);
  assert.equal(store.apply({ type: "pulse", seq: 10 }), null);
});

test("snapshot then entries is the same as the newer snapshot", () => {
  const walked = createAlarmStore();
  walked.apply(snapshot([alarm(1), alarm(2), alarm(3)]));
  walked.apply(entries(11, 11, [alarm(2, { state: "normal", seq: 11 })]));
  walked.apply(entries(12, 13, [alarm(4, { seq: 12 }), alarm(1, { state: "acknowledged", seq: 13 })]));
  const told = createAlarmStore();
  told.apply(snapshot([alarm(1, { state: "acknowledged", seq: 13 }), alarm(3), alarm(4, { seq: 12 })], 13));
  const sorted = (store) => [...store.alarms.values()].sort((a, b) => a.id - b.id);
  assert.deepEqual(sorted(walked), sorted(told));
  assert.equal(walked.seq, told.seq);
});

test("lamps count what waits and what is open, and leave out what is silent", () => {
  const store = createAlarmStore();
  store.apply(
    snapshot([
      alarm(1),
      alarm(2, { state: "acknowledged" }),
      alarm(3, { state: "returned", severity: "high" }),
      alarm(4, { shelved_until: "2026-11-22T12:00:00Z" }),
      alarm(5, { suppressed_by: 1 }),
      alarm(6, { severity: "medium", asset: null, feed: "lighting" }),
    ]),
  );
  const counts = store.counts();
  assert.deepEqual(counts.critical, { open: 2, waiting: 1 });
  assert.deepEqual(counts.high, { open: 1, waiting: 1 });
  assert.equal(counts.shelved, 1);
  assert.equal(counts.suppressed, 1);
});

test("what is shelved and suppressed is counted and shown once, as set aside", () => {
  const store = createAlarmStore();
  const shelved_until = "2026-11-22T12:00:00Z";
  store.apply(snapshot([alarm(1), alarm(2, { suppressed_by: 1 }), alarm(3, { suppressed_by: 1, shelved_until }), alarm(4, { shelved_until })]));
  const { shelved, suppressed } = store.counts();
  assert.deepEqual([shelved, suppressed, store.explains(1)], [2, 1, 1]);
  for (const [scope, ids] of Object.entries({ open: [1], suppressed: [2], shelved: [3, 4] })) {
    store.filterOnly({ scope });
    assert.deepEqual(
      [...store.alarms.values()].filter(store.matches).map((row) => row.id),
      ids,
    );
    assert.equal(store.sight().shown, ids.length);
  }
});

test("how the feeds do comes with the pulse, and is told when it changes", () => {
  const store = createAlarmStore();
  store.apply(snapshot([alarm(6, { asset: null, feed: "lighting" })]));
  let told = 0;
  store.subscribe(() => (told += 1));
  for (const feeds of [{ well: 14, all: 15 }, { well: 14, all: 15 }, null, { well: 15, all: 15 }]) {
    store.apply({ type: "pulse", seq: 10, feeds });
    assert.deepEqual(store.feeds, feeds);
  }
  assert.equal(told, 3);
});

test("filters combine severity, scope, sector and words without accents", () => {
  const store = createAlarmStore({ me: "operateur" });
  const sector = { slug: "aval", name: "Verdanson aval", path: "centre/aval" };
  store.apply(snapshot([alarm(1, { sector }), alarm(2, { severity: "low" }), alarm(3, { taken_by: "operateur" })]));
  const shown = () => [...store.alarms.values()].filter(store.matches).map((row) => row.id);
  store.filter({ text: "EVENEMENT verdanson" });
  assert.deepEqual(shown(), []);
  store.filter({ text: "verdanson" });
  assert.deepEqual(shown(), [1]);
  store.filter({ text: "", severities: new Set(["low"]) });
  assert.deepEqual(shown(), [2]);
  store.filter({ severities: new Set(), scope: "mine" });
  assert.deepEqual(shown(), [3]);
  store.filter({ scope: "open", sector: "centre" });
  assert.deepEqual(shown(), [1]);
});

test("folding takes accents and capitals away", () => {
  assert.equal(fold("Défaut ÉCLAIRAGE"), "defaut eclairage");
});

test("what a cause explains is counted and found at any distance", () => {
  const store = createAlarmStore();
  const rows = [alarm(1), alarm(2, { suppressed_by: 1 }), alarm(3, { suppressed_by: 2 }), alarm(4, { suppressed_by: 3 }), alarm(5)];
  store.apply({ type: "snapshot", seq: 1, more: false, rows: { alarm: rows } });
  assert.deepEqual([1, 2, 5].map(store.explains), [3, 2, 0]);
  store.filterOnly({ scope: "suppressed", cause: 1 });
  assert.deepEqual(
    [...store.alarms.values()].filter(store.matches).map((row) => row.id),
    [2, 3, 4],
  );
});

test("a noun that nobody told the store of is kept like any other, until it is closed or gone", () => {
  const store = createStore();
  const barriers = store.rows("barrier");
  const barrier = (id, changes) => ({ id, seq: 10, closed_at: null, ...changes });
  store.apply({ type: "snapshot", seq: 10, more: false, rows: { barrier: [barrier(1), barrier(2), barrier(3)] } });
  assert.deepEqual([...barriers.keys()], [1, 2, 3]);
  const told = [];
  store.subscribe((change) => told.push(change));
  const rows = { barrier: [barrier(1, { seq: 11, closed_at: "2026-11-22T10:20:00.000Z" }), barrier(4, { seq: 12 })] };
  store.apply({ type: "entries", from: 11, to: 12, rows, entries: [], gone: { barrier: [2] }, elsewhere: ["gate"] });
  assert.deepEqual([...store.rows("barrier").keys()], [3, 4]);
  assert.deepEqual(told, [{ changed: { barrier: new Set([1, 4, 2]) }, told: rows, entries: [], elsewhere: ["gate"] }]);
  store.apply({ type: "snapshot", seq: 20, more: false, rows: {} });
  assert.equal(barriers.size, 0);
});

test("a page says how the rows of its noun are judged, also when they are there already", () => {
  const store = createStore();
  store.apply({ type: "snapshot", seq: 10, more: false, rows: { override: [{ id: 1, seq: 10, standing: true }] } });
  store.apply({ type: "entries", from: 11, to: 11, rows: { override: [{ id: 2, seq: 11, standing: false }] }, entries: [] });
  store.judge("override", { isOpen: (row) => row.standing });
  assert.deepEqual([...store.rows("override").keys()], [1]);
  store.apply({ type: "entries", from: 12, to: 12, rows: { override: [{ id: 1, seq: 12, standing: false }] }, entries: [] });
  assert.equal(store.rows("override").size, 0);
});
