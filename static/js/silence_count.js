// The number of silences in force, in the rail: asked again when something that is silent began or ended, and each minute.

import { call, Refused } from "#js/api.js";
import { setText } from "#js/dom.js";

const SOON = 1_000;
const FRESH = 60_000;
const TELLS = /^(alarm\.(shelved|unshelved|out_of_service|in_service|returned|acknowledged|raised)|maintenance\.)/;

export function keepSilenceCount(element, { store, format, site }) {
  let due = 0;

  async function ask() {
    due = 0;
    if (document.hidden) return;
    try {
      const { in_force: count } = await call("GET", `/sites/${site}/silences/count`);
      setText(element, count ? format.number(count) : "");
      element.hidden = count === 0;
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // away: the link lamp says so, and the next minute asks again
    }
  }

  store.subscribe(({ ids, entries }) => {
    // What began or ended before the first word of the live link is in no entry.
    if (ids === null || entries?.some(({ kind }) => TELLS.test(kind))) due ||= setTimeout(ask, SOON);
  });
  setInterval(ask, FRESH);
}
