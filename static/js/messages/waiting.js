// Which messages wait for somebody: for an entity of theirs that has not answered, or not read what asks nothing. Pure.

/** Recipients of a row that a person acts for and that still owe something. */
export function owed(row, me) {
  if (row.closed_at) return [];
  const done = (each) => (row.kind === "question" ? each.answered_at : each.acknowledged_at);
  return row.recipients.filter((each) => each.members.includes(me) && !done(each));
}

/** How many rows wait for a person. */
export const waiting = (rows, me) => [...rows].filter((row) => owed(row, me).length > 0).length;
