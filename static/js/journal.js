// One line of the journal as the details of an alarm and of an incident show it.

import { clone, parts } from "#js/dom.js";

export function journalLine(entry, format) {
  const item = clone("journal-line");
  const field = parts(item);
  field.at.textContent = format.when(entry.at);
  field.at.dateTime = entry.at;
  field.actor.textContent = [entry.actor || format.say("detail.system"), entry.desk].filter(Boolean).join(" · ");
  field.text.textContent = format.pick(entry.text);
  return item;
}
