// Who was told of the selected alarm, by which means and with which result; and how long it is to the next step of its escalation.

import { setChildren, setText } from "#js/dom.js";
import { insist } from "#js/insist.js";

/** When something last happened to a message. */
const moment = (message) => message.delivered_at ?? message.sent_at ?? message.failed_at ?? message.cancelled_at ?? message.created_at;

/** Seconds until an instant, as minutes and seconds; never below zero. */
export function countdown(until, now) {
  const left = Math.max(0, Math.round((Date.parse(until) - now) / 1000));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

/** mount(section, {format}) → {show(id, signal), clear(), tick()} */
export function mount(section, { format }) {
  const next = section.querySelector("[data-part=notified-next]");
  const list = section.querySelector("[data-part=notified-lines]");
  let escalation = null;

  function tick() {
    if (!escalation) return;
    const { name, next_at, end, step, steps } = escalation;
    const said = next_at
      ? format.say(step < steps ? "notified.next" : "notified.last", { name, step: String(step + 1), wait: countdown(next_at, Date.now()) })
      : `${name} : ${format.say(`notified.end.${end}`)}`;
    setText(next, said);
  }

  function line(message) {
    const item = document.createElement("li");
    const { held } = message;
    const state = held
      ? format.say("notified.held", { n: format.number(held), when: format.when(message.due_at) })
      : format.say(`notified.${message.state === "cancelled" && message.tries ? "tried" : message.state}`);
    item.dataset.state = message.state;
    const what = message.kind === "ended" ? [format.say("notified.of_end")] : [];
    const by = format.say(`notified.by.${message.means}`);
    item.textContent = [...what, format.person(message.person), by, state, format.when(moment(message))].join(" · ");
    return item;
  }

  function clear() {
    escalation = null;
    section.hidden = true;
  }

  return {
    tick,
    clear,
    async show(id, signal) {
      const told = await insist("GET", `/alarms/${id}/notification`, undefined, { signal });
      escalation = told.escalation;
      section.hidden = escalation === null;
      setChildren(list, told.messages.slice(0, 20).map(line));
      tick();
    },
  };
}
