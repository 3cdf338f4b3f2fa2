// Distances, surfaces and what lies in a zone, against figures that others worked out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { area, inside, length, read, rectangle, said, written } from "#js/map/geometry.js";

const SQUARE = rectangle([2, 48], [3, 49]);
const near = (value, wanted, share) => assert.ok(Math.abs(value - wanted) < wanted * share, `${value} is not ${wanted}`);

test("a place lies in a zone, also in one with a bay, and not in the bay", () => {
  assert.ok(inside(SQUARE, 2.5, 48.5));
  assert.ok(!inside(SQUARE, 3.5, 48.5));
  const bay = [
    [0, 0],
    [4, 0],
    [4, 4],
    [2, 1],
    [0, 4],
  ];
  assert.ok(inside(bay, 0.5, 2));
  assert.ok(!inside(bay, 2, 3));
});

test("Paris to London is 343.5 km, a degree of the equator 111.2 km", () => {
  near(
    length([
      [2.3522, 48.8566],
      [-0.1276, 51.5072],
    ]),
    343_500,
    0.002,
  );
  near(
    length([
      [0, 0],
      [1, 0],
    ]),
    111_195,
    0.001,
  );
  assert.equal(length([[2, 48]]), 0);
});

test("a hundred metres by a hundred are a hectare, whichever way round", () => {
  const [dx, dy] = [100 / (111_195 * Math.cos((48 * Math.PI) / 180)), 100 / 111_195];
  const field = rectangle([2, 48], [2 + dx, 48 + dy]);
  near(area(field), 10_000, 0.001);
  near(area(field.toReversed()), 10_000, 0.001);
});

test("figures are those of the language", () => {
  assert.equal(said(1250.4, "fr"), "1\u202f250\u00a0m");
  assert.equal(said(12_345, "fr"), "12,35\u00a0km");
  assert.equal(said(12.34, "en"), "12.3\u00a0m");
  assert.equal(said(10_000, "en", true), "10,000\u00a0m²");
  assert.equal(said(1_250_000, "fr", true), "1,25\u00a0km²");
});

test("a zone is written and read again, and what is none is not", () => {
  assert.deepEqual(read(written(SQUARE)), SQUARE);
  for (const text of ["", "1,2", "1,2;3,4;x,5", "1,2;3,4;5"]) assert.equal(read(text), null);
});
