// What the points of a rule read in the last days, beside the rule being written: bars and the percentiles a limit is chosen by.

import { call } from "#js/api.js";
import { bars } from "#js/rules/bars.js";
import { fill } from "#js/rules/words.js";

const element = (id) => document.getElementById(id);
const LABELLED = 6; // bars from one label to the next: more run into each other

let asked = "";
let asking = null;

/** Asks again only when the points or the kind of the rule are others: limits do not change what was read. */
export async function askLately({ site, spec, format, words }) {
  const about = JSON.stringify([spec.kind, spec.scope]);
  if (about === asked) return;
  asking?.abort();
  asking = new AbortController();
  try {
    const told = await call("POST", `/sites/${site}/rules/readings`, { spec }, { signal: asking.signal });
    asked = about;
    show(told, format, words);
  } catch (error) {
    if (error.name === "AbortError") return;
    asked = "";
    element("lately").hidden = true;
  }
}

function show({ points, since, unit, low, high, percentiles, bins, states }, format, words) {
  element("lately").hidden = points === 0;
  if (points === 0) return;
  const value = (number) => `${format.number(number, digits(low, high))}${unit && `\u00a0${unit}`}`;
  const total = [...bins, ...states].reduce((sum, { count }) => sum + count, 0);
  const share = (count) => `${format.number((100 * count) / total, 1)}\u00a0%`;
  element("lately-about").textContent = fill(words.lately_about, { since: format.when(since), points: format.number(points, 0) });
  const shown = states.length
    ? states.map(({ name, count }) => ({
        label: format.pick(name),
        count,
        other: 0,
        said: fill(words.lately_state, { state: format.pick(name), share: share(count) }),
      }))
    : bins.map((bin, index) => ({
        label: index % LABELLED ? "" : format.number(bin.low, digits(low, high)),
        count: bin.count,
        other: 0,
        said: fill(words.lately_bar, { low: value(bin.low), high: value(bin.high), share: share(bin.count) }),
      }));
  bars(element("lately-bars"), shown, ({ said }) => said);
  const at = Object.fromEntries(percentiles.map(({ percent, value: number }) => [percent, value(number)]));
  element("lately-said").textContent = states.length
    ? shown.map(({ said }) => said).join(" · ")
    : fill(words.lately_half, { half: at[50], p5: at[5], p95: at[95], p1: at[1], p99: at[99], low: value(low), high: value(high) });
}

/** As many decimals as tell the steps of the bars apart. */
const digits = (low, high) => (high > low ? Math.max(0, Math.min(6, 1 - Math.floor(Math.log10((high - low) / 2)))) : 2);
