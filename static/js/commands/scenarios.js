// Scenarios: what each asset would get and what forbids it now, running one, its progress, and one key that stops it.

import { whoOf } from "#js/commands/rows.js";
import { openDialog } from "#js/dialog.js";
import { clone, on, parts, setText } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { bind } from "#js/keys.js";
import { sayTimes } from "#js/times.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const { format, given, store } = desk;
const site = `/sites/${given.site.slug}`;
const list = document.getElementById("runs");
const runs = store.rows("scenario_run");
const made = new Map(); // run → {item, part}
const dialog = document.getElementById("preview");

// --- what it would do ---

function outlookWords({ outlook, said }) {
  if (!outlook) return { text: format.pick(said), forbids: true };
  if (outlook.blocks.length) return { text: outlook.blocks.map((block) => format.pick(block.sentence)).join(" · "), forbids: true };
  if (!outlook.carried) return { text: format.say("command.uncarried"), forbids: true };
  if (outlook.under_way !== null) return { text: format.say("command.under_way"), forbids: true };
  return { text: format.say(outlook.reached ? "command.reached" : "scenario.free"), forbids: false };
}

function foreseenRow(one) {
  const item = clone("foreseen-row");
  const part = parts(item);
  setText(part.step, String(one.step + 1));
  part.asset.href = `${site}/assets/${one.asset.id}`;
  setText(part.asset, one.asset.name);
  const values = Object.values(one.parameters).map((value) => (typeof value === "number" ? format.number(value) : value));
  setText(part.type, [given.types[`${one.asset.kind}/${one.type}`] ?? one.type, ...values].join(" · "));
  const { text, forbids } = outlookWords(one);
  setText(part.outlook, text);
  part.outlook.classList.toggle("forbids", forbids);
  return item;
}

async function look(button) {
  button.disabled = true;
  let foreseen;
  try {
    foreseen = await insist("GET", `${site}/command-scenarios/${button.dataset.preview}/preview`);
  } catch (error) {
    showRefusal(error);
    return;
  } finally {
    button.disabled = false;
  }
  const part = parts(dialog);
  const form = dialog.querySelector("form");
  const left = foreseen.filter((one) => outlookWords(one).forbids).length;
  const counted = format.say("scenario.counted", { n: foreseen.length });
  form.reset();
  setText(part.name, button.dataset.name);
  setText(part.about, left ? `${counted}, ${format.say("scenario.blocked", { n: left })}` : counted);
  part.rows.replaceChildren(...foreseen.map(foreseenRow));
  part.go.hidden = button.dataset.may !== "yes";
  const sent = openDialog(dialog);
  form.elements.because.focus();
  if (await sent) await run(button.dataset.preview, form.elements);
}

async function run(slug, { because, minutes }) {
  const body = { because: because.value };
  if (minutes.value) body.until = new Date(Date.now() + Number(minutes.value) * 60_000).toISOString();
  try {
    await insist("POST", `${site}/command-scenarios/${slug}/runs`, body);
    forgetRefusal();
  } catch (error) {
    showRefusal(error);
  }
}

// --- what runs ---

async function stop(id) {
  try {
    await insist("POST", `/scenario-runs/${id}/stopping`);
    forgetRefusal();
  } catch (error) {
    showRefusal(error);
  }
}

function runItem(row) {
  if (!made.has(row.id)) {
    const item = clone("run-row");
    made.set(row.id, { item, part: parts(item) });
  }
  const { item, part } = made.get(row.id);
  setText(part.name, format.pick(row.name));
  setText(part.who, [whoOf(row, format), row.because].filter(Boolean).join(" · "));
  part.progress.max = row.orders || 1;
  part.progress.value = row.done + row.failed;
  part.progress.setAttribute("aria-label", format.pick(row.name));
  const failed = row.failed ? format.say("scenario.failed", { n: row.failed }) : "";
  setText(part.told, [format.say("scenario.done", { done: row.done, n: row.orders }), failed].filter(Boolean).join(", "));
  const troubled = row.commands.filter(({ said }) => said);
  part.parts.replaceChildren(...troubled.map(({ said }) => Object.assign(document.createElement("li"), { textContent: format.pick(said) })));
  part.stop.dataset.stop = row.id;
  part.stop.hidden = !given.verbs.includes("command");
  return item;
}

function paint() {
  const rows = [...runs.values()].sort((a, b) => b.id - a.id);
  for (const id of made.keys()) if (!runs.has(id)) made.delete(id);
  document.getElementById("runs-none").hidden = rows.length > 0;
  list.replaceChildren(...rows.map(runItem));
}

on(document, "click", ({ target }) => {
  const preview = target.closest("[data-preview]");
  if (preview) look(preview);
  const stopping = target.closest("[data-stop]");
  if (stopping) stop(stopping.dataset.stop);
});
bind({
  x: (event) => {
    const newest = list.querySelector("[data-stop]:not([hidden])");
    if (newest && !event.repeat) stop(newest.dataset.stop);
    return newest !== null;
  },
  m: () => desk.toggleMute(),
});
store.subscribe(({ changed }) => {
  if (changed === null || changed?.scenario_run?.size) paint();
});
sayTimes(document, format);
