// A run on a page of its own: carried out, seen live, printed.

import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { bind } from "#js/keys.js";
import { runCard } from "#js/procedures/run.js";
import { keepTimes, sayTimes } from "#js/times.js";

const TICK_MS = 1000;
const { format, given, store } = desk;
const holder = document.getElementById("run");
const card = runCard({ format, given, onRow: heard });

function heard(run) {
  if (run.id === given.run.id && run.seq >= card.row().seq) card.paint(run);
}

card.paint(given.run);
card.element.open = true;
holder.append(card.element);
store.subscribe(({ changed, told }) => {
  if (changed === null) insist("GET", `/runs/${given.run.id}`).then(heard, () => null); // what happened while the line was cut
  for (const run of told?.run ?? []) heard(run);
});
setInterval(() => card.tick(), TICK_MS);
on(document, "click", ({ target }) => target.closest("[data-print]") && window.print());
bind({ t: () => card.focus(), m: () => desk.toggleMute() });
sayTimes(document, format);
keepTimes(format, () => card.paint(card.row()));
