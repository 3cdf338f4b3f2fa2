// Which alarms the list shows and in which order; it holds still while somebody's hand is on it. Pure.

import { arrange, ORDERS, tally } from "#js/grouping.js";
import { isOpen } from "#js/nouns/alarm.js";

const GROUPED = new Set(["open", "waiting"]);

/**
 * createView(store, {grouped, order}) → {rows, queued, outside, held, hold(reason), release(reason), update(change), refresh(), fold(incident), grouped, order}
 *
 * rows     what is shown, in order: alarms, and headers of incidents (grouping.js). While held nothing enters, leaves or moves: a
 *          row that closed stays, as it was last known; the numbers of a header go on.
 * queued   rows that wait outside, in order.
 * order    name of one of `ORDERS`
 * grouped  whether incidents gather their alarms; never while something is searched for.
 */
export function createView(store, { grouped = true, order = "worst" } = {}) {
  const reasons = new Set();
  const unfolded = new Set();
  const closed = new Map(); // alarms that closed while the list was held, as they were last told
  let rows = [];
  let queued = [];
  let due = null; // "all" | "held": what to work out before the next look; a burst of frames costs one

  const matching = () => [...store.alarms.values()].filter(store.matches);

  function wanted() {
    const found = matching();
    const { scope, text, incident, severities, sector, kinds, zone } = store.filters;
    const by = ORDERS[view.order] ?? ORDERS.worst;
    if (!view.grouped || !GROUPED.has(scope) || text !== "" || incident !== null) return found.sort(by);
    const idle = scope === "open" && severities.size === 0 && sector === "" && kinds.size === 0 && zone === null;
    return arrange(found, store.incidents, { unfolded, idle, order: by });
  }

  function asKnown(row) {
    if (row.incident?.counts) return { ...row, incident: store.incidents.get(row.incident.id) ?? { ...row.incident, state: "closed" } };
    return store.alarms.get(row.id) ?? closed.get(row.id) ?? { ...row, state: "normal" };
  }

  /** Headers as they are now: what is folded away goes on being counted while the rows beneath them stand still. */
  function counted(known) {
    const heads = new Set(known.filter((row) => row.members !== undefined).map((row) => row.incident.id));
    if (heads.size === 0) return known;
    const shown = new Set(known.map((row) => row.id));
    const members = new Map([...heads].map((id) => [id, []]));
    for (const row of matching()) members.get(row.incident?.id)?.push(row);
    return known.map((row) => (row.members === undefined ? row : { ...row, more: tally(members.get(row.incident.id), shown) }));
  }

  /** What is new among what is wanted: not a header alone whose alarms are new in sight beside it. */
  function fresh() {
    const shown = new Set(rows.map((row) => row.id));
    return wanted().filter((row) => !shown.has(row.id) && !(row.members && row.folded === 0));
  }

  function settle() {
    if (due === "all") {
      rows = wanted();
      queued = [];
      closed.clear();
    } else if (due === "held") {
      rows = counted(rows.map(asKnown));
      queued = fresh();
    }
    due = null;
  }

  const view = {
    grouped,
    order,
    get rows() {
      settle();
      return rows;
    },
    get queued() {
      settle();
      return queued;
    },
    /** How many alarms wait outside: those whose row is not here, nor that of their incident, and those new beneath one. */
    get outside() {
      settle();
      if (queued.length === 0) return 0;
      const shown = new Set(rows.map((row) => row.id));
      const heads = new Set(rows.filter((row) => row.members !== undefined).map((row) => row.incident.id));
      const new_ = new Set(queued.map((row) => row.id));
      return matching().filter((row) => new_.has(row.id) || (!shown.has(row.id) && !heads.has(row.incident?.id))).length;
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

    isUnfolded: (incident) => unfolded.has(incident),

    /** Show all alarms of an incident, or only a few critical ones. */
    fold(incident, away = unfolded.has(incident)) {
      if (away) unfolded.delete(incident);
      else unfolded.add(incident);
      due = "all";
    },

    /** Take everything as it is now; the holds stay. */
    refresh() {
      due = "all";
    },

    /** After a change of the store. */
    update(change) {
      if (change.filters || !view.held) due = "all";
      else if (due === null && !(change.ids?.size === 0 && change.incidents?.size === 0)) due = "held";
      for (const row of change.rows ?? []) if (!isOpen(row)) closed.set(row.id, row);
    },
  };

  return view;
}
