// From open alarms to what the map shows of them: one mark per asset, with the worst of its alarms. Pure.

import { mercator } from "#js/map/gather.js";
import { RANK, isOpen, isSilent, isWaiting } from "#js/store.js";

/** Whether the map's filters let a row through: {severities: Set, sector: path, domains: Set}; empty means all. */
export function passes(row, filters, domainOf) {
  if (!row.asset || row.asset.lon === null || !isOpen(row)) return false;
  if (filters.severities.size && !filters.severities.has(row.severity)) return false;
  if (filters.sector && !(row.sector && (row.sector.path === filters.sector || row.sector.path.startsWith(`${filters.sector}/`)))) return false;
  return !filters.domains.size || filters.domains.has(domainOf(row.asset.kind));
}

/**
 * What an asset's rows amount to, or null when there are none: {asset, alarm, severity, n, waiting, lon, lat, x, y}.
 *
 * `severity` is null when all of them are shelved or suppressed; `alarm` is the first to look at, `n` how many speak, `waiting` how
 * many of these nobody has acknowledged.
 */
export function summarise(rows) {
  if (!rows.length) return null;
  const loud = rows.filter((row) => !isSilent(row)).sort(worstFirst);
  const first = loud[0] ?? rows[0];
  const { id, lon, lat } = first.asset;
  const severity = loud.length ? first.severity : null;
  return { asset: id, alarm: first.id, severity, n: loud.length, waiting: loud.filter(isWaiting).length, lon, lat, ...mercator(lon, lat) };
}

const PARTS = ["alarm", "severity", "n", "waiting", "lon", "lat"];
const same = (a, b) => a === b || Boolean(a && b && PARTS.every((part) => a[part] === b[part]));

const worstFirst = (a, b) => RANK[a.severity] - RANK[b.severity] || b.id - a.id;

/**
 * createOverlay() → {marks: Map asset → mark, update(store, ids, filters, domainOf), speaking(store, marks)}
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
    const after = row && row.asset ? row.asset.id : undefined;
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

    update(store, ids, filters, domainOf) {
      shown = (row) => passes(row, filters, domainOf);
      const touched = new Set();
      const changed = ids ?? new Set([...assetOf.keys(), ...store.alarms.keys()]);
      for (const id of changed) for (const asset of place(id, store.alarms.get(id))) if (asset !== undefined) touched.add(asset);
      let differs = false;
      for (const asset of touched) {
        const before = marks.get(asset) ?? null;
        const after = summarise(rowsOf(store, asset));
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

/** Feeds that are silent, as the primary keys the tiles carry. */
export function silentFeeds(store, feeds) {
  const silent = new Set();
  for (const row of store.alarms.values()) {
    if (row.feed !== null && !row.asset && row.state !== "returned" && feeds[row.feed] !== undefined) silent.add(feeds[row.feed]);
  }
  return [...silent].sort((a, b) => a - b);
}
