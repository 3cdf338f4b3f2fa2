// One alarm row of the list: fills the markup of templates/desk/_alarm_row.html, writing only what differs.

import { parts, setText } from "#js/dom.js";
import { isSilent, isWaiting } from "#js/store.js";

const kept = new WeakMap();

/** The parts of a row, looked up once. */
function partsOf(element) {
  let found = kept.get(element);
  if (!found) {
    found = { ...parts(element), use: element.querySelector("use") };
    kept.set(element, found);
  }
  return found;
}

export function where(row) {
  return [row.asset?.code ?? row.feed, row.sector?.name].filter(Boolean).join(" · ");
}

/** The word beside a row that is not plainly active, or "". */
export function tag(row, format) {
  if (row.state === "normal") return format.say("tag.normal");
  if (row.out_of_service_until) return format.say("tag.out_of_service");
  if (row.shelved_until) return format.say("tag.shelved");
  if (row.suppressed_by) return format.say("tag.suppressed");
  return row.state === "returned" ? format.say("tag.returned") : "";
}

export function fillRow(element, row, index, format) {
  const part = partsOf(element);
  if (part.row !== row) {
    part.row = row;
    element.id = `alarm-${row.id}`;
    element.dataset.id = row.id;
    element.dataset.state = row.state;
    if (element.dataset.severity !== row.severity) {
      element.dataset.severity = row.severity;
      part.use.setAttribute("href", `#glyph-${row.severity}`);
    }
    setText(part.severity, format.say(`severity.${row.severity}`));
    element.classList.toggle("waiting", isWaiting(row));
    element.classList.toggle("silent", isSilent(row));
    const sentence = format.pick(row.sentence);
    setText(part.sentence, sentence);
    setText(part.where, where(row));
    setText(part.action, format.pick(row.suggested_action));
    setText(part.tag, tag(row, format));
    part.tag.hidden = part.tag.textContent === "";
    setText(part.who, row.taken_by ?? "");
    part.who.hidden = !row.taken_by;
    part.raised = Date.parse(row.raised_at);
  }
  if (part.index !== index) {
    part.index = index;
    element.setAttribute("aria-rowindex", index + 2);
  }
}

export function fillAge(element, now, format) {
  const part = partsOf(element);
  setText(part.age, format.age(now - part.raised));
}
