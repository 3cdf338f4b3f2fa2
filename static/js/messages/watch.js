// On every page: how many messages wait for the person, in the rail, and a notice when one comes or is answered.

import { call, Refused } from "#js/api.js";
import { setText } from "#js/dom.js";
import { owed, waiting } from "#js/messages/waiting.js";
import { toast } from "#js/toast.js";

/** watchMessages({store, format, given, notices}): whoever sees some sectors asks for what is theirs elsewhere, when told that some changed. */
export function watchMessages({ store, format, given, notices }) {
  const badge = document.querySelector('.rail [data-part="messages-waiting"]');
  const page = `/sites/${given.site.slug}/messages`;
  const known = new Set(); // ids that were told
  let elsewhere = [];
  let begun = false;

  function tell(row) {
    if (known.has(row.id)) return;
    known.add(row.id);
    if (!begun || row.sent_by === given.me) return;
    const title = format.say(row.kind === "question" ? "message.new_question" : "message.new");
    const look = () => location.assign(`${page}?box=inbox#message-${row.id}`);
    toast(title, row.text, { stays: true, act: { text: format.say("message.look"), key: "", run: look } });
    notices.show(`message-${row.id}`, title, row.text);
  }

  function paint() {
    const rows = new Map([...elsewhere.map((row) => [row.id, row]), ...store.rows("entity_message")]);
    for (const row of rows.values()) if (owed(row, given.me).length) tell(row);
    const count = waiting(rows.values(), given.me);
    setText(badge, count ? format.number(count) : "");
    badge.title = count ? format.say("message.waiting", { n: count }) : "";
    badge.hidden = count === 0;
    begun ||= store.seq !== null;
  }

  async function ask() {
    try {
      elsewhere = (await call("GET", `/sites/${given.site.slug}/entity-messages?box=inbox`)).results;
      paint();
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // away: the link lamp says so
    }
  }

  store.subscribe(({ changed, told, elsewhere: nouns = [] }) => {
    if (given.confined && (changed === null || nouns.includes("entity_message"))) ask();
    else if (changed === null || told?.entity_message) paint();
  });
}
