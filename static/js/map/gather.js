// Marks that would lie on each other are gathered into one, with the worst of them and their number. Pure.
//
// A group stands on the first of its marks, and the others within reach join it: a new alarm joins what is there and moves nothing,
// and no two groups lie closer than the reach.

import { RANK } from "#js/nouns/alarm.js";

const TILE = 512; // px of the whole world at zoom 0
const REACH = 46; // px
const STACK = 10; // px: close in, only what stands on one spot is gathered
const STACKS_FROM = 18; // zoom
const LAST = 20; // level: as near as the map comes

/** The place on the unit square of Web Mercator: {x, y}, from the north-west. */
export function mercator(lon, lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return { x: lon / 360 + 0.5, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}

/** Pixels along one side of the world at a zoom. */
export const worldSize = (zoom) => TILE * 2 ** zoom;

/** The level at which to gather for a zoom: groups stay as they are between two levels. */
export const levelOf = (zoom) => Math.floor(zoom);

/** Groups of marks at a level, in the order of their first: [{x, y, lon, lat, severity, n, waiting, unknown, ended, marks}]. */
export function gather(marks, level) {
  const reach = (level < STACKS_FROM ? REACH : STACK) / worldSize(level);
  const cells = new Map();
  const groups = [];
  for (const mark of marks) {
    const column = Math.floor(mark.x / reach);
    const row = Math.floor(mark.y / reach);
    const near = nearest(cells, column, row, mark, reach);
    if (near) {
      near.marks.push(mark);
      near.n += mark.n;
      near.waiting += mark.waiting;
      near.unknown &&= mark.unknown;
      near.ended &&= mark.ended;
      if (RANK[mark.severity] > RANK[near.severity]) near.severity = mark.severity;
      continue;
    }
    const { x, y, lon, lat, severity, n, waiting, unknown, ended } = mark;
    const group = { x, y, lon, lat, severity, n, waiting, unknown, ended, marks: [mark] };
    groups.push(group);
    const key = cellOf(column, row);
    if (cells.has(key)) cells.get(key).push(group);
    else cells.set(key, [group]);
  }
  return groups;
}

/** A small whole number, which a Map finds soonest; cells that share one cost a look at each other's groups and no more. */
const cellOf = (column, row) => (Math.imul(column, 73_856_093) ^ Math.imul(row, 19_349_663)) >> 2;

function nearest(cells, column, row, { x, y }, reach) {
  let found = null;
  let least = reach * reach;
  for (let c = column - 1; c <= column + 1; c += 1) {
    for (let r = row - 1; r <= row + 1; r += 1) {
      const near = cells.get(cellOf(c, r));
      for (let index = 0; near !== undefined && index < near.length; index += 1) {
        const group = near[index];
        const distance = (group.x - x) ** 2 + (group.y - y) ** 2;
        if (distance >= least) continue;
        found = group;
        least = distance;
      }
    }
  }
  return found;
}

/** The first level beyond `level` at which these marks come apart, or null when they do at none: they stand on one spot. */
export function apart(marks, level) {
  for (let next = Math.max(0, level + 1); next <= LAST; next += 1) if (gather(marks, next).length > 1) return next;
  return null;
}

/** The middle of the box around these marks, [lon, lat]. */
export function middle(marks) {
  const [lons, lats] = ["lon", "lat"].map((axis) => marks.map((mark) => mark[axis]));
  return [lons, lats].map((values) => (Math.min(...values) + Math.max(...values)) / 2);
}
