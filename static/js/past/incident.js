// The page of one incident: its alarms on the map, acts on it and on them from inside; asked for again when something of it is told.

import { acts } from "#js/act.js";
import { on, parts } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { headerId } from "#js/grouping.js";
import { incidentActs } from "#js/incident_acts.js";
import { mount as mountMessages } from "#js/messages/beside.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";

const SOON_MS = 1000;
const { format, given, store } = desk;
const holder = document.getElementById("incidents");
const bar = document.getElementById("incident-acts");
const part = parts(bar);
const id = Number(holder.dataset.incident);
const chosen = new Set();
const act = acts({ store, format, given });
const story = incidentActs({ store, format, given, ask: act.ask, done: act.done });
const ask = piece(holder, { prepare: show, yields: () => document.activeElement?.matches("#incidents a") });
let due = 0;

const members = () => store.members(id).map((row) => row.id);

/** What was chosen stays chosen when the page brings its alarms anew. */
function show(content) {
  sayTimes(content, format);
  for (const box of content.querySelectorAll("[data-member]")) box.checked = chosen.has(Number(box.dataset.member));
}

function paint() {
  const row = store.incidents.get(id);
  bar.hidden = !row;
  if (!row) return;
  if (store.selected === null) store.select(headerId(id)); // the map goes to where its alarms are
  for (const alarm of chosen) if (!store.alarms.has(alarm)) chosen.delete(alarm);
  const mine = row.owner === given.me;
  if (part.take) [part.take.hidden, part.release.hidden] = [mine, !mine];
  const button = (name) => bar.querySelector(`[data-act="${name}"]`);
  if (button("split")) button("split").disabled = chosen.size === 0 || chosen.size === members().length;
  if (button("close")) {
    button("close").disabled = row.counts.open > 0;
    button("close").title = row.counts.open > 0 ? format.say("incident.still_open", { n: row.counts.open }) : "";
  }
  if (button("acknowledge")) button("acknowledge").disabled = row.counts.unacknowledged === 0;
}

async function split() {
  if (await story.split(id, [...chosen])) chosen.clear();
  paint();
}

const acted = {
  acknowledge: () => act.acknowledge(members()),
  take: () => story.take(id),
  comment: () => story.comment(id),
  shelve: () => act.shelve(chosen.size ? [...chosen] : members()),
  merge: () => story.merge(id),
  split,
  close: () => story.close(id),
};

on(bar, "click", (event) => acted[event.target.closest("[data-act]")?.dataset.act]?.());
on(holder, "change", ({ target }) => {
  if (!target.dataset.member) return;
  if (target.checked) chosen.add(Number(target.dataset.member));
  else chosen.delete(Number(target.dataset.member));
  paint();
});

store.subscribe(({ told }) => {
  paint();
  if (!told?.incident && !told?.alarm) return;
  due ||= setTimeout(() => {
    due = 0;
    ask(`part=${holder.dataset.part}`);
  }, SOON_MS);
});
mountMessages(document.getElementById("incident-messages"), { store, format, given, about: () => ({ incident: id }) });
const map = document.getElementById("incident-map");
if (map) {
  import("#js/map/index.js").then(
    ({ mount }) => mount(map, { site: given.site, store, select: (alarm) => store.select(alarm) }),
    () => (map.hidden = true),
  );
}
sayTimes(document, format);
keepTimes(format);
paint();
