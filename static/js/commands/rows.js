// One command as a line of a list: what, where, who, how far it is, and the steps that may be taken of it.

import { call, Refused } from "#js/api.js";
import { clone, parts, setText } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

export const UNSENT = new Set(["requested", "authorised", "armed"]);
export const UNDER_WAY = new Set(["sent", "accepted"]);
const PATHS = { second: "second", arm: "arming", execute: "execution", cancel: "cancellation" };

/** Who asked for it: a person at a desk, or what does such things by itself. */
export function whoOf({ actor_kind, actor, desk, scenario_run }, format) {
  if (actor_kind === "person") return [format.person(actor), desk].filter(Boolean).join(" · ");
  if (scenario_run) return format.say("origin.scenario");
  return ["rule", "procedure"].includes(actor_kind) ? format.say(`origin.${actor_kind}`) : format.say("detail.system");
}

/** What its time says: how long is left for the next step, or when it ended. Pure. */
export function timeWords(row, format, now) {
  if (row.ended_at) return format.when(row.ended_at);
  const left = row.deadline === null ? null : Date.parse(row.deadline) - now;
  if (left === null) return "";
  const age = format.age(Math.max(left, 0));
  return format.say(UNDER_WAY.has(row.state) ? "command.waits" : "command.left", { n: age });
}

/**
 * createSteps({store, given, onChange}) → {of(row), listen(root)}: which steps this person may take of a command that has not left,
 * as the control room says; asked once for each of its states.
 */
export function createSteps({ given, onChange }) {
  const known = new Map(); // command → {seq, may}
  const asking = new Set();

  async function ask(row) {
    asking.add(row.id);
    try {
      const told = await call("GET", `/commands/${row.id}`);
      known.set(row.id, { seq: told.seq, may: told.may });
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // away, or not ours any more: no step is offered
      known.set(row.id, { seq: row.seq, may: [] });
    } finally {
      asking.delete(row.id);
    }
    onChange();
  }

  async function take(button) {
    button.disabled = true;
    try {
      await insist("POST", `/commands/${button.dataset.command}/${PATHS[button.dataset.step]}`);
      forgetRefusal();
    } catch (error) {
      showRefusal(error);
      known.delete(Number(button.dataset.command));
      button.disabled = false;
      onChange();
    }
  }

  return {
    of(row) {
      if (!given.verbs.includes("command") || !UNSENT.has(row.state)) return [];
      const told = known.get(row.id);
      if ((!told || told.seq < row.seq) && !asking.has(row.id)) ask(row);
      return told && told.seq >= row.seq ? told.may : [];
    },

    listen(root) {
      root.addEventListener("click", ({ target }) => {
        const button = target.closest("[data-step]");
        if (button) take(button);
      });
    },
  };
}

/** A new item of a list of commands. */
export function commandItem() {
  const item = clone("command-row");
  return { item, part: parts(item), steps: "" };
}

/** Writes a command into its item; its steps are made again only when they are others. */
export function paintCommand(made, row, { format, given, may, withAsset = true }) {
  const { item, part } = made;
  item.dataset.state = row.state;
  item.dataset.command = row.id;
  setText(part.state, format.pick(row.state_name));
  setText(part.type, [format.pick(row.type_name), format.pick(row.parameters_shown)].filter(Boolean).join(" · "));
  part.asset.hidden = !withAsset;
  if (withAsset) {
    part.asset.href = `/sites/${given.site.slug}/assets/${row.asset.id}`;
    setText(part.asset, `${row.asset.name}${row.asset.name.includes(row.asset.code) ? "" : ` ${row.asset.code}`}`);
  }
  const why = row.said ? format.pick(row.said) : row.reason_name ? format.pick(row.reason_name) : "";
  const until = row.until && format.say("command.until", { when: format.when(row.until) });
  setText(part.why, why);
  part.why.hidden = why === "";
  setText(part.who, [whoOf(row, format), row.because, until].filter(Boolean).join(" · "));
  paintTime(made, row, format);
  const key = may.join();
  if (made.steps === key) return;
  made.steps = key;
  part.steps.replaceChildren(...may.map((step) => stepButton(step, row, format)));
}

export function paintTime({ part }, row, format, now = Date.now()) {
  setText(part.left, timeWords(row, format, now));
}

export function stepButton(step, row, format) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: format.say(`step.${step}`) });
  button.className = step === "cancel" ? "button bare" : "button";
  button.dataset.step = step;
  button.dataset.command = row.id;
  return button;
}
