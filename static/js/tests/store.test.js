import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore, fold } from "#js/store.js";
import { alarm, incident } from "#js/tests/alarms.js";

const snapshot = (alarms, seq = 10, more = false) => ({ type: "snapshot", seq, alarms, more });
const entries = (from, to, alarms) => ({ type: "entries", from, to, alarms, entries: [] });

test("a snapshot in pages is shown only when its last page has come", () => {
  const store = createStore();
  store.apply(snapshot([alarm(1)], 10, true));
  assert.equal(store.alarms.size, 0);
  store.apply(snapshot([alarm(2)], 10, false));
  assert.deepEqual([...store.alarms.keys()], [1, 2]);
  assert.equal(store.seq, 10);
});

test("a second snapshot replaces what was known", () => {
  const store = createStore();
  store.apply(snapshot([alarm(1), alarm(2)]));
  store.apply(snapshot([alarm(3)], 20));
  assert.deepEqual([...store.alarms.keys()], [3]);
});

test("entries that follow are applied and closed alarms leave", () => {
  const store = createStore();
  store.apply(snapshot([alarm(1), alarm(2)]));
  assert.equal(store.apply(entries(11, 12, [alarm(1, { state: "normal", seq: 11 }), alarm(3, { seq: 12 })])), null);
  assert.deepEqual([...store.alarms.keys()], [2, 3]);
  assert.equal(store.seq, 12);
});

test("what moved out of one's sectors leaves, with incidents that have nothing left to show", () => {
  const store = createStore();
  store.apply({ ...snapshot([alarm(1), alarm(2)]), incidents: [incident(7), incident(8)] });
  const told = [];
  store.subscribe((change) => told.push(change));
  store.apply({ ...entries(11, 11, []), gone: { alarms: [1, 9], incidents: [7] } });
  assert.deepEqual([...store.alarms.keys()], [2]);
  assert.deepEqual([...store.incidents.keys()], [8]);
  assert.deepEqual([told[0].ids, told[0].incidents], [new Set([1]), new Set([7])]);
});

test("a gap changes nothing and asks again from the last number", () => {
  const store = createStore();
  store.apply(snapshot([alarm(1)]));
  assert.equal(store.apply(entries(13, 14, [alarm(2)])), 10);
  assert.equal(store.alarms.size, 1);
  assert.equal(store.seq, 10);
});

test("entries heard twice change nothing the second time", () => {
  const store = createStore();
  store.apply(snapshot([alarm(1)]));
  store.apply(entries(11, 11, [alarm(1, { state: "acknowledged", seq: 11 })]));
  let told = 0;
  store.subscribe(() => (told += 1));
  store.apply(entries(11, 11, [alarm(1, { seq: 11 })]));
  assert.equal(told, 0);
  assert.equal(store.get(1).state, "acknowledged");
});

test("a range that overlaps what is known never takes a row back in time", () => {
  const store = createStore();
  store.apply(snapshot([alarm(1, { state: "acknowledged", seq: 10 })]));
  store.apply(entries(9, 11, [alarm(1, { seq: 9 }), alarm(2, { seq: 11 })]));
  assert.equal(store.get(1).state, "acknowledged");
  assert.equal(store.seq, 11);
});

test("entries before the snapshot wait for the snapshot", () => {
  const store = createStore();
  assert.equal(store.apply(entries(5, 6, [alarm(1)])), null);
  assert.equal(store.alarms.size, 0);
});

test("a pulse ahead of us asks again, one that agrees does not", () => {
  const store = createStore();
  store.apply(snapshot([]));
  assert.equal(store.apply({ type: "pulse", seq: 12 }), 10);
  assert.equal(store.apply({ type: "pulse", seq: 10 }), null);
});

test("snapshot then entries is the same as the newer snapshot", () => {
  const walked = createStore();
  walked.apply(snapshot([alarm(1), alarm(2), alarm(3)]));
  walked.apply(entries(11, 11, [alarm(2, { state: "normal", seq: 11 })]));
  walked.apply(entries(12, 13, [alarm(4, { seq: 12 }), alarm(1, { state: "acknowledged", seq: 13 })]));
  const told = createStore();
  told.apply(snapshot([alarm(1, { state: "acknowledged", seq: 13 }), alarm(3), alarm(4, { seq: 12 })], 13));
  const sorted = (store) => [...store.alarms.values()].sort((a, b) => a.id - b.id);
  assert.deepEqual(sorted(walked), sorted(told));
  assert.equal(walked.seq, told.seq);
});

test("lamps count what waits and what is open, and leave out what is silent", () => {
  const store = createStore();
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
  assert.deepEqual([...counts.feeds], ["lighting"]);
});

test("filters combine severity, scope, sector and words without accents", () => {
  const store = createStore({ me: "operateur" });
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
