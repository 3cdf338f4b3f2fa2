// What an operator does to alarms: asks in a dialog what must be asked, calls the interface, shows a refusal, offers to take it back.
//
// Nothing is changed on this screen by the act itself: the live channel tells what the server did.

import { Refused } from "#js/api.js";
import { openDialog } from "#js/dialog.js";
import { parts } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { SEVERITIES } from "#js/nouns/alarm.js";
import { keepPhrases, offerPhrases, wroteIn } from "#js/phrases.js";
import { showQuiet } from "#js/quiet.js";
import { forgetRefusal, showRefusal, toast } from "#js/toast.js";
import { createUndo } from "#js/undo.js";

const MOST_UNASKED = 10;

/** "312 alarmes : 33 critiques, 279 hautes — 30 critiques hors de vue" */
function counted(concerned, unseen, format) {
  const of = (severity) => concerned.filter((row) => row.severity === severity).length;
  const each = SEVERITIES.filter(of).map((severity) => format.say(`count.${severity}`, { n: of(severity) }));
  const told = `${format.say("incident.alarms", { n: concerned.length })} : ${each.join(", ")}`;
  return unseen ? `${told} — ${format.say("acknowledge.unseen", { n: unseen })}` : told;
}

/**
 * acts({store, format, given}) → {acknowledge(ids), acknowledgeReturned(), take(ids), shelve(ids), shelveChattering(id), comment(ids),
 * outOfService(id), undo()}; each answers a promise of whether it was done. `ask` and `done` are for acts on what is not an alarm.
 */
export function acts({ store, format, given }) {
  const may = (verb) => given.verbs.includes(verb);
  const me = given.me;
  keepPhrases();
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
    offerPhrases(dialog);
    const sent = openDialog(dialog);
    // A list of selectors finds what comes first in the form: the first choice, were `input` among them, and not the chosen one.
    const fields = [form.querySelector("textarea, input:checked"), form.querySelector("input"), form.querySelector("button.first")];
    fields.find(Boolean).focus();
    return sent.then((go) => {
      if (go) wroteIn(dialog);
      return go ? Object.fromEntries(new FormData(form)) : null;
    });
  }

  /** Durations beyond these minutes are not offered: the server would refuse them. */
  function offerUpTo(minutes) {
    const choices = [...document.querySelectorAll('#shelve input[name="minutes"]')];
    for (const choice of choices) {
      choice.disabled = Number(choice.value) > minutes;
      choice.closest("label").hidden = choice.disabled;
    }
    const offered = choices.filter((choice) => !choice.disabled);
    const usual = offered.findLast((choice) => Number(choice.value) <= 60) ?? offered[0];
    for (const choice of choices) choice.defaultChecked = choice === usual;
  }

  const rows = (ids) => ids.map(store.get).filter(Boolean);
  const undo = createUndo({ format });

  const send = (what, body) => insist("POST", `/sites/${given.site.slug}/alarms/${what}`, body);

  /**
   * Does it to these alarms in one request, and says why which of them refused. With `told`, the words `undo.<told>` say what was
   * done, for as long as it can be taken back. Answers whether it was done to any.
   */
  async function move(what, concerned, body = {}, told = "") {
    let moved = [];
    const sent = send(what, { ids: concerned.map((row) => row.id), ...body }).then((answer) => (moved = some(answer)));
    if (!(await done(sent))) return false;
    if (told) undo.offer(format.say(`undo.${told}`, { n: moved.length }), () => done(send(`${what}/withdrawal`, { ids: moved }).then(some)));
    return true;
  }

  /** The alarms that were moved. Throws Refused when none was. */
  function some({ done: moved, refused }) {
    if (moved.length === 0) throw new Refused(409, refused[0].detail);
    if (refused.length) toast(format.say("fault.some", { n: refused.length }), refused[0].detail, { bad: true });
    return moved;
  }

  return {
    ask,
    done,
    undo: undo.undo,

    /** `inSight(id)`: whether the row is before the person's eyes. What is many, or critical and out of sight, is asked about first. */
    async acknowledge(ids, inSight = () => true) {
      const concerned = rows(ids).filter((row) => row.state !== "acknowledged");
      if (!may("acknowledge") || concerned.length === 0) return false;
      const unseen = concerned.filter((row) => row.severity === "critical" && !inSight(row.id)).length;
      if ((concerned.length > MOST_UNASKED || unseen) && !(await ask("acknowledge", counted(concerned, unseen, format)))) return false;
      return move("acknowledgement", concerned, {}, "acknowledged");
    },

    /** All that is back to normal in the list as it is filtered, after a question; not what comes again meanwhile. */
    async acknowledgeReturned() {
      const concerned = [...store.alarms.values()].filter((row) => row.state === "returned" && store.matches(row));
      if (!may("acknowledge") || concerned.length === 0 || !(await ask("acknowledge", counted(concerned, 0, format)))) return false;
      return move("acknowledgement", concerned, { returned: true }, "acknowledged");
    },

    /** What nobody has in charge is taken; what is all the person's own is given back. */
    take(ids) {
      const chosen = rows(ids);
      if (!may("take") || chosen.length === 0) return Promise.resolve(false);
      if (chosen.every((row) => row.taken_by === me)) return move("charge/withdrawal", chosen);
      const free = chosen.filter((row) => !row.taken_by);
      return free.length
        ? move("charge", free, {}, "taken")
        : move(
            "charge",
            chosen.filter((row) => row.taken_by !== me),
          );
    },

    async shelve(ids) {
      const chosen = rows(ids);
      if (!may("shelve") || chosen.length === 0) return false;
      if (chosen.every((row) => row.shelved_until)) return move("shelving/withdrawal", chosen);
      offerUpTo(Math.min(...chosen.map((row) => given.longest[row.severity])));
      showQuiet(chosen, format);
      const told = await ask("shelve", chosen);
      if (!told) return false;
      const anew = chosen.some((row) => row.shelved_until);
      return move("shelving", chosen, { minutes: Number(told.minutes), reason: told.reason }, anew ? "" : "shelved");
    },

    /** What is advised for an alarm that comes and goes: an hour of quiet, with its reason. */
    async shelveChattering(id) {
      const row = store.get(id);
      if (!row || !may("shelve")) return false;
      const reason = format.say("chattering.reason", { n: row.occurrences });
      return done(insist("POST", `/alarms/${id}/shelving`, { minutes: 60, reason }));
    },

    async comment(ids) {
      const chosen = rows(ids);
      if (!may("comment") || chosen.length === 0) return false;
      const told = await ask("comment", chosen);
      return told ? move("comments", chosen, { text: told.text }) : false;
    },

    async outOfService(id) {
      const row = store.get(id);
      if (!row || !may("out_of_service")) return false;
      const ofAsset = `/assets/${row.asset?.id}/out-of-service`;
      const ofAlarm = `/alarms/${id}/out-of-service`;
      if (row.out_of_service_until) return done(insist("DELETE", row.out_of_service_of === "asset" ? ofAsset : ofAlarm));
      parts(document.getElementById("out-of-service")).of.hidden = row.asset === null;
      const told = await ask("out-of-service", [row]);
      if (!told) return false;
      const body = { until: format.instant(told.until).toISOString(), reason: told.reason };
      return done(insist("POST", told.of === "asset" && row.asset ? ofAsset : ofAlarm, body));
    },
  };
}
