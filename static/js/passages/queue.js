// Passages: who waits at each gate, live; the vehicle that is looked at, and its acts by one key.

import { call, Refused } from "#js/api.js";
import { clone, on, parts, recall, remember, setText } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { bind } from "#js/keys.js";
import { passageActs } from "#js/passages/acts.js";
import * as file from "#js/passages/case.js";
import { createKnown, inOrder, nextOf } from "#js/passages/known.js";
import { barrierWords, paintPlate } from "#js/passages/plate.js";

const GATES_MS = 5000;
const INSIDE_MS = 10_000;
const TICK_MS = 1000;
/** The order ended, and the barrier is not known to have obeyed. */
const VAIN = new Set(["refused", "failed", "timed_out", "cancelled"]);
const { given, format, store } = desk;
const site = `/sites/${given.site.slug}`;
const box = document.getElementById("gates");
const choice = document.getElementById("gate");
const shownCase = file.mount(document.getElementById("case"), { format, given, onDetail: noteDetail });
const act = passageActs({ shownCase, format, given });
const mayRead = given.verbs.includes("plates");
const known = createKnown({ store, ask: askPlates, onChange: paint });
const barriers = new Map(); // gate → {state, age, stale, at}
const items = new Map(); // passage → its item
const announced = new Map(); // passage → what was said to be recommended
let selected = null;

const queues = new Map(
  given.gates.map((gate) => {
    const element = clone("gate-queue");
    const part = parts(element);
    setText(part.name, gate.name);
    box.append(element);
    return [gate.id, { gate, element, part }];
  }),
);

async function askPlates() {
  if (!mayRead) return null;
  try {
    return (await call("GET", `${site}/passages?state=open&limit=500`)).results;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return null; // away: the link lamp says so, and the next change asks again
  }
}

const ofGate = () => Number(choice?.value) || null;
const inView = () => known.rows().filter((row) => queues.has(row.gate.id) && (ofGate() === null || row.gate.id === ofGate()));

function noteDetail(detail) {
  known.note(detail);
  barriers.set(detail.gate.id, { at: Date.now(), ...detail.barrier });
  if (store.rows("passage").has(detail.id)) paint();
}

function paint() {
  const rows = inView();
  select(nextOf(rows, selected), { paints: false });
  const shown = new Set();
  for (const { gate, element, part } of queues.values()) {
    element.hidden = ofGate() !== null && ofGate() !== gate.id;
    const mine = inOrder(rows.filter((row) => row.gate.id === gate.id));
    const waiting = mine.filter((row) => row.state === "waiting").length;
    setText(part.waiting, waiting ? format.say("queue.waiting", { n: waiting }) : "");
    part.none.hidden = mine.length > 0;
    setText(part.none, format.say(gate.reads ? "queue.none" : "queue.blind"));
    const wanted = mine.map((row) => {
      shown.add(row.id);
      return vehicle(row);
    });
    if (wanted.some((item, index) => part.vehicles.children[index] !== item) || wanted.length !== part.vehicles.children.length)
      part.vehicles.replaceChildren(...wanted);
  }
  for (const id of items.keys()) if (!shown.has(id)) items.delete(id);
  announce(rows);
  const row = selected === null ? null : known.get(selected);
  if (row || selected === null) shownCase.show(row);
  tick();
}

function vehicle(row) {
  if (!items.has(row.id)) {
    const item = clone("vehicle");
    on(item.firstElementChild, "click", () => select(row.id));
    items.set(row.id, item);
  }
  const item = items.get(row.id);
  const part = parts(item);
  const button = item.firstElementChild;
  button.dataset.passage = row.id;
  button.dataset.state = row.state;
  button.setAttribute("aria-current", row.id === selected);
  part.verdict.dataset.verdict = row.verdict;
  part.glyph.setAttribute("href", `#verdict-${row.verdict}`);
  setText(part["verdict-text"], format.say("verdict.told", { verdict: format.say(`verdict.${row.verdict}`) }));
  paintPlate(part.plate, row, format);
  setText(part.whose, row.permit?.company ?? format.say("case.no_permit"));
  part.whose.classList.toggle("quiet", row.permit === null);
  const vain = row.state === "opening" && VAIN.has(row.command?.state);
  const state = vain && format.say(`order.${row.command.state}`);
  setText(part.stage, vain ? format.say("order.stage", { state }) : row.state === "waiting" ? "" : format.say(`passage.${row.state}`));
  part.stage.classList.toggle("vain", vain);
  return item;
}

