// Beside the alarm or incident that is looked at: the open messages about it, how many have answered, and until when.

import { setChildren } from "#js/dom.js";
import { remaining } from "#js/messages/countdown.js";

/** What is said of a message in one line. Pure but for the format. */
export function lineOf(row, format, now) {
  const to = row.recipients.map((each) => format.pick(each.entity.name)).join(", ");
  const told = [format.say(row.kind === "question" ? "message.question_to" : "message.message_to", { n: row.number, to })];
  const asked = row.kind === "question" ? row.recipients.filter((each) => each.must_answer) : row.recipients;
  const given = asked.filter((each) => (row.kind === "question" ? each.answered_at : each.acknowledged_at)).length;
  told.push(format.say(row.kind === "question" ? "message.answers" : "message.read", { given, all: asked.length }));
  if (row.due_at && !row.settled_at) told.push(remaining(Date.parse(row.due_at), now, format).text);
  const words = row.recipients
    .filter((each) => each.answer)
    .map((each) => `${format.pick(each.entity.name)}${format.language === "en" ? ": " : " : "}${format.pick(each.answer.words)}`);
  return [...told, ...words].join(" · ");
}

/** mount(element, {store, format, given, about}): `about()` names what is looked at, {alarm, incident}; hidden while there is none. */
export function mount(element, { store, format, given, about }) {
  function paint() {
    const { alarm, incident } = about();
    const mine = (row) => (alarm && row.alarm === alarm) || (incident && row.incident?.id === incident);
    const rows = [...store.rows("entity_message").values()].filter(mine).sort((a, b) => a.number - b.number);
    element.hidden = rows.length === 0;
    setChildren(
      element,
      rows.map((row) => {
        const link = document.createElement("a");
        link.href = `/sites/${given.site.slug}/messages?box=all#message-${row.id}`;
        link.textContent = lineOf(row, format, Date.now());
        link.classList.toggle("late", row.late);
        return link;
      }),
    );
  }
  store.subscribe(paint);
  setInterval(() => element.hidden || document.hidden || paint(), 1000);
  paint();
}
