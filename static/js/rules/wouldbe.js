// Rows of alarms that nobody heard, with their sentence, their time and their evidence.

import { clone, parts } from "#js/dom.js";
import { make } from "#js/rules/fields.js";

export function wouldBeRow(alarm, format, words) {
  const row = clone("wouldbe-row");
  const part = parts(row);
  row.dataset.severity = alarm.severity;
  row.classList.toggle("alone", alarm.alone);
  row.classList.toggle("of-active", alarm.of === "active");
  part.glyph.setAttribute("href", `#glyph-${alarm.severity}`);
  part.severity.textContent = format.say(`severity.${alarm.severity}`);
  part.when.dateTime = alarm.raised_at;
  part.when.textContent = format.when(alarm.raised_at);
  part.sentence.textContent = format.pick(alarm.sentence);
  part.lasted.textContent = alarm.cleared_at ? format.duration(new Date(alarm.cleared_at) - new Date(alarm.raised_at)) : words.still;
  part.evidence.append(...Object.entries(alarm.evidence).flatMap(([name, value]) => [
    make("dt", { text: name.replaceAll("_", " ") }), make("dd", { text: shown(name, value, format) }),
  ]));
  return row;
}

const INSTANTS = /(^|_)(at|until|heard)$/;
const SPANS = new Set(["delay", "window", "within", "period", "interval"]);

/** Instants and lengths of an evidence are in microseconds. */
function shown(name, value, format) {
  if (value === null) return "—";
  if (typeof value === "number") {
    if (INSTANTS.test(name)) return format.when(value / 1000);
    return SPANS.has(name) ? format.duration(value / 1000) : format.number(value);
  }
  if (Array.isArray(value)) return value.map((each) => shown("", each, format)).join("; ");
  if (typeof value === "object") {
    if ("fr" in value && "en" in value) return format.pick(value);
    return Object.entries(value).map(([key, each]) => `${key} ${shown(key, each, format)}`).join(", ");
  }
  return String(value);
}
