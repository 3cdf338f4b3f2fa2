// The overlay shows each asset once, with the worst of its alarms, and its differences add up to the whole.

import assert from "node:assert/strict";
import test from "node:test";

import { createOverlay, passes, silentFeeds, summarise } from "#js/map/overlay.js";
import { createStore } from "#js/store.js";

const LETTERS = { critical: "C", high: "H", medium: "M", low: "B" };
const ALL = { severities: new Set(), sector: "", domains: new Set() };
const domainOf = (kind) => (kind === "lamp" ? "lighting" : "water");

function row(id, changes = {}) {
  return {
    id, seq: id, severity: "high", state: "unacknowledged", feed: null, sentence: { fr: "", en: "" }, raised_at: "2026-01-01T00:00:00Z",
    asset: { id: 100 + id, code: `A-${id}`, name: "", kind: "lamp", lon: 2, lat: 48 }, sector: { slug: "nord", name: "Nord", path: "nord/quai" },
    shelved_until: null, suppressed_by: null, out_of_service_until: null, taken_by: null, ...changes,
  };
}

function snapshot(rows) {
  const store = createStore();
  store.apply({ type: "snapshot", seq: 1, alarms: rows, more: false });
  return store;
}

test("an asset with several alarms is one feature with the worst of them and their number", () => {
  const asset = row(1).asset;
  const { loud, state } = summarise([row(1, { asset }), row(2, { asset, severity: "critical", state: "acknowledged" })], LETTERS);
  assert.deepEqual(loud.properties, { worst: 0, n: 2, waiting: 1, letter: "C", alarm: 2, asset: asset.id });
  assert.equal(state, "critical");
});

test("an asset whose alarms are all shelved or suppressed is quiet", () => {
  const { loud, quiet, state } = summarise([row(1, { suppressed_by: 9 })], LETTERS);
  assert.equal(loud, null);
  assert.equal(quiet.properties.alarm, 1);
  assert.equal(state, "quiet");
});

test("filters by severity, by sector with what is nested in it, and by domain", () => {
  assert.equal(passes(row(1), { ...ALL, severities: new Set(["critical"]) }, domainOf), false);
  assert.equal(passes(row(1), { ...ALL, sector: "nord" }, domainOf), true);
  assert.equal(passes(row(1), { ...ALL, sector: "nor" }, domainOf), false);
  assert.equal(passes(row(1), { ...ALL, domains: new Set(["water"]) }, domainOf), false);
  assert.equal(passes(row(1, { asset: null }), ALL, domainOf), false);
});

test("an alarm that ends takes its feature and its asset's state away", () => {
  const store = snapshot([row(1), row(2)]);
  const overlay = createOverlay(LETTERS);
  assert.equal(overlay.update(store, null, ALL, domainOf).loud.add.length, 2);
  store.apply({ type: "entries", from: 2, to: 2, alarms: [row(1, { seq: 2, state: "normal" })], entries: [] });
  const diff = overlay.update(store, new Set([1]), ALL, domainOf);
  assert.deepEqual(diff.loud, { add: [], remove: [101] });
  assert.deepEqual([...diff.states], [[101, null]]);
});

test("a change that shows nothing new is no difference", () => {
  const store = snapshot([row(1)]);
  const overlay = createOverlay(LETTERS);
  overlay.update(store, null, ALL, domainOf);
  const diff = overlay.update(store, null, ALL, domainOf);
  assert.deepEqual([diff.loud.add, diff.loud.remove, diff.states.size], [[], [], 0]);
});

test("the differences of a filter and of its end add up", () => {
  const store = snapshot([row(1), row(2, { severity: "low" })]);
  const overlay = createOverlay(LETTERS);
  overlay.update(store, null, ALL, domainOf);
  assert.deepEqual(overlay.update(store, null, { ...ALL, severities: new Set(["low"]) }, domainOf).loud, { add: [], remove: [101] });
  assert.equal(overlay.update(store, null, ALL, domainOf).loud.add[0].id, 101);
});

test("the worse of two alarms on one asset ends and the other is shown", () => {
  const asset = row(1).asset;
  const store = snapshot([row(1, { asset, severity: "critical" }), row(2, { asset, severity: "low" })]);
  const overlay = createOverlay(LETTERS);
  overlay.update(store, null, ALL, domainOf);
  store.apply({ type: "entries", from: 2, to: 2, alarms: [row(1, { asset, seq: 2, state: "normal" })], entries: [] });
  const [feature] = overlay.update(store, new Set([1]), ALL, domainOf).loud.add;
  assert.equal(feature.properties.worst, 3);
});

test("a feed in alarm makes its assets unknown until it is back", () => {
  const store = snapshot([row(1, { asset: null, feed: "gtb" }), row(2, { asset: null, feed: "eau", state: "returned" })]);
  assert.deepEqual(silentFeeds(store, { gtb: 7, eau: 8 }), [7]);
});
