// What is pinned to the desk: instructions in force, one calm line that opens and says itself again when another one begins; maintenance.

import { recall, remember } from "#js/dom.js";
import { actsOn } from "#js/duty/acts.js";
import { desk } from "#js/frame.js";
import { inTurn } from "#js/turns.js";

const FRESH = 60_000; // they begin and end by the clock
const { given, store } = desk;
const band = document.getElementById("pinned");
const answers = inTurn();

async function refresh() {
  if (document.hidden) return;
  const newest = answers();
  const answer = await fetch(`/sites/${given.site.slug}/handover?part=pinned`);
  if (!answer.ok) return;
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  if (!newest() || band.matches(":active")) return;
  const details = made.content.querySelector("details");
  const open = band.querySelector("details")?.open;
  if (details) details.open = open ?? recall("pinned", "") !== details.dataset.newest;
  band.replaceChildren(made.content);
}

// Folded, it stays folded until there is another one.
band.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.open) remember("pinned", target.dataset.newest);
  },
  true,
);
actsOn(band, refresh);
store.subscribe(({ told, entries }) => {
  if (told?.instruction || told?.holding || entries?.some(({ kind }) => kind.startsWith("maintenance."))) refresh();
});
setInterval(refresh, FRESH);
refresh();
