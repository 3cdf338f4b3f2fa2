// Groups of marks: every mark is in one, the worst of them shows, and none lies on another.

import assert from "node:assert/strict";
import test from "node:test";

import { apart, gather, mercator, middle, worldSize } from "#js/map/gather.js";

const SEVERITIES = ["critical", "high", "medium", "low"];

function mark(asset, lon, lat, changes = {}) {
  return { asset, alarm: asset, severity: "low", n: 1, waiting: 0, lon, lat, ...mercator(lon, lat), ...changes };
}

/** A town of marks, the same each time. */
function town(count) {
  let seed = 7;
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  return Array.from({ length: count }, (_, id) =>
    mark(id, 2.2 + next() / 30, 48.87 + next() / 40, { severity: SEVERITIES[Math.floor(next() ** 0.3 * 4)], n: 1 + Math.floor(next() * 3) }),
  );
}

const pixels = (a, b, zoom) => Math.hypot(a.x - b.x, a.y - b.y) * worldSize(zoom);

test("the corners of the Mercator square are where they belong", () => {
  assert.deepEqual(mercator(0, 0), { x: 0.5, y: 0.5 });
  assert.ok(Math.abs(mercator(180, 85.0511287798).y) < 1e-9);
  assert.equal(mercator(-180, 0).x, 0);
});

test("every mark is in one group at every level, and the numbers add up", () => {
  const marks = town(2000);
  for (let level = 9; level <= 20; level += 1) {
    const groups = gather(marks, level);
    assert.deepEqual(
      groups.flatMap((group) => group.marks.map(({ asset }) => asset)).sort((a, b) => a - b),
      marks.map(({ asset }) => asset),
    );
    for (const group of groups)
      assert.equal(
        group.n,
        group.marks.reduce((sum, { n }) => sum + n, 0),
      );
  }
});

test("a group shows the worst of its marks: it never hides a critical one", () => {
  for (const group of gather(town(2000), 12)) {
    const worst = SEVERITIES.find((severity) => group.marks.some((each) => each.severity === severity));
    assert.equal(group.severity, worst);
  }
});

test("no two groups lie on each other, and none gathers from further than it reaches", () => {
  for (const level of [11, 14, 17]) {
    const groups = gather(town(800), level);
    for (const [index, group] of groups.entries()) {
      for (const other of groups.slice(index + 1)) assert.ok(pixels(group, other, level) >= 46 - 1e-6);
      for (const member of group.marks) assert.ok(pixels(group, member, level) < 46);
    }
  }
});

test("a new alarm joins the group that is there and moves none", () => {
  const marks = town(300);
  const before = gather(marks, 13).map(({ x, y }) => [x, y]);
  const after = gather([...marks, mark(999, marks[0].lon + 1e-5, marks[0].lat, { severity: "critical" })], 13);
  assert.deepEqual(
    after.map(({ x, y }) => [x, y]),
    before,
  );
  assert.equal(after[0].severity, "critical");
});

test("marks come apart at the level that parts them, and those on one spot never do", () => {
  const [a, b] = [mark(1, 2.24, 48.89), mark(2, 2.241, 48.89)];
  const level = apart([a, b], 10);
  assert.ok(pixels(a, b, level) >= 46 && pixels(a, b, level - 1) < 46, `${level}`);
  assert.equal(apart([a, mark(2, 2.24, 48.89)], 10), null);
  const near = mark(2, 2.24 + (8 * 360) / worldSize(18), 48.89); // one group at 18, two at 19
  assert.equal(apart([a, near], 18), 19);
  assert.deepEqual(
    middle([a, b]).map((value) => Math.round(value * 1e4)),
    [22405, 488900],
  );
});
