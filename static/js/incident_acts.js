// What an operator does to an incident: the questions and the calls. What was done comes back over the live channel.

import { insist } from "#js/insist.js";

/** incidentActs({store, format, given, ask, done}) → {take(id), comment(id), close(id), merge(id), split(id, alarms)}; as in act.js. */
export function incidentActs({ store, format, given, ask, done }) {
  const may = (verb) => given.verbs.includes(verb);
  const name = ({ number, title }) => `${format.say("incident.name", { number: String(number) })} — ${format.pick(title)}`;

  /** Asks in a dialog, then posts what `body` makes of its fields. */
  async function post(id, verb, dialog, path, body) {
    const row = store.incidents.get(id);
    if (!row || !may(verb)) return false;
    const told = await ask(dialog, name(row));
    return told ? done(insist("POST", `/incidents/${id}/${path}`, body(told))) : false;
  }

  return {
    take(id) {
      const row = store.incidents.get(id);
      if (!row || !may("take")) return Promise.resolve(false);
      return done(insist(row.owner === given.me ? "DELETE" : "POST", `/incidents/${id}/charge`));
    },

    comment: (id) => post(id, "comment", "comment", "comments", ({ text }) => ({ text })),
    close: (id) => post(id, "take", "close-incident", "closure", ({ text }) => ({ comment: text })),
    split: (id, alarms) => post(id, "take", "split-incident", "splitting", ({ text }) => ({ alarms, title: text })),

    merge(id) {
      const box = document.querySelector("#merge-incident [data-part=others]");
      const others = [...store.incidents.values()].filter((each) => each.id !== id).sort((a, b) => b.id - a.id);
      box.replaceChildren(...others.map(choice));
      const picked = () => [...box.querySelectorAll("input:checked")].map((input) => Number(input.value));
      return post(id, "take", "merge-incident", "merging", () => ({ incidents: picked() }));
    },
  };

  function choice(other) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "checkbox", name: "incident", value: other.id });
    label.append(input, name(other));
    return label;
  }
}
