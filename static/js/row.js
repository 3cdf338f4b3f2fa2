// One row of the list, an alarm or an incident: fills the markup of templates/desk/_alarm_row.html, writing only what differs.

import { parts, setText } from "#js/dom.js";
import { heardOf, isSilent, isWaiting, SEVERITIES } from "#js/nouns/alarm.js";
import { briefly } from "#js/present.js";

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
  const code = row.asset?.code ?? row.feed_name ?? "";
  const sector = row.sector?.name ?? "";
  setText(part.code, code && sector ? `${code} · ` : code);
  setText(part.sector, sector);
}

/** How many alarms of an incident are folded away, of the two worst severities, and how many are open and wait: one number where
 * all of them do. */
function counted({ more, incident: { counts } }, format) {
  const waiting = counts.unacknowledged > 0 && format.say("incident.waiting_short", { n: counts.unacknowledged });
  const heard = heardOf(counts);
  const open = heard > 0 && counts.unacknowledged !== heard && format.say("incident.open", { n: heard });
  const worst = SEVERITIES.filter((severity) => more[severity] > 0).slice(0, 2);
  const folded = worst.length > 0 && `+ ${worst.map((severity) => format.say(`count.${severity}`, { n: more[severity] })).join(", ")}`;
  return [folded, open, waiting].filter(Boolean).join(" · ");
}

/** The word beside a row that is not plainly active, or "". */
export function tag(row, format) {
  if (row.state === "normal") return format.say("tag.normal");
  if (row.out_of_service_until) return format.say(row.out_of_service_of === "maintenance" ? "tag.maintenance" : "tag.out_of_service");
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
  element.classList.remove("ended");
  part.fold.hidden = true;
  part.number.hidden = true;
  setSentence(part, format.pick(row.sentence));
  place(part, row);
  setText(part.action, format.pick(row.suggested_action));
  show(part.tag, tag(row, format));
  showPerson(part.who, row.taken_by, format);
  show(part.often, row.chattering ? format.say("tag.chattering", { n: row.occurrences }) : "");
  show(part.silenced, "");
  show(part.aside, "");
}

function fillIncident(element, part, head, format) {
  const { incident } = head;
  const { counts } = incident;
  element.dataset.state = incident.state;
  element.setAttribute("aria-expanded", head.open);
  element.classList.toggle("waiting", counts.unacknowledged > 0);
  element.classList.remove("silent");
  element.classList.toggle("ended", head.ended);
  part.fold.hidden = head.members === 0;
  part.fold.setAttribute("aria-label", format.say(head.open ? "incident.fold" : "incident.unfold"));
  show(part.number, format.say("incident.name", { number: String(incident.number) }));
  setSentence(part, format.pick(incident.title));
  setText(part.code, "");
  setText(part.sector, counted(head, format));
  setText(part.action, format.pick(incident.procedure));
  show(part.tag, counts.open === 0 ? format.say("incident.to_close") : head.ended ? format.say("tag.returned") : "");
  showPerson(part.who, incident.owner, format);
  show(part.often, "");
  show(part.silenced, counts.suppressed > 0 ? format.say("incident.suppressed", { n: counts.suppressed }) : "");
  show(part.aside, counts.set_aside > 0 ? format.say("incident.set_aside", { n: counts.set_aside }) : "");
}

/** A sentence in two pieces: what does not fit is cut out of the first, for the second says what is wrong, or where. Pure. */
export function halves(sentence) {
  const cut = Math.max(sentence.lastIndexOf("\u00a0: "), sentence.lastIndexOf(" : "), sentence.lastIndexOf(": "), sentence.lastIndexOf(" — "));
  return cut < 0 ? [sentence, ""] : [sentence.slice(0, cut), sentence.slice(cut)];
}

function setSentence(part, sentence) {
  const [first, second] = halves(sentence);
  setText(part.sentence, first);
  setText(part.rest, second);
  part.sentence.parentElement.title = sentence;
}

/** A part that is there only when it has something to say. */
function show(part, text) {
  setText(part, text);
  part.hidden = text === "";
}

function showPerson(part, login, format) {
  show(part, login ? format.person(login) : "");
  part.title = login ?? "";
}

/** What the row's point reads now, or that of an incident's worst alarm; nothing where there is none. */
export function fillPresent(element, row, point, now, format, linked) {
  const part = partsOf(element);
  const told = point && row.state !== "normal" ? briefly(point, now, format, linked) : { standing: "", text: "", title: "" };
  setText(part.present, told.text);
  if (part.present.title !== told.title) part.present.title = told.title;
  if (element.dataset.present !== told.standing) element.dataset.present = told.standing;
}

export function fillAge(element, now, format) {
  const part = partsOf(element);
  setText(part.age, format.age(now - part.raised));
}
