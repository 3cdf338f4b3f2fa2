// What an operator does to alarms: asks in a dialog what must be asked, calls the interface, shows a refusal.
//
// Nothing is changed on this screen by the act itself: the live channel tells what the server did.

import { parts } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { SEVERITIES } from "#js/store.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const MOST_UNASKED = 10;

/** "312 alarmes : 33 critiques, 279 hautes — 30 critiques hors de vue" */
function counted(concerned, unseen, format) {
  const of = (severity) => concerned.filter((row) => row.severity === severity).length;
  const each = SEVERITIES.filter(of).map((severity) => format.say(`count.${severity}`, { n: of(severity) }));
  const told = `${format.say("incident.alarms", { n: concerned.length })} : ${each.join(", ")}`;
  return unseen ? `${told} — ${format.say("acknowledge.unseen", { n: unseen })}` : told;
}

/**
 * acts({store, format, given}) → {acknowledge(ids), take(id), shelve(ids), shelveChattering(id), comment(id), outOfService(id)}; each answers
 * a promise of whether it was done. `ask` and `done` are for acts on what is not an alarm.
 */
export function acts({ store, format, given }) {
  const may = (verb) => given.verbs.includes(verb);
  const me = given.me;
  const typed = new Map(); // by dialog and what it is about: what was written there and not done yet

  async function done(work) {
    try {
      await work;
      forgetRefusal();
      typed.clear();
      return true;
    } catch (error) {
      showRefusal(error);
      return false;
    }
  }

  /** Opens a dialog of the page about some alarms, or about what is named; answers its fields, or null when it was left. */
  function ask(id, about) {
    const dialog = document.getElementById(id);
    const form = dialog.querySelector("form");
    const named = Array.isArray(about) ? about.length === 1 && format.pick(about[0].sentence) : about;
    parts(dialog).about.textContent = named || format.say("list.selected", { n: about.length });
    form.reset();
    const draft = `${id} ${Array.isArray(about) ? about.map((row) => row.id).join() : about}`;
    const text = form.querySelector("textarea");
    if (typed.has(draft)) text.value = typed.get(draft);
    // What was typed is not lost by Escape, nor by a refusal: the next time it is there again, until it was sent.
    form.oninput = () => text && typed.set(draft, text.value);
    dialog.returnValue = "";
    dialog.showModal();
    (form.querySelector("textarea, input:checked, input") ?? form.querySelector("button.first")).focus();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "go" ? Object.fromEntries(new FormData(form)) : null), { once: true });
    });
  }

  const rows = (ids) => ids.map(store.get).filter(Boolean);

  return {
    ask,
    done,

    /** `inSight(id)`: whether the row is before the person's eyes. What is many, or critical and out of sight, is asked about first. */
    async acknowledge(ids, inSight = () => true) {
      const concerned = rows(ids).filter((row) => row.state !== "acknowledged");
      const waiting = concerned.map((row) => row.id);
      if (!may("acknowledge") || waiting.length === 0) return false;
      const unseen = concerned.filter((row) => row.severity === "critical" && !inSight(row.id)).length;
      if ((waiting.length > MOST_UNASKED || unseen) && !(await ask("acknowledge", counted(concerned, unseen, format)))) return false;
      if (waiting.length === 1) return done(insist("POST", `/alarms/${waiting[0]}/acknowledgement`, {}));
      return done(insist("POST", `/sites/${given.site.slug}/alarms/acknowledgement`, { ids: waiting }));
    },

    take(id) {
      const row = store.get(id);
      if (!row || !may("take")) return Promise.resolve(false);
      return done(insist(row.taken_by === me ? "DELETE" : "POST", `/alarms/${id}/charge`));
    },

    async shelve(ids) {
      const chosen = rows(ids);
      if (!may("shelve") || chosen.length === 0) return false;
      if (chosen.length === 1 && chosen[0].shelved_until) return done(insist("DELETE", `/alarms/${chosen[0].id}/shelving`));
      const told = await ask("shelve", chosen);
      if (!told) return false;
      const body = { minutes: Number(told.minutes), reason: told.reason };
      return done(Promise.all(chosen.map((row) => insist("POST", `/alarms/${row.id}/shelving`, body))));
    },

    /** What is advised for an alarm that comes and goes: an hour of quiet, with its reason. */
    async shelveChattering(id) {
      const row = store.get(id);
      if (!row || !may("shelve")) return false;
      const reason = format.say("chattering.reason", { n: row.occurrences });
      return done(insist("POST", `/alarms/${id}/shelving`, { minutes: 60, reason }));
    },

    async comment(id) {
      const row = store.get(id);
      if (!row || !may("comment")) return false;
      const told = await ask("comment", [row]);
      return told ? done(insist("POST", `/alarms/${id}/comments`, { text: told.text })) : false;
    },

    async outOfService(id) {
      const row = store.get(id);
      if (!row || !may("out_of_service")) return false;
      if (row.out_of_service_until) return done(insist("DELETE", `/alarms/${id}/out-of-service`));
      const told = await ask("out-of-service", [row]);
      if (!told) return false;
      const until = format.instant(told.until);
      return done(insist("POST", `/alarms/${id}/out-of-service`, { until: until.toISOString(), reason: told.reason }));
    },
  };
}
