// The overlay has one mark per asset, with the worst of its alarms, and says when any is another.

import assert from "node:assert/strict";
import test from "node:test";

import { createOverlay, passes, silentFeeds, summarise } from "#js/map/overlay.js";
import { createStore } from "#js/store.js";

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

test("an asset with several alarms is one mark with the worst of them and their number", () => {
  const asset = row(1).asset;
  const { x, y, ...mark } = summarise([row(1, { asset }), row(2, { asset, severity: "critical", state: "acknowledged" })]);
  assert.deepEqual(mark, { asset: asset.id, alarm: 2, severity: "critical", n: 2, waiting: 1, lon: 2, lat: 48 });
  assert.ok(x > 0.5 && x < 0.51 && y > 0.3 && y < 0.4, `${x}, ${y}`);
});

test("an asset whose alarms are all shelved or suppressed is quiet", () => {
  const { severity, n, alarm } = summarise([row(1, { suppressed_by: 9 })]);
  assert.deepEqual([severity, n, alarm], [null, 0, 1]);
});

test("filters by severity, by sector with what is nested in it, and by domain", () => {
  assert.equal(passes(row(1), { ...ALL, severities: new Set(["critical"]) }, domainOf), false);
  assert.equal(passes(row(1), { ...ALL, sector: "nord" }, domainOf), true);
  assert.equal(passes(row(1), { ...ALL, sector: "nor" }, domainOf), false);
  assert.equal(passes(row(1), { ...ALL, domains: new Set(["water"]) }, domainOf), false);
  assert.equal(passes(row(1, { asset: null }), ALL, domainOf), false);
});

test("an alarm that ends takes its mark away", () => {
  const store = snapshot([row(1), row(2)]);
  const overlay = createOverlay();
  assert.equal(overlay.update(store, null, ALL, domainOf), true);
  assert.deepEqual([...overlay.marks.keys()], [101, 102]);
  store.apply({ type: "entries", from: 2, to: 2, alarms: [row(1, { seq: 2, state: "normal" })], entries: [] });
  assert.equal(overlay.update(store, new Set([1]), ALL, domainOf), true);
  assert.deepEqual([...overlay.marks.keys()], [102]);
});

test("a change that shows nothing new is no difference", () => {
  const store = snapshot([row(1)]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL, domainOf);
  assert.equal(overlay.update(store, null, ALL, domainOf), false);
  store.apply({ type: "entries", from: 2, to: 2, alarms: [row(1, { seq: 2, comments: 3 })], entries: [] });
  assert.equal(overlay.update(store, new Set([1]), ALL, domainOf), false);
});

test("an acknowledgement is a difference", () => {
  const store = snapshot([row(1)]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL, domainOf);
  store.apply({ type: "entries", from: 2, to: 2, alarms: [row(1, { seq: 2, state: "acknowledged" })], entries: [] });
  assert.equal(overlay.update(store, new Set([1]), ALL, domainOf), true);
  assert.equal(overlay.marks.get(101).waiting, 0);
});

test("a filter and its end add up", () => {
  const store = snapshot([row(1), row(2, { severity: "low" })]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL, domainOf);
  overlay.update(store, null, { ...ALL, severities: new Set(["low"]) }, domainOf);
  assert.deepEqual([...overlay.marks.keys()], [102]);
  overlay.update(store, null, ALL, domainOf);
  assert.deepEqual([...overlay.marks.keys()].sort(), [101, 102]);
});

test("the worse of two alarms on one asset ends and the other is shown", () => {
  const asset = row(1).asset;
  const store = snapshot([row(1, { asset, severity: "critical" }), row(2, { asset, severity: "low" })]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL, domainOf);
  store.apply({ type: "entries", from: 2, to: 2, alarms: [row(1, { asset, seq: 2, state: "normal" })], entries: [] });
  overlay.update(store, new Set([1]), ALL, domainOf);
  assert.equal(overlay.marks.get(asset.id).severity, "low");
});

test("an alarm that moves to another asset leaves the first", () => {
  const store = snapshot([row(1)]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL, domainOf);
  store.apply({ type: "entries", from: 2, to: 2, alarms: [row(1, { seq: 2, asset: { ...row(1).asset, id: 7 } })], entries: [] });
  overlay.update(store, new Set([1]), ALL, domainOf);
  assert.deepEqual([...overlay.marks.keys()], [7]);
});

test("a feed in alarm makes its assets unknown until it is back", () => {
  const store = snapshot([row(1, { asset: null, feed: "gtb" }), row(2, { asset: null, feed: "eau", state: "returned" })]);
  assert.deepEqual(silentFeeds(store, { gtb: 7, eau: 8 }), [7]);
});

test("the alarms behind some marks are told worst first, without what is silent or filtered away", () => {
  const asset = row(1).asset;
  const rows = [row(1), row(2, { severity: "critical" }), row(3, { asset, suppressed_by: 9 }), row(4, { asset, severity: "low" })];
  const store = snapshot(rows);
  const overlay = createOverlay();
  overlay.update(store, null, ALL, domainOf);
  const told = () => overlay.speaking(store, [...overlay.marks.values()]).map(({ id }) => id);
  assert.deepEqual(told(), [2, 1, 4]);
  overlay.update(store, null, { ...ALL, severities: new Set(["high", "low"]) }, domainOf);
  assert.deepEqual(told(), [1, 4]);
});

test("of a mark whose alarms are all silent these are told", () => {
  const store = snapshot([row(1, { suppressed_by: 9 })]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL, domainOf);
  assert.deepEqual(overlay.speaking(store, [...overlay.marks.values()]).map(({ id }) => id), [1]);
});

test("a mark that begins to speak comes after those that did before it", () => {
  const store = snapshot([row(1, { suppressed_by: 9 }), row(2)]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL, domainOf);
  store.apply({ type: "entries", from: 2, to: 2, alarms: [row(1, { seq: 2 })], entries: [] });
  overlay.update(store, new Set([1]), ALL, domainOf);
  assert.deepEqual([...overlay.marks.keys()], [102, 101]);
});
