// What stands until its end, live: by whom, why, until when, and whether the field holds it.

import { whoOf } from "#js/commands/rows.js";
import { clone, on, parts, setText } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const TICK_MS = 1000;
const { format, given, store } = desk;
const body = document.getElementById("overrides");
const none = document.getElementById("overrides-none");
const rows = store.rows("override");
const made = new Map(); // override → {item, part}

function moment(element, at) {
  element.dateTime = at;
  setText(element, format.when(at));
}

function paintOne(row) {
  if (!made.has(row.id)) {
    const item = clone("override-row");
    made.set(row.id, { item, part: parts(item) });
  }
  const { item, part } = made.get(row.id);
  part.asset.href = `/sites/${given.site.slug}/assets/${row.asset.id}`;
  setText(part.asset, row.asset.name);
  setText(part.type, [format.pick(row.type_name), format.pick(row.parameters_shown)].filter(Boolean).join(" · "));
  setText(part.who, whoOf(row, format));
  setText(part.because, row.because || "—");
  moment(part.since, row.since);
  moment(part.until, row.until);
  const overdue = Boolean(row.overdue_at);
  part.holding.classList.toggle("overdue", overdue);
  const ended = row.ended_at && format.say("override.ended", { who: row.ended_by ? format.person(row.ended_by) : format.say("detail.system") });
  setText(part.holding, overdue ? format.say("override.overdue") : ended || format.say(`override.holding.${row.holding}`));
  part.end.hidden = !given.verbs.includes("command") || row.ended_at !== null;
  part.end.dataset.override = row.id;
  return item;
}

function paint() {
  const standing = [...rows.values()].sort((a, b) => a.until.localeCompare(b.until) || a.id - b.id);
  for (const id of made.keys()) if (!rows.has(id)) made.delete(id);
  none.hidden = standing.length > 0;
  body.replaceChildren(none, ...standing.map(paintOne));
  setText(document.getElementById("overrides-count"), format.number(standing.length));
  tick();
}

function tick() {
  for (const [id, { part }] of made) {
    const left = Date.parse(rows.get(id)?.until) - Date.now();
    setText(part.left, left > 0 ? format.say("command.left", { n: format.age(left) }) : "");
  }
}

on(body, "click", async ({ target }) => {
  const button = target.closest("[data-override]");
  if (!button) return;
  button.disabled = true;
  try {
    await insist("POST", `/overrides/${button.dataset.override}/ending`);
    forgetRefusal();
  } catch (error) {
    showRefusal(error);
  }
  button.disabled = false;
});
store.subscribe(({ changed }) => {
  if (changed === null || changed?.override?.size) paint();
});
setInterval(tick, TICK_MS);
