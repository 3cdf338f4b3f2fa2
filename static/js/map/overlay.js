// From open alarms to what the map shows of them: one mark per asset, with the worst of its alarms. Pure.

import { mercator } from "#js/map/gather.js";
import { inside } from "#js/map/geometry.js";
import { isOpen, isSilent, isWaiting, worse } from "#js/nouns/alarm.js";

/** Whether the map's filters let a row that has a place through: {severities: Set, sector: path, kinds: Set, zone}; empty means all. */
export function passes(row, filters) {
  if (!isPlaced(row)) return false;
  if (filters.severities.size && !filters.severities.has(row.severity)) return false;
  if (filters.sector && !(row.sector && (row.sector.path === filters.sector || row.sector.path.startsWith(`${filters.sector}/`)))) return false;
  if (filters.zone && !inside(filters.zone, row.asset.lon, row.asset.lat)) return false;
  return !filters.kinds.size || filters.kinds.has(row.asset.kind);
}

const isPlaced = (row) => Boolean(row.asset) && row.asset.lon !== null && isOpen(row);

/** What the map's filters keep from it of what it would show: {n, critical}. */
export function outside(store, filters) {
  const rows = [...store.alarms.values()].filter((row) => isPlaced(row) && !isSilent(row) && !passes(row, filters));
  return { n: rows.length, critical: rows.filter((row) => row.severity === "critical").length };
}

/**
 * What an asset's rows amount to, or null when there are none: {asset, alarm, severity, n, waiting, unknown, ended, lon, lat, x, y}.
 *
 * `severity` is null when all of them are shelved or suppressed; `alarm` is the first to look at, `n` how many speak, `waiting` how
 * many of these nobody has acknowledged, `unknown` whether nobody knows if any that stands still is so, for its feed is silent;
 * `ended`: all of them are back to normal and only wait to be acknowledged.
 */
export function summarise(rows, isUnknown = () => false) {
  if (!rows.length) return null;
  const loud = rows.filter((row) => !isSilent(row)).sort(worstFirst);
  const first = loud[0] ?? rows[0];
  const { id, lon, lat } = first.asset;
  const severity = loud.length ? first.severity : null;
  const standing = loud.filter((row) => row.state !== "returned");
  const unknown = standing.length > 0 && standing.every(isUnknown);
  const ended = loud.length > 0 && standing.length === 0;
  const waiting = loud.filter(isWaiting).length;
  return { asset: id, alarm: first.id, severity, n: loud.length, waiting, unknown, ended, lon, lat, ...mercator(lon, lat) };
}

const PARTS = ["alarm", "severity", "n", "waiting", "unknown", "ended", "lon", "lat"];
const same = (a, b) => a === b || Boolean(a && b && PARTS.every((part) => a[part] === b[part]));

const worstFirst = (a, b) => worse(a, b) || b.id - a.id;

/**
 * createOverlay() → {marks: Map asset → mark, update(store, ids, filters), speaking(store, marks)}
 *
 * `speaking` answers the alarms that these marks count, worst first; of marks whose alarms are all silent, those.
 * `update` takes the ids of the alarms that changed, null for all, and answers whether any mark is now another.
 */
export function createOverlay() {
  const marks = new Map();
  const assetOf = new Map(); // alarm → asset
  const alarmsOf = new Map(); // asset → Set of alarms
  let shown = () => true; // what the filters let through

  function place(id, row) {
    const before = assetOf.get(id);
    const after = row?.asset ? row.asset.id : undefined;
    if (before !== after) {
      if (before !== undefined) {
        alarmsOf.get(before).delete(id);
        assetOf.delete(id);
      }
      if (after !== undefined) {
        assetOf.set(id, after);
        if (!alarmsOf.has(after)) alarmsOf.set(after, new Set());
        alarmsOf.get(after).add(id);
      }
    }
    return [before, after];
  }

  const rowsOf = (store, asset) => [...(alarmsOf.get(asset) ?? [])].map((id) => store.alarms.get(id)).filter((row) => row && shown(row));

  return {
    marks,

    speaking(store, some) {
      const rows = some.flatMap((mark) => rowsOf(store, mark.asset)).sort(worstFirst);
      const loud = rows.filter((row) => !isSilent(row));
      return loud.length ? loud : rows;
    },

    update(store, ids, filters) {
      shown = (row) => passes(row, filters);
      const touched = new Set();
      const changed = ids ?? new Set([...assetOf.keys(), ...store.alarms.keys()]);
      for (const id of changed) for (const asset of place(id, store.alarms.get(id))) if (asset !== undefined) touched.add(asset);
      let differs = false;
      for (const asset of touched) {
        const before = marks.get(asset) ?? null;
        const after = summarise(rowsOf(store, asset), (row) => isUnknown(store, row));
        if (alarmsOf.get(asset)?.size === 0) alarmsOf.delete(asset);
        if (same(before, after)) continue;
        differs = true;
        // What begins to speak comes after those that do already: groups stand on the first, and none is to move.
        if (after === null || before?.severity === null) marks.delete(asset);
        if (after !== null) marks.set(asset, after);
      }
      return differs;
    },
  };
}

const isUnknown = (store, row) => Boolean(store.present.get(row.witness)?.silent_since);

/** The alarms of which nobody knows whether they still are so: the map looks at these again and again, as the store tells of no change. */
export function unknownAlarms(store) {
  const found = new Set();
  for (const row of store.alarms.values()) if (row.asset && isUnknown(store, row)) found.add(row.id);
  return found;
}

/** Feeds that are silent, as the primary keys the tiles carry. */
export function silentFeeds(store, feeds) {
  const silent = new Set();
  for (const row of store.alarms.values()) {
    if (row.feed !== null && !row.asset && row.state !== "returned" && feeds[row.feed] !== undefined) silent.add(feeds[row.feed]);
  }
  return [...silent].sort((a, b) => a - b);
}
