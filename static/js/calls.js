// Which rows call for a person after a change: new ones, those that came again, grew worse or came back into view. Pure.

import { isSilent, RANK } from "#js/nouns/alarm.js";

const calling = (row) => row.state === "unacknowledged" && !isSilent(row);

/** createCalls() → {of(rows)}: those of a change's rows that call. What stands when the page opens called before it opened. */
export function createCalls() {
  let known = null;

  const note = (row) => known.set(row.id, { calling: calling(row), rank: RANK[row.severity], occurrences: row.occurrences, raised: row.raised_at });

  return {
    of(rows) {
      const first = known === null;
      known ??= new Map();
      const found = rows.filter((row) => {
        if (!calling(row)) return false;
        const before = known.get(row.id);
        return !before?.calling || RANK[row.severity] > before.rank || row.occurrences > before.occurrences || row.raised_at > before.raised;
      });
      for (const row of rows) {
        if (row.state === "normal") known.delete(row.id);
        else note(row);
      }
      return first ? [] : found;
    },
  };
}
