// Commands under way on the site, live, and those that have just ended.

import { call, Refused } from "#js/api.js";
import { commandItem, createSteps, paintCommand, paintTime } from "#js/commands/rows.js";
import { setText } from "#js/dom.js";
import { desk } from "#js/frame.js";

const TICK_MS = 1000;
const LAST = 15;
const { format, given, store } = desk;
const lists = { open: document.getElementById("open"), ended: document.getElementById("ended") };
const steps = createSteps({ given, onChange: paint });
const made = new Map();
let ended = [];

/** Those that have ended, the last first; as the live channel told them, and before that as the control room knew. */
function noteEnded(rows) {
  const known = new Map([...ended, ...rows.filter((row) => row.ended_at)].map((row) => [row.id, row]));
  ended = [...known.values()].sort((a, b) => b.ended_at.localeCompare(a.ended_at) || b.id - a.id).slice(0, LAST);
}

function fill(list, rows) {
  const items = rows.map((row) => {
    if (!made.has(row.id)) made.set(row.id, commandItem());
    const one = made.get(row.id);
    one.row = row;
    paintCommand(one, row, { format, given, may: steps.of(row) });
    return one.item;
  });
  if (items.some((item, index) => list.children[index] !== item) || list.children.length !== items.length) list.replaceChildren(...items);
}

function paint() {
  const open = [...store.rows("command").values()].sort((a, b) => b.id - a.id);
  fill(lists.open, open);
  fill(lists.ended, ended);
  const shown = new Set([...open, ...ended].map(({ id }) => id));
  for (const id of made.keys()) if (!shown.has(id)) made.delete(id);
  document.getElementById("open-none").hidden = open.length > 0;
  document.getElementById("ended-none").hidden = ended.length > 0;
  setText(document.getElementById("open-count"), format.number(open.length));
}

async function askEnded() {
  try {
    noteEnded((await call("GET", `/sites/${given.site.slug}/commands?limit=40`)).results);
    paint();
  } catch (error) {
    if (!(error instanceof Refused)) throw error; // away: the link lamp says so
  }
}

store.subscribe(({ changed, told }) => {
  if (changed === undefined) return;
  if (changed === null) askEnded();
  else if (!told?.command?.length) return;
  else noteEnded(told.command);
  paint();
});
for (const list of Object.values(lists)) steps.listen(list);
setInterval(() => {
  for (const one of made.values()) if (!one.row.ended_at) paintTime(one, one.row, format);
}, TICK_MS);
