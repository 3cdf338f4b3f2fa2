// The overlay has one mark per asset, with the worst of its alarms, and says when any is another.

import assert from "node:assert/strict";
import test from "node:test";
import { createAlarmStore } from "#js/alarms.js";
import { createOverlay, passes, silentFeeds, summarise, unknownAlarms } from "#js/map/overlay.js";

const ALL = { severities: new Set(), sector: "", kinds: new Set() };

function row(id, changes = {}) {
  return {
    id,
    seq: id,
    severity: "high",
    state: "unacknowledged",
    feed: null,
    sentence: { fr: "", en: "" },
    raised_at: "2026-01-01T00:00:00Z",
    asset: { id: 100 + id, code: `A-${id}`, name: "", kind: "lamp", lon: 2, lat: 48 },
    sector: { slug: "nord", name: "Nord", path: "nord/quai" },
    shelved_until: null,
    suppressed_by: null,
    out_of_service_until: null,
    taken_by: null,
    ...changes,
  };
}

function snapshot(rows) {
  const store = createAlarmStore();
  store.apply({ type: "snapshot", seq: 1, more: false, rows: { alarm: rows } });
  return store;
}

test("an asset with several alarms is one mark with the worst of them and their number", () => {
  const asset = row(1).asset;
  const { x, y, ...mark } = summarise([row(1, { asset }), row(2, { asset, severity: "critical", state: "acknowledged" })]);
  const told = { asset: asset.id, alarm: 2, severity: "critical", n: 2, waiting: 1, unknown: false, ended: false, lon: 2, lat: 48 };
  assert.deepEqual(mark, told);
  assert.ok(x > 0.5 && x < 0.51 && y > 0.3 && y < 0.4, `${x}, ${y}`);
});

test("an asset whose alarms are all shelved or suppressed is quiet", () => {
  const { severity, n, alarm } = summarise([row(1, { suppressed_by: 9 })]);
  assert.deepEqual([severity, n, alarm], [null, 0, 1]);
});

test("a mark is unknown while the feed of every alarm there that stands is silent, and known again when it speaks", () => {
  const asset = row(1).asset;
  const store = snapshot([row(1, { asset, witness: 7 }), row(2, { asset, witness: 8 }), row(3, { asset, witness: 9, state: "returned" })]);
  const overlay = createOverlay();
  const tell = (...points) => {
    store.apply({ type: "present", points: points.map(([point, silent_since]) => ({ point, silent_since })) });
    overlay.update(store, null, ALL);
    return [overlay.marks.get(asset.id).unknown, [...unknownAlarms(store)]];
  };
  assert.deepEqual(tell([7, "2026-01-01T00:00:00Z"], [8, null]), [false, [1]]);
  assert.deepEqual(tell([8, "2026-01-01T00:00:00Z"]), [true, [1, 2]]);
  assert.deepEqual(tell([7, null]), [false, [2]]);
});

test("a mark has ended once none of its alarms stands", () => {
  const asset = row(1).asset;
  const ended = (...states) => summarise(states.map((state, n) => row(n + 1, { asset, state }))).ended;
  assert.deepEqual([ended("returned", "returned"), ended("returned", "acknowledged"), ended("unacknowledged")], [true, false, false]);
});

test("filters by severity, by sector with what is nested in it, and by kind", () => {
  assert.equal(passes(row(1), { ...ALL, severities: new Set(["critical"]) }), false);
  assert.equal(passes(row(1), { ...ALL, sector: "nord" }), true);
  assert.equal(passes(row(1), { ...ALL, sector: "nor" }), false);
  assert.equal(passes(row(1), { ...ALL, kinds: new Set(["gauge"]) }), false);
  assert.equal(passes(row(1, { asset: null }), ALL), false);
});

test("an alarm that ends takes its mark away", () => {
  const store = snapshot([row(1), row(2)]);
  const overlay = createOverlay();
  assert.equal(overlay.update(store, null, ALL), true);
  assert.deepEqual([...overlay.marks.keys()], [101, 102]);
  store.apply({ type: "entries", from: 2, to: 2, rows: { alarm: [row(1, { seq: 2, state: "normal" })] }, entries: [] });
  assert.equal(overlay.update(store, new Set([1]), ALL), true);
  assert.deepEqual([...overlay.marks.keys()], [102]);
});

test("a change that shows nothing new is no difference", () => {
  const store = snapshot([row(1)]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL);
  assert.equal(overlay.update(store, null, ALL), false);
  store.apply({ type: "entries", from: 2, to: 2, rows: { alarm: [row(1, { seq: 2, comments: 3 })] }, entries: [] });
  assert.equal(overlay.update(store, new Set([1]), ALL), false);
});

test("an acknowledgement is a difference", () => {
  const store = snapshot([row(1)]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL);
  store.apply({ type: "entries", from: 2, to: 2, rows: { alarm: [row(1, { seq: 2, state: "acknowledged" })] }, entries: [] });
  assert.equal(overlay.update(store, new Set([1]), ALL), true);
  assert.equal(overlay.marks.get(101).waiting, 0);
});

test("a filter and its end add up", () => {
  const store = snapshot([row(1), row(2, { severity: "low" })]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL);
  overlay.update(store, null, { ...ALL, severities: new Set(["low"]) });
  assert.deepEqual([...overlay.marks.keys()], [102]);
  overlay.update(store, null, ALL);
  assert.deepEqual([...overlay.marks.keys()].sort(), [101, 102]);
});

test("the worse of two alarms on one asset ends and the other is shown", () => {
  const asset = row(1).asset;
  const store = snapshot([row(1, { asset, severity: "critical" }), row(2, { asset, severity: "low" })]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL);
  store.apply({ type: "entries", from: 2, to: 2, rows: { alarm: [row(1, { asset, seq: 2, state: "normal" })] }, entries: [] });
  overlay.update(store, new Set([1]), ALL);
  assert.equal(overlay.marks.get(asset.id).severity, "low");
});

test("an alarm that moves to another asset leaves the first", () => {
  const store = snapshot([row(1)]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL);
  store.apply({ type: "entries", from: 2, to: 2, rows: { alarm: [row(1, { seq: 2, asset: { ...row(1).asset, id: 7 } })] }, entries: [] });
  overlay.update(store, new Set([1]), ALL);
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
  overlay.update(store, null, ALL);
  const told = () => overlay.speaking(store, [...overlay.marks.values()]).map(({ id }) => id);
  assert.deepEqual(told(), [2, 1, 4]);
  overlay.update(store, null, { ...ALL, severities: new Set(["high", "low"]) });
  assert.deepEqual(told(), [1, 4]);
});

test("of a mark whose alarms are all silent these are told", () => {
  const store = snapshot([row(1, { suppressed_by: 9 })]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL);
  assert.deepEqual(
    overlay.speaking(store, [...overlay.marks.values()]).map(({ id }) => id),
    [1],
  );
});

test("a mark that begins to speak comes after those that did before it", () => {
  const store = snapshot([row(1, { suppressed_by: 9 }), row(2)]);
  const overlay = createOverlay();
  overlay.update(store, null, ALL);
  store.apply({ type: "entries", from: 2, to: 2, rows: { alarm: [row(1, { seq: 2 })] }, entries: [] });
  overlay.update(store, new Set([1]), ALL);
  assert.deepEqual([...overlay.marks.keys()], [102, 101]);
});
