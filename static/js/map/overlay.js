// From open alarms to what the map shows of them: one feature per asset, with the worst of its alarms. Pure.

import { RANK, isOpen, isSilent, isWaiting } from "#js/store.js";

/** Whether the map's filters let a row through: {severities: Set, sector: path, domains: Set}; empty means all. */
export function passes(row, filters, domainOf) {
  if (!row.asset || row.asset.lon === null || !isOpen(row)) return false;
  if (filters.severities.size && !filters.severities.has(row.severity)) return false;
  if (filters.sector && !(row.sector && (row.sector.path === filters.sector || row.sector.path.startsWith(`${filters.sector}/`)))) return false;
  return !filters.domains.size || filters.domains.has(domainOf(row.asset.kind));
}

/** What an asset's rows amount to: {loud, quiet} features or null, `state` for the asset itself or null. */
export function summarise(rows, letters) {
  const loud = rows.filter((row) => !isSilent(row)).sort((a, b) => RANK[a.severity] - RANK[b.severity] || b.id - a.id);
  const first = loud[0] ?? rows[0];
  if (!first) return { loud: null, quiet: null, state: null };
  const { id, lon, lat } = first.asset;
  const feature = (properties) => ({ type: "Feature", id, geometry: { type: "Point", coordinates: [lon, lat] }, properties });
  if (!loud.length) return { loud: null, quiet: feature({ alarm: first.id, asset: id }), state: "quiet" };
  const waiting = loud.filter(isWaiting).length;
  const properties = { worst: RANK[first.severity], n: loud.length, waiting, letter: letters[first.severity], alarm: first.id, asset: id };
  return { loud: feature(properties), quiet: null, state: first.severity };
}

const same = (a, b) => a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b));

/**
 * createOverlay(letters) → {update(store, change, filters, domainOf), rowsOf(asset), unplaced}
 *
 * `update` answers what changed since the last: {loud: diff, quiet: diff, states: Map asset → state or null}, in the form of
 * MapLibre's updateData; null when nothing did.
 */
export function createOverlay(letters) {
  const shown = new Map(); // asset → {loud, quiet, state}
  const assetOf = new Map(); // alarm → asset
  const alarmsOf = new Map(); // asset → Set of alarms

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

  return {
    rowsOf: (store, asset) => [...(alarmsOf.get(asset) ?? [])].map((id) => store.alarms.get(id)).filter(Boolean),

    update(store, ids, filters, domainOf) {
      const touched = new Set();
      const changed = ids ?? new Set([...assetOf.keys(), ...store.alarms.keys()]);
      for (const id of changed) for (const asset of place(id, store.alarms.get(id))) if (asset !== undefined) touched.add(asset);
      const diff = { loud: { add: [], remove: [] }, quiet: { add: [], remove: [] }, states: new Map() };
      for (const asset of touched) {
        const rows = this.rowsOf(store, asset).filter((row) => passes(row, filters, domainOf));
        const before = shown.get(asset) ?? { loud: null, quiet: null, state: null };
        const after = summarise(rows, letters);
        for (const part of ["loud", "quiet"]) {
          if (same(before[part], after[part])) continue;
          if (after[part]) diff[part].add.push(after[part]);
          else diff[part].remove.push(asset);
        }
        if (before.state !== after.state) diff.states.set(asset, after.state);
        if (after.state === null) shown.delete(asset);
        else shown.set(asset, after);
        if (alarmsOf.get(asset)?.size === 0) alarmsOf.delete(asset);
      }
      return diff;
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
