// How an alarm is judged: whether it is open, waits for somebody, is silenced, and which of two is worse. Pure.

export const SEVERITIES = ["critical", "high", "medium", "low"];
/** The greater the worse, as `RANK` of alarms/engine/wording.py. */
export const RANK = { low: 1, medium: 2, high: 3, critical: 4 };
const STAKES = { life: 0, environment: 1, continuity: 2, goods: 3 };

/** Worst first: by severity, and of equal ones life before goods. */
export const worse = (a, b) => RANK[b.severity] - RANK[a.severity] || STAKES[a.stake] - STAKES[b.stake];

export const isOpen = (row) => row.state !== "normal";
export const isWaiting = (row) => row.state === "unacknowledged" || row.state === "returned";
export const isSetAside = (row) => Boolean(row.shelved_until || row.out_of_service_until);
/** Explained by a cause, and by nothing else out of sight. */
export const isSuppressed = (row) => Boolean(row.suppressed_by) && !isSetAside(row);
export const isSilent = (row) => isSetAside(row) || isSuppressed(row);
/** How many open alarms of an incident are not silenced: what the lamps count of it. */
export const heardOf = (counts) => SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
