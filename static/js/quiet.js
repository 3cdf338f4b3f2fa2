// What a shelving would have hidden of the last four weeks, told in its dialog before it is done.

import { call } from "#js/api.js";

/** How many of these instants (ms, oldest first) nobody would have heard, had each that was heard been shelved for so long. Pure. */
export function hiddenBy(instants, minutes) {
  let [until, hidden] = [Number.NEGATIVE_INFINITY, 0];
  for (const at of instants) {
    if (at < until) hidden += 1;
    else until = at + minutes * 60_000;
  }
  return hidden;
}

let shown = 0;

/** Writes it below the durations, for the one that is chosen; of several alarms nothing is told. */
export async function showQuiet(chosen, format) {
  const dialog = document.getElementById("shelve");
  const past = dialog.querySelector('[data-part="past"]');
  const mine = ++shown;
  past.textContent = "";
  dialog.querySelector("fieldset.choices").onchange = null;
  if (chosen.length !== 1) return;
  let told;
  try {
    told = await call("GET", `/alarms/${chosen[0].id}/annunciations`);
  } catch {
    return; // what was of old is a help to decide, and its lack no reason to hold up the hand
  }
  if (mine !== shown) return;
  const instants = told.announced.map((at) => Date.parse(at));
  const say = () => {
    const minutes = Number(dialog.querySelector('input[name="minutes"]:checked')?.value ?? 0);
    const hidden = hiddenBy(instants, minutes);
    past.textContent = [format.say("quiet.announced", { n: instants.length }), format.say("quiet.hidden", { n: hidden })].join(" ");
  };
  dialog.querySelector("fieldset.choices").onchange = say;
  say();
}
