// Which alarms the list shows and in which order; it holds still while somebody's hand is on it. Pure.

import { RANK, isOpen } from "#js/store.js";

const NONE = new Set();

export function before(a, b) {
  return RANK[a.severity] - RANK[b.severity] || (a.raised_at < b.raised_at ? 1 : a.raised_at > b.raised_at ? -1 : b.id - a.id);
}

/**
 * createView(store) → {rows, queued, held, hold(reason), release(reason), update(change), refresh()}
 *
 * rows     what is shown, in order. While held nothing enters, leaves or moves: a row that closed stays, as it was last known.
 * queued   rows that wait outside, in order.
 */
export function createView(store) {
  const reasons = new Set();
  let rows = [];
  let queued = [];

  function wanted(except = NONE) {
    const found = [];
    for (const row of store.alarms.values()) if (!except.has(row.id) && store.matches(row)) found.push(row);
    return found.sort(before);
  }

  const view = {
    get rows() {
      return rows;
    },
    get queued() {
      return queued;
    },
    get held() {
      return reasons.size > 0;
    },
    hold(reason) {
      reasons.add(reason);
    },
    release(reason) {
      if (reasons.delete(reason) && reasons.size === 0) view.refresh();
    },
    isHeldFor: (reason) => reasons.has(reason),

    /** Take everything as it is now; the holds stay. */
    refresh() {
      rows = wanted();
      queued = [];
    },

    /** After a change of the store. */
    update(change) {
      if (change.filters || !view.held) return view.refresh();
      if (change.selection && change.ids?.size === 0) return undefined;
      const shown = new Set();
      rows = rows.map((row) => {
        shown.add(row.id);
        return store.alarms.get(row.id) ?? gone(row, change);
      });
      queued = wanted(shown);
      return undefined;
    },
  };

  return view;
}

/** A row that left while the list was held: as the frame that closed it told, else marked as closed. */
function gone(row, change) {
  if (!isOpen(row)) return row;
  return change.rows?.find((told) => told.id === row.id) ?? { ...row, state: "normal" };
}
