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
  const closed = new Map(); // alarms that closed while the list was held, as they were last told
  let rows = [];
  let queued = [];
  let due = null; // "all" | "held": what to work out before the next look; a burst of frames costs one

  function wanted(except = NONE) {
    const found = [];
    for (const row of store.alarms.values()) if (!except.has(row.id) && store.matches(row)) found.push(row);
    return found.sort(before);
  }

  function settle() {
    if (due === "all") {
      rows = wanted();
      queued = [];
      closed.clear();
    } else if (due === "held") {
      rows = rows.map((row) => store.alarms.get(row.id) ?? closed.get(row.id) ?? { ...row, state: "normal" });
      queued = wanted(new Set(rows.map((row) => row.id)));
    }
    due = null;
  }

  const view = {
    get rows() {
      settle();
      return rows;
    },
    get queued() {
      settle();
      return queued;
    },
    get held() {
      return reasons.size > 0;
    },
    hold(reason) {
      settle();
      reasons.add(reason);
    },
    release(reason) {
      if (reasons.delete(reason) && reasons.size === 0) due = "all";
    },
    isHeldFor: (reason) => reasons.has(reason),

    /** Take everything as it is now; the holds stay. */
    refresh() {
      due = "all";
    },

    /** After a change of the store. */
    update(change) {
      if (change.filters || !view.held) due = "all";
      else if (due === null && !(change.selection && change.ids.size === 0)) due = "held";
      for (const row of change.rows ?? []) if (!isOpen(row)) closed.set(row.id, row);
    },
  };

  return view;
}
