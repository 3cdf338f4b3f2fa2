// What this screen knows of the open alarms and incidents of its site, and which of them its filters let through: pure, no page and
// no clock of its own. It is the store of every page of a site, with what lamps, list and map ask of alarms.
//
//   store.alarms     Map id → row, open alarms only
//   store.incidents  Map id → incident row, those not closed
//   store.selected   id of an alarm, "i" and the id of an incident, or null
//   store.filters    {severities: Set (empty: all), scope: "open"|"waiting"|"mine"|"shelved"|"suppressed", text, sector,
//                     incident: id or null, cause: id of an alarm or null, kinds: Set of kinds of assets (empty: all), named: what
//                     these are called, zone: corners [lon, lat] of what was drawn on the map, or null}
//   store.subscribe(listener) → unsubscribe; listener({ids: Set|null, incidents: Set|null, selection: bool, filters: bool});
//                     null: all of them; after a change of the journal also what store.js tells, and `rows`: its alarms

import { inside, written } from "#js/map/geometry.js";
import * as alarm from "#js/nouns/alarm.js";
import * as command from "#js/nouns/command.js";
import * as incident from "#js/nouns/incident.js";
import * as override from "#js/nouns/override.js";
import * as scenario_run from "#js/nouns/scenario_run.js";
import { createStore } from "#js/store.js";

const { SEVERITIES, isOpen, isSetAside, isSilent, isSuppressed, isWaiting } = alarm;
const NO_FILTERS = () => ({
  severities: new Set(),
  scope: "open",
  text: "",
  sector: "",
  incident: null,
  cause: null,
  kinds: new Set(),
  named: "",
  zone: null,
});
const NONE = new Set();
const foldCache = new WeakMap();

export function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** A folded word without its plural, as `assets/spelling.py` has it. */
export function stem(word) {
  return word.length > 4 && /[a-z][sx]$/.test(word) && !/[sx]{2}$/.test(word) && /^\p{L}+$/u.test(word) ? word.slice(0, -1) : word;
}

function searchable(row, names) {
  let text = foldCache.get(row);
  if (text === undefined) {
    const parts = [row.sentence.fr, row.sentence.en, row.asset?.code, row.asset?.name, row.sector?.name, row.feed_name, row.taken_by];
    if (row.taken_by) parts.push(names[row.taken_by]);
    foldCache.set(row, (text = fold(parts.filter(Boolean).join(" "))));
  }
  return text;
}

const SCOPES = {
  open: (row) => !isSilent(row),
  waiting: (row) => !isSilent(row) && isWaiting(row),
  mine: (row, me) => row.taken_by === me,
  shelved: isSetAside,
  suppressed: isSuppressed,
};

const STATES = { open: "in_view", shelved: "set_aside", suppressed: "suppressed" };

/** The filters as the interface has them, for an address. */
export function asQuery({ severities, scope, text, sector, incident, cause, kinds, zone }) {
  const asked = {
    ...{ state: STATES[scope] ?? "open", severity: [...severities].join(), kind: [...kinds].join() },
    ...{ sector: sector.split("/").at(-1), incident: incident ?? "", suppressed_by: cause ?? "", q: text, zone: zone ? written(zone) : "" },
  };
  return `?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ""))}`;
}

export function createAlarmStore({ me = "", names = {} } = {}) {
  const store = createStore({ nouns: { alarm, incident, command, scenario_run, override } });
  const { subscribe } = store;
  const listeners = new Set();
  let sight = null; // until anything changes

  function tell(change) {
    sight = null;
    for (const listener of listeners) listener(change);
  }

  subscribe((change) =>
    tell({
      ...change,
      ids: change.changed === null ? null : (change.changed.alarm ?? NONE),
      incidents: change.changed === null ? null : (change.changed.incident ?? NONE),
      selection: false,
      filters: false,
      rows: change.told && (change.told.alarm ?? []),
    }),
  );

  function look() {
    const { severities, scope, text, sector, incident, cause, kinds, zone } = store.filters;
    const narrowed = severities.size > 0 || text !== "" || sector !== "" || kinds.size > 0 || zone !== null;
    const filtered = scope !== "open" || narrowed || incident !== null || cause !== null;
    const found = { filtered, shown: 0, returned: 0, total: 0, hidden: 0, critical: 0 };
    for (const row of store.alarms.values()) {
      const passes = store.matches(row);
      found.shown += passes;
      found.returned += passes && row.state === "returned";
      if (isSilent(row)) continue;
      found.total += 1;
      found.hidden += !passes;
      found.critical += !passes && row.severity === "critical";
    }
    if (scope !== "open" && scope !== "waiting") found.total = store.alarms.size;
    return found;
  }

  return Object.assign(store, {
    alarms: store.rows("alarm"),
    incidents: store.rows("incident"),
    selected: null,
    filters: NO_FILTERS(),

    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
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

    /** Only these filters, in the sector and the zone and of the kinds that are chosen. */
    filterOnly(changes) {
      const { sector, kinds, named, zone } = store.filters;
      store.filter({ ...NO_FILTERS(), sector, kinds, named, zone, ...changes });
    },

    unfilter: () => store.filter(NO_FILTERS()),

    /** The open alarms of an incident. */
    members: (incident) => [...store.alarms.values()].filter((row) => row.incident?.id === incident),

    /** Whether a cause explains this alarm, at whatever distance: a substation explains the lamps of the cabinets it explains. */
    isExplained(row, cause) {
      const seen = new Set();
      for (let above = row.suppressed_by; above && !seen.has(above); above = store.alarms.get(above)?.suppressed_by) {
        if (above === cause) return true;
        seen.add(above);
      }
      return false;
    },

    /** How many open alarms a cause keeps silent. */
    explains: (cause) => [...store.alarms.values()].filter((row) => isSuppressed(row) && store.isExplained(row, cause)).length,

    /** Whether the filters let this row through; what is closed passes no filter. */
    matches(row) {
      const { severities, scope, text, sector, incident, cause, kinds, zone } = store.filters;
      if (!isOpen(row) || !SCOPES[scope](row, me)) return false;
      if (severities.size && !severities.has(row.severity)) return false;
      if (incident !== null && row.incident?.id !== incident) return false;
      if (cause !== null && !store.isExplained(row, cause)) return false;
      if (kinds.size && !kinds.has(row.asset?.kind)) return false;
      if (zone && !(row.asset && row.asset.lon !== null && inside(zone, row.asset.lon, row.asset.lat))) return false;
      if (sector && !(row.sector && (row.sector.path === sector || row.sector.path.startsWith(`${sector}/`)))) return false;
      return (
        text === "" ||
        fold(text)
          .split(/\s+/)
          .every((word) => searchable(row, names).includes(stem(word)))
      );
    },

    /**
     * How many alarms the filters let through, how many of these have ended, and what they keep from sight of what the lamps count:
     * {filtered, shown, returned, total, hidden, critical: hidden ones that are critical}.
     */
    sight() {
      sight ??= look();
      return sight;
    },

    /** {critical: {open, waiting}, …, shelved, suppressed}: each alarm is in one of them, as in the counts of an incident. */
    counts() {
      const counts = { shelved: 0, suppressed: 0 };
      for (const severity of SEVERITIES) counts[severity] = { open: 0, waiting: 0 };
      for (const row of store.alarms.values()) {
        if (isSetAside(row)) counts.shelved += 1;
        else if (isSuppressed(row)) counts.suppressed += 1;
        else {
          counts[row.severity].open += 1;
          if (isWaiting(row)) counts[row.severity].waiting += 1;
        }
      }
      return counts;
    },
  });
}
