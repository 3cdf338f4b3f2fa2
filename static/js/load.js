// The load of an operator, in the top bar: what was annunciated in the last ten minutes, against what one person can take.

import { call, Refused } from "#js/api.js";
import { parts, setText } from "#js/dom.js";

const SOON = 5_000;
const FRESH = 30_000;
const TELLS = /^alarm\.(raised|released|unshelved|in_service)/;

/** keepLoad(chip, {store, format, site, me}): asked again shortly after an alarm called, and twice a minute, as it also falls by itself. */
export function keepLoad(chip, { store, format, site, me }) {
  const part = parts(chip);
  let due = 0;

  async function ask() {
    due = 0;
    if (document.hidden) return;
    try {
      paint(await call("GET", `/sites/${site}/reports/load`));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      chip.hidden = true; // what was known is no longer so; the link lamp says why
    }
  }

  function paint({ count, hour, level, flood, good, most }) {
    chip.hidden = false;
    chip.dataset.level = flood ? "flood" : level;
    setText(part["load-count"], format.number(count));
    setText(part["load-level"], format.say(`load.${chip.dataset.level}`));
    const held = [...store.rows("holding").values()].filter(({ holder }) => holder === me).map(({ position }) => format.pick(position.name));
    const told = format.say("load.told", { n: count, hour: format.number(hour), good: format.number(good), most: format.number(most) });
    chip.title = held.length ? `${held.join(", ")} · ${told}` : told;
  }

  store.subscribe(({ entries, told }) => {
    if (told?.holding || entries?.some(({ kind }) => TELLS.test(kind))) due ||= setTimeout(ask, SOON);
  });
  setInterval(ask, FRESH);
  ask();
}
