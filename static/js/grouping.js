// Alarms of an open incident stand under one row of the list; a few critical ones stay in view even when it is folded. Pure.

import { alphabetical } from "#js/alphabet.js";
import { heardOf, isSilent, isWaiting, worse } from "#js/nouns/alarm.js";

/** In a storm, five hundred critical alarms of one incident must not push the next incident out of sight. */
const MOST_IN_VIEW = 3;

export const headerId = (incident) => `i${incident}`;
export const isHeader = (id) => typeof id === "string";
export const incidentOf = (id) => (isHeader(id) ? Number(id.slice(1)) : null);

/** Worst first, then newest; among equals the latest number. */
export function before(a, b) {
  const order = worse(a, b);
  if (order !== 0) return order;
  if (a.raised_at !== b.raised_at) return a.raised_at < b.raised_at ? 1 : -1;
  return (b.order ?? b.id) - (a.order ?? a.id);
}

const begun = (a, b) => (a.raised_at === b.raised_at ? 0 : a.raised_at < b.raised_at ? -1 : 1);
/** Where a row is: of an incident, the alarm that tells how it stands. */
const placeOf = (row) => {
  const { sector, asset, feed_name: feed } = row.members === undefined ? row : (row.telling ?? row.incident);
  return [sector?.name ?? "", asset?.code ?? feed ?? ""];
};

function byPlace(a, b) {
  const [one, other] = [placeOf(a), placeOf(b)];
  return alphabetical(one[0], other[0]) || alphabetical(one[1], other[1]) || before(a, b);
}

/** The orders in which the list may stand, by name. */
export const ORDERS = {
  worst: before,
  newest: (a, b) => begun(b, a) || before(a, b),
  oldest: (a, b) => begun(a, b) || before(a, b),
  place: byPlace,
};

/** How many of these alarms there are of each severity, but for those whose ids are in `shown`: what is folded away. */
export function tally(members, shown) {
  const more = {};
  for (const { id, severity } of members) if (!shown.has(id)) more[severity] = (more[severity] ?? 0) + 1;
  return more;
}

const worstOf = (rows) => rows.reduce((found, row) => (found === null || before(row, found) < 0 ? row : found), null);

/**
 * The alarm whose present value says how an incident stands: the worst of these that stands and has a point, else of any that has;
 * where none has, the worst that stands, as a silence says since when nothing came.
 */
export function tellingOf(rows) {
  const stands = (row) => row.state !== "returned";
  const witnessed = rows.filter((row) => row.witness !== null);
  if (witnessed.length === 0) return worstOf(rows.filter(stands));
  const standing = witnessed.filter(stands);
  return worstOf(standing.length ? standing : witnessed);
}

/** What the list shows of an incident: its worst and its newest alarm in sight, and how many of each severity are folded away. */
export function header(incident, members, { open = false, folded = 0, more = {} } = {}) {
  const worst = worstOf(members);
  const newest = members.reduce((found, row) => (row.raised_at > found ? row.raised_at : found), "");
  return {
    ...{ id: headerId(incident.id), order: incident.id, incident, open, folded, more, members: members.length },
    ...{ severity: (worst ?? incident).severity ?? "low", stake: (worst ?? incident).stake ?? "goods" },
    ...{ telling: tellingOf(members), raised_at: newest || incident.joined_at, ended: hasEnded(incident, members) },
  };
}

/** Whether all that is heard of an incident has ended; what the filters keep from these members may stand still. */
function hasEnded({ counts }, members) {
  const heard = members.filter((row) => !isSilent(row));
  return heard.length > 0 && heard.length >= heardOf(counts) && heard.every((row) => row.state === "returned");
}

/** Whether an incident is shown though none of its alarms is: somebody must close it, who sees all of it. */
const toClose = (incident) => incident.counts.open === 0 && !incident.partial;

/** Of a folded incident: critical alarms that wait for somebody first, then the newest. */
function inView(members) {
  const critical = members.filter((row) => row.severity === "critical");
  return critical.sort((a, b) => isWaiting(b) - isWaiting(a) || before(a, b)).slice(0, MOST_IN_VIEW);
}

/**
 * arrange(rows, incidents, {unfolded, idle, order}) → headers and rows in the order of the list
 *
 * rows      alarms that pass the filters, in any order; incidents: Map id → incident row, those not closed
 * unfolded  Set of incident ids whose alarms are all shown
 * idle      whether incidents without an open alarm are shown too
 * order     of `ORDERS`: of what stands in the list, and of the alarms of an incident beneath it
 */
export function arrange(rows, incidents, { unfolded, idle = false, order = before }) {
  const groups = new Map();
  const top = [];
  for (const row of rows) {
    const id = row.incident?.id;
    if (id === undefined || !incidents.has(id)) top.push(row);
    else if (groups.has(id)) groups.get(id).push(row);
    else groups.set(id, [row]);
  }
  const beneath = new Map();
  for (const [id, members] of groups) {
    const open = unfolded.has(id);
    const shown = (open ? members : inView(members)).sort(order);
    const more = tally(members, new Set(shown.map((row) => row.id)));
    const head = header(incidents.get(id), members, { open, folded: members.length - shown.length, more });
    beneath.set(head, shown);
    top.push(head);
  }
  const settled = idle ? [...incidents.values()].filter((incident) => toClose(incident) && !groups.has(incident.id)) : [];
  const rest = settled.map((incident) => header(incident, [])).sort(before);
  return [...top.sort(order).flatMap((row) => (beneath.has(row) ? [row, ...beneath.get(row)] : [row])), ...rest];
}
