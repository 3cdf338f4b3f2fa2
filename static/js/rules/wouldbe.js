// Rows of alarms that nobody heard, with their sentence, their time and why.

import { clone, parts, told } from "#js/dom.js";
import { evidenceLines } from "#js/why.js";

/** `sheet(asset id)` is the address of an asset's sheet. */
export function wouldBeRow(alarm, format, words, sheet) {
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
  if (alarm.version !== null && alarm.of === "shadow") part.version.textContent = `v${alarm.version}`;
  part.lasted.textContent = alarm.cleared_at ? format.duration(new Date(alarm.cleared_at) - new Date(alarm.raised_at)) : words.still;
  part.evidence.append(...evidenceLines(alarm, format, sheet).map(told));
  return row;
}