/** Said of each vehicle, without its plate, and again when something else is recommended. */
function announce(rows) {
  for (const row of rows) {
    if (row.state !== "waiting" || announced.get(row.id) === row.verdict) continue;
    announced.set(row.id, row.verdict);
    const said = format.say("queue.arrived", { gate: row.gate.name, verdict: format.say(`verdict.${row.verdict}`) });
    document.getElementById("arrivals").textContent = said;
  }
}

function select(id, { paints = true } = {}) {
  if (id === selected) return;
  selected = id;
  if (paints) paint();
}

/** To the vehicle before or after the one that is shown, as the page has them. */
function move(by) {
  const order = [...box.querySelectorAll(".vehicle")].filter((button) => button.checkVisibility()).map((button) => Number(button.dataset.passage));
  const place = order.indexOf(selected);
  if (order.length) select(order[Math.min(Math.max(place + by, 0), order.length - 1)]);
}

function tick() {
  const now = Date.now();
  for (const [id, item] of items) {
    const row = known.get(id);
    if (row) setText(parts(item).age, format.age(now - Date.parse(row.first_at)));
  }
  for (const { gate, part } of queues.values()) {
    const barrier = barriers.get(gate.id);
    if (!barrier) continue;
    part.barrier.dataset.barrier = barrier.stale ? "stale" : barrier.state;
    setText(part["barrier-text"], barrierWords(barrier, format, now));
  }
}

async function askFor(path, use) {
  if (document.hidden) return;
  try {
    use(await call("GET", `${site}/${path}`));
  } catch (error) {
    if (!(error instanceof Refused)) throw error; // away: the link lamp says so, and the next beat asks again
  }
}

const askGates = () =>
  askFor("gates", (gates) => {
    for (const { id, barrier } of gates) barriers.set(id, { at: Date.now(), ...barrier });
    const shown = shownCase.shown();
    const mine = shown && barriers.get(shown.row.gate.id);
    if (mine) shownCase.tell(mine);
    tick();
  });

const askInside = () =>
  askFor("occupancy", (areas) => {
    const inside = new Map(areas.map(({ area, inside }) => [area, inside]));
    for (const { gate, part } of queues.values())
      setText(part.inside, gate.area ? format.say("queue.inside", { n: inside.get(gate.area) ?? 0 }) : "");
  });

store.subscribe(({ changed }) => {
  if (changed === undefined) return;
  if (changed === null || changed.passage?.size) {
    paint();
    known.look();
    askInside();
  }
  const shown = shownCase.shown();
  if (shown?.row.command && (changed === null || changed.command?.has(shown.row.command.id))) shownCase.ask();
});

if (choice) {
  choice.value = recall("gate", "");
  if (choice.selectedIndex < 0) choice.value = "";
  on(choice, "change", () => {
    remember("gate", choice.value);
    paint();
  });
}
on(document, "click", ({ target }) => {
  const name = target.closest("[data-act]")?.dataset.act;
  if (name === "open") act.open();
  else if (name === "refuse") act.refuse();
});
const once = (work) => (event) => !event.repeat && work();
bind({
  v: once(() => act.open()),
  r: once(() => act.refuse()),
  k: () => {
    const link = document.querySelector('[data-act="intercom"]:not([hidden])');
    link?.click();
    return Boolean(link);
  },
  j: () => move(1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  m: () => desk.toggleMute(),
});
askGates();
askInside();
setInterval(askGates, GATES_MS);
setInterval(askInside, INSIDE_MS);
setInterval(tick, TICK_MS);
