// What this screen knows of the open alarms of its site: pure, no page and no clock of its own.
//
// Journal numbers order everything. `seq` is the last number applied; whatever shows that a number was missed makes `apply`
// answer the number to ask again from. Rows are the alarm rows of the API, unchanged.
//
//   store.alarms     Map id → row, open alarms only
//   store.incidents  Map id → incident row, those not closed
//   store.selected   id of an alarm, "i" and the id of an incident, or null
//   store.filters    {severities: Set (empty: all), scope: "open"|"waiting"|"mine"|"shelved"|"suppressed"|"feeds", text, sector,
//                     incident: id or null, cause: id of an alarm or null}
//   store.subscribe(listener) → unsubscribe; listener({ids: Set|null, incidents: Set|null, selection: bool, filters: bool});
//                     null: all of them

export const SEVERITIES = ["critical", "high", "medium", "low"];
export const RANK = { critical: 0, high: 1, medium: 2, low: 3 };

export const isOpen = (row) => row.state !== "normal";
export const isWaiting = (row) => row.state === "unacknowledged" || row.state === "returned";
export const isSilent = (row) => Boolean(row.shelved_until || row.suppressed_by || row.out_of_service_until);

const NO_FILTERS = () => ({ severities: new Set(), scope: "open", text: "", sector: "", incident: null, cause: null });
const NONE = new Set();
const foldCache = new WeakMap();

export function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** A folded word without its plural, as `assets/spelling.py` has it. */
export function stem(word) {
  return word.length > 4 && /[a-z][sx]$/.test(word) && !/[sx]{2}$/.test(word) && /^\p{L}+$/u.test(word) ? word.slice(0, -1) : word;
}

function searchable(row) {
  let text = foldCache.get(row);
  if (text === undefined) {
    const parts = [row.sentence.fr, row.sentence.en, row.asset?.code, row.asset?.name, row.sector?.name, row.feed, row.taken_by];
    foldCache.set(row, (text = fold(parts.filter(Boolean).join(" "))));
  }
  return text;
}

const SCOPES = {
  open: (row) => !isSilent(row),
  waiting: (row) => !isSilent(row) && isWaiting(row),
  mine: (row, me) => row.taken_by === me,
  shelved: (row) => Boolean(row.shelved_until || row.out_of_service_until),
  suppressed: (row) => Boolean(row.suppressed_by),
  feeds: (row) => row.feed !== null,
};

export function createStore({ me = "" } = {}) {
  const listeners = new Set();
  let staged = null;

  const store = {
    alarms: new Map(),
    incidents: new Map(),
    entries: [],
    seq: null,
    selected: null,
    filters: NO_FILTERS(),

    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** One frame of the socket. Answers the number to ask again from, or null when nothing is missing. */
    apply(frame) {
      if (frame.type === "snapshot") return applySnapshot(frame);
      if (frame.type === "entries") return applyEntries(frame);
      if (frame.type === "pulse") return store.seq !== null && frame.seq > store.seq ? store.seq : null;
      return null;
    },

    get: (id) => store.alarms.get(id) ?? null,

    select(id) {
      if (id === store.selected) return;
      store.selected = id;
      tell({ ids: NONE, incidents: NONE, selection: true, filters: false });
    },

    filter(changes) {
      store.filters = { ...store.filters, ...changes };
      tell({ ids: NONE, incidents: NONE, selection: false, filters: true });
    },

    /** Only these filters. */
    filterOnly(changes) {
      store.filter({ ...NO_FILTERS(), sector: store.filters.sector, ...changes });
    },

    /** The open alarms of an incident. */
    members: (incident) => [...store.alarms.values()].filter((row) => row.incident?.id === incident),

    /** Whether the filters let this row through; what is closed passes no filter. */
    matches(row) {
      const { severities, scope, text, sector, incident, cause } = store.filters;
      if (!isOpen(row) || !SCOPES[scope](row, me)) return false;
      if (severities.size && !severities.has(row.severity)) return false;
      if (incident !== null && row.incident?.id !== incident) return false;
      if (cause !== null && row.suppressed_by !== cause) return false;
      if (sector && !(row.sector && (row.sector.path === sector || row.sector.path.startsWith(`${sector}/`)))) return false;
      return text === "" || fold(text).split(/\s+/).every((word) => searchable(row).includes(stem(word)));
    },

    /** {critical: {open, waiting}, …, shelved, suppressed, feeds: Set of slugs that are not well} */
    counts() {
      const counts = { shelved: 0, suppressed: 0, feeds: new Set() };
      for (const severity of SEVERITIES) counts[severity] = { open: 0, waiting: 0 };
      for (const row of store.alarms.values()) {
        if (row.feed !== null && row.state !== "returned") counts.feeds.add(row.feed);
        if (row.shelved_until || row.out_of_service_until) counts.shelved += 1;
        else if (row.suppressed_by) counts.suppressed += 1;
        else {
          counts[row.severity].open += 1;
          if (isWaiting(row)) counts[row.severity].waiting += 1;
        }
      }
      return counts;
    },
  };

  function tell(change) {
    for (const listener of listeners) listener(change);
  }

  function applySnapshot(frame) {
    staged ??= new Map();
    for (const row of frame.alarms) staged.set(row.id, row);
    if (frame.more) return null;
    store.alarms = staged;
    store.incidents = new Map((frame.incidents ?? []).map((incident) => [incident.id, incident]));
    staged = null;
    store.seq = frame.seq;
    tell({ ids: null, incidents: null, selection: false, filters: false });
    return null;
  }

  function applyEntries(frame) {
    if (store.seq === null) return null; // the snapshot on its way will say it
    if (frame.to <= store.seq) return null;
    if (frame.from > store.seq + 1) return store.seq;
    const ids = new Set();
    for (const row of frame.alarms) {
      const known = store.alarms.get(row.id);
      if (known && known.seq > row.seq) continue;
      if (isOpen(row)) store.alarms.set(row.id, row);
      else if (!store.alarms.delete(row.id)) continue;
      ids.add(row.id);
    }
    for (const incident of frame.incidents ?? []) {
      if (incident.state === "closed") store.incidents.delete(incident.id);
      else store.incidents.set(incident.id, incident);
    }
    const incidents = new Set((frame.incidents ?? []).map(({ id }) => id));
    // What moved to a sector that is not ours.
    for (const id of frame.gone?.alarms ?? []) if (store.alarms.delete(id)) ids.add(id);
    for (const id of frame.gone?.incidents ?? []) if (store.incidents.delete(id)) incidents.add(id);
    store.seq = frame.to;
    tell({ ids, incidents, selection: false, filters: false, entries: frame.entries, rows: frame.alarms });
    return null;
  }

  return store;
}
