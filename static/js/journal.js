// One line of the journal as the details of an alarm and of an incident show it.

import { clone, parts } from "#js/dom.js";

function actor({ actor, actor_kind }, format) {
  return actor_kind === "person" ? format.person(actor) : actor || format.say("detail.system");
}

export function journalLine(entry, format) {
  const item = clone("journal-line");
  const field = parts(item);
  field.at.textContent = format.when(entry.at);
  field.at.dateTime = entry.at;
  field.actor.textContent = [actor(entry, format), entry.desk].filter(Boolean).join(" · ");
  field.actor.title = entry.actor;
  field.text.textContent = format.pick(entry.text);
  return item;
}
