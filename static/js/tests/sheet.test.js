// The sheet of an asset: its sparkline stays in its box, and its period is in the site's own time.

import assert from "node:assert/strict";
import test from "node:test";

import { path } from "#js/assets/sparkline.js";
import { inZone } from "#js/assets/zone.js";

test("a time of the site is an instant whatever the reader's own zone", () => {
  assert.equal(inZone("2026-11-22T14:30", "Europe/Paris").toISOString(), "2026-11-22T13:30:00.000Z");
  assert.equal(inZone("2026-07-01T00:00", "Europe/Paris").toISOString(), "2026-06-30T22:00:00.000Z");
  assert.equal(inZone("2026-07-01T00:00", "America/Guadeloupe").toISOString(), "2026-07-01T04:00:00.000Z");
});

test("a time just before the clocks change is still summer time", () => {
  assert.equal(inZone("2026-10-25T01:59", "Europe/Paris").toISOString(), "2026-10-24T23:59:00.000Z");
  assert.equal(inZone("2026-10-25T03:00", "Europe/Paris").toISOString(), "2026-10-25T02:00:00.000Z");
});

test("a sparkline stays in its box", () => {
  const data = path({ at: [0, 5, 10], mean: [2, -40, 1000] }, 100, 20);
  const places = [...data.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  assert.equal(places.length, 3);
  for (const [x, y] of places) assert.ok(x >= 0 && x <= 100 && y >= 0 && y <= 20, `${x} ${y}`);
});

test("a value that never changed is a flat line, and a single one is none", () => {
  assert.match(path({ at: [0, 10], mean: [3, 3] }), /^M[\d.]+ ([\d.]+)L[\d.]+ \1$/);
  assert.equal(path({ at: [0], mean: [3] }), "");
});
