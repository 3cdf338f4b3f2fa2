// Vehicles that wait, with their plates: the live channel tells rows without them, and the interface is asked for those. Pure.

/** What a row says, with the plate and the candidates that were last told of it. */
export function joined(row, told) {
  if (!told) return row;
  return told.seq >= row.seq ? told : { ...row, plate: told.plate, country: told.country, candidates: told.candidates };
}

/** The vehicles of one gate, whoever came first first. */
export const inOrder = (rows) => [...rows].sort((a, b) => a.first_at.localeCompare(b.first_at) || a.id - b.id);

/**
 * The vehicle to look at: the one that is shown while it waits, else whoever has waited longest, else the one that was
 * shown, else one that is being opened: its barrier may not obey. */
export function nextOf(rows, shown) {
  const waiting = inOrder(rows.filter((row) => row.state === "waiting"));
  if (waiting.some((row) => row.id === shown)) return shown;
  if (waiting.length) return waiting[0].id;
  if (rows.some((row) => row.id === shown)) return shown;
  return inOrder(rows.filter((row) => row.state === "opening"))[0]?.id ?? null;
}

/** A plate in pieces {text, differs}: `places` are those of its characters that were read otherwise. */
export function pieces(plate, places) {
  const found = [];
  for (const [place, text] of [...plate].entries()) {
    const differs = places.includes(place);
    if (found.at(-1)?.differs === differs) found.at(-1).text += text;
    else found.push({ text, differs });
  }
  return found;
}

/**
 * createKnown({store, ask, onChange}) → {rows(), get(id), note(row), look()}
 *
 * ask() answers the open passages with their plates, or null where nobody may read them. One question is under way at a time;
 * what changes meanwhile is asked for once more.
 */
export function createKnown({ store, ask, onChange }) {
  const live = store.rows("passage");
  let clear = new Map();
  let asking = false;
  let again = false;

  async function look() {
    again = true;
    if (asking) return;
    asking = true;
    try {
      while (again) {
        again = false;
        const rows = await ask();
        if (rows) clear = new Map(rows.map((row) => [row.id, row]));
      }
    } finally {
      asking = false;
    }
    onChange();
  }

  return {
    rows: () => [...live.values()].map((row) => joined(row, clear.get(row.id))),
    get: (id) => (live.has(id) ? joined(live.get(id), clear.get(id)) : null),
    /** A row that was asked for alone: it is as new as any. */
    note: (row) => row.plate !== null && clear.set(row.id, row),
    look,
  };
}
