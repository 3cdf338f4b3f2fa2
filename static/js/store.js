// What this screen knows of its site: of each noun the rows that are open, whatever nouns there are. Pure, no page and no clock.
//
// Journal numbers order everything. `seq` is the last number applied; whatever shows that a number was missed makes `apply`
// answer the number to ask again from. Rows are those of the API, unchanged.
//
//   store.rows(noun) Map id → row, open ones only; the same Map for as long as the store is there
//   store.present    Map point → its present value, "a" and the id of a sector's alarm → that of its worst point now; of an alarm without a point, or before the first word, nothing. Nobody is told of a
//                     change: whoever shows ages looks here at each tick of them
//   store.feeds      {well, all} as the last pulse said, null when the server cannot tell, undefined before the first
//   store.subscribe(listener) → unsubscribe; listener({changed: {noun: Set of ids} | null, told: {noun: rows}, entries, elsewhere});
//                     null: all of them, and nothing else is said

const isOpenRow = (row) => !row.closed_at;

/** createStore({nouns}): by noun, how its rows are judged; of a noun that is not there, a row is open until it has `closed_at`. */
export function createStore({ nouns = {} } = {}) {
  const listeners = new Set();
  const judged = { ...nouns };
  const maps = new Map();
  let staged = null;

  const store = {
    present: new Map(),
    seq: null,
    feeds: undefined,

    rows(noun) {
      if (!maps.has(noun)) maps.set(noun, new Map());
      return maps.get(noun);
    },

    /** From now on the rows of this noun are judged so; what is closed by it leaves. */
    judge(noun, judgement) {
      judged[noun] = judgement;
      const known = store.rows(noun);
      for (const row of [...known.values()]) if (!judgement.isOpen(row)) known.delete(row.id);
    },

    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** One frame of the socket. Answers the number to ask again from, or null when nothing is missing. */
    apply(frame) {
      if (frame.type === "snapshot") return applySnapshot(frame);
      if (frame.type === "entries") return applyEntries(frame);
      if (frame.type === "pulse") return applyPulse(frame);
      if (frame.type === "present") for (const point of frame.points) store.present.set(point.alarm ? `a${point.alarm}` : point.point, point);
      return null;
    },
  };

  function tell(change) {
    for (const listener of listeners) listener(change);
  }

  function applyPulse(frame) {
    const before = store.feeds;
    store.feeds = frame.feeds;
    if (before?.well !== frame.feeds?.well || before?.all !== frame.feeds?.all) tell({ changed: {} });
    return store.seq !== null && frame.seq > store.seq ? store.seq : null;
  }

  function applySnapshot(frame) {
    staged ??= new Map();
    for (const [noun, rows] of Object.entries(frame.rows)) {
      if (!staged.has(noun)) staged.set(noun, []);
      staged.get(noun).push(...rows);
    }
    if (frame.more) return null;
    for (const noun of new Set([...maps.keys(), ...staged.keys()])) {
      const known = store.rows(noun);
      known.clear();
      for (const row of staged.get(noun) ?? []) known.set(row.id, row);
    }
    staged = null;
    store.seq = frame.seq;
    tell({ changed: null });
    return null;
  }

  function applyEntries(frame) {
    if (store.seq === null) return null; // the snapshot on its way will say it
    if (frame.to <= store.seq) return null;
    if (frame.from > store.seq + 1) return store.seq;
    const changed = {};
    for (const [noun, rows] of Object.entries(frame.rows)) changed[noun] = takeRows(noun, rows);
    // What moved to a sector that is not ours.
    for (const [noun, ids] of Object.entries(frame.gone ?? {})) {
      changed[noun] ??= new Set();
      for (const id of ids) if (store.rows(noun).delete(id)) changed[noun].add(id);
    }
    store.seq = frame.to;
    tell({ changed, told: frame.rows, entries: frame.entries, elsewhere: frame.elsewhere ?? [] });
    return null;
  }

  /** Ids of those that are not as they were. */
  function takeRows(noun, rows) {
    const known = store.rows(noun);
    const isOpen = judged[noun]?.isOpen ?? isOpenRow;
    const changed = new Set();
    for (const row of rows) {
      if (known.get(row.id)?.seq > row.seq) continue;
      if (isOpen(row)) known.set(row.id, row);
      else if (!known.delete(row.id)) continue;
      changed.add(row.id);
    }
    return changed;
  }

  return store;
}
