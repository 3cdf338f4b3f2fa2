// One row of the list, an alarm or an incident: fills the markup of templates/desk/_alarm_row.html, writing only what differs.

import { parts, setText } from "#js/dom.js";
import { isSilent, isWaiting } from "#js/store.js";

const kept = new WeakMap();

/** The parts of a row, looked up once. */
function partsOf(element) {
  let found = kept.get(element);
  if (!found) {
    found = { ...parts(element), use: element.querySelector(".glyph use") };
    kept.set(element, found);
  }
  return found;
}

/** The code of the asset, and the sector: the first is what a narrow list does without. */
function place(part, row) {
  const code = row.asset?.code ?? row.feed ?? "";
  const sector = row.sector?.name ?? "";
  setText(part.code, code && sector ? `${code} · ` : code);
  setText(part.sector, sector);
}

/** How many alarms of an incident are open and wait: one number where all of them do. */
function counted(counts, format) {
  const waiting = counts.unacknowledged > 0 && format.say("incident.waiting_short", { n: counts.unacknowledged });
  const open = counts.unacknowledged !== counts.open && format.say("incident.open", { n: counts.open });
  const critical = counts.critical > 0 && format.say("count.critical", { n: counts.critical });
  return [critical, open, waiting].filter(Boolean).join(" · ");
}

/** The word beside a row that is not plainly active, or "". */
export function tag(row, format) {
  if (row.state === "normal") return format.say("tag.normal");
  if (row.out_of_service_until) return format.say("tag.out_of_service");
  if (row.shelved_until) return format.say("tag.shelved");
  if (row.suppressed_by) return format.say("tag.suppressed");
  return row.state === "returned" ? format.say("tag.returned") : "";
}

/** `beneath`: whether it stands under the row of its incident. */
export function fillRow(element, row, index, format, beneath = false) {
  const part = partsOf(element);
  if (part.row !== row || part.beneath !== beneath) {
    part.row = row;
    part.beneath = beneath;
    element.id = `alarm-${row.id}`;
    element.dataset.id = row.id;
    if (element.dataset.severity !== row.severity) {
      element.dataset.severity = row.severity;
      part.use.setAttribute("href", `#glyph-${row.severity}`);
    }
    setText(part.severity, format.say(`severity.${row.severity}`));
    element.classList.toggle("beneath", beneath);
    element.setAttribute("aria-level", beneath ? 2 : 1);
    const heads = Boolean(row.members !== undefined);
    if (element.classList.toggle("incident", heads)) fillIncident(element, part, row, format);
    else fillAlarm(element, part, row, format);
    part.raised = Date.parse(row.raised_at);
  }
  if (part.index !== index) {
    part.index = index;
    element.setAttribute("aria-rowindex", index + 2);
  }
}

function fillAlarm(element, part, row, format) {
  element.dataset.state = row.state;
  element.removeAttribute("aria-expanded");
  element.classList.toggle("waiting", isWaiting(row));
  element.classList.toggle("silent", isSilent(row));
  part.fold.hidden = true;
  part.number.hidden = true;
  setText(part.sentence, format.pick(row.sentence));
  place(part, row);
  setText(part.action, format.pick(row.suggested_action));
  show(part.tag, tag(row, format));
  show(part.who, row.taken_by ?? "");
  show(part.often, row.chattering ? format.say("tag.chattering", { n: row.occurrences }) : "");
  show(part.silenced, "");
}

function fillIncident(element, part, head, format) {
  const { incident } = head;
  const { counts } = incident;
  element.dataset.state = incident.state;
  element.setAttribute("aria-expanded", head.open);
  element.classList.toggle("waiting", counts.unacknowledged > 0);
  element.classList.remove("silent");
  part.fold.hidden = head.members === 0;
  part.fold.setAttribute("aria-label", format.say(head.open ? "incident.fold" : "incident.unfold"));
  show(part.number, format.say("incident.name", { number: String(incident.number) }));
  setText(part.sentence, format.pick(incident.title));
  setText(part.code, "");
  setText(part.sector, counted(counts, format));
  setText(part.action, format.pick(incident.procedure));
  show(part.tag, counts.open === 0 ? format.say("incident.to_close") : "");
  show(part.who, incident.owner ?? "");
  show(part.often, "");
  show(part.silenced, counts.suppressed > 0 ? format.say("incident.suppressed", { n: counts.suppressed }) : "");
}

/** A part that is there only when it has something to say. */
function show(part, text) {
  setText(part, text);
  part.hidden = text === "";
}

export function fillAge(element, now, format) {
  const part = partsOf(element);
  setText(part.age, format.age(now - part.raised));
}
