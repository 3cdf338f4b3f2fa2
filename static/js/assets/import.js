// The import pages: fields that go with the chosen way of reading, an import under way that is asked about until it ends, and the review.

import { call, Refused } from "#js/api.js";
import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { sayTimes } from "#js/times.js";
import { toast } from "#js/toast.js";

const PAUSE = 700;
const { format } = desk;
const run = document.getElementById("run");
const changes = document.getElementById("changes");
const prepare = (content) => sayTimes(content, format);
const refresh = run && piece(run, { prepare });
const list = changes && piece(changes, { prepare });
const way = document.querySelector("[name=way]");

sayTimes(document, format);

function showWay() {
  for (const field of document.querySelectorAll("[data-way]")) field.hidden = !field.dataset.way.split(" ").includes(way.value);
}

function asked(part) {
  const query = new URLSearchParams(location.search);
  query.set("part", part);
  return query.toString();
}

async function ask() {
  await refresh(asked("state"));
  if (!busy()) await list?.(asked("changes"), { anyhow: true });
  wait();
}

const busy = () => run.querySelector('[data-busy="yes"]');

function wait() {
  if (busy()) setTimeout(ask, PAUSE);
}

/** Leave changes out of what is approved, or take them in again; the page says what came of it. */
async function leave(body) {
  try {
    await call("PATCH", `/change-sets/${changes.dataset.set}/changes`, body);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(format.say("fault.title"), error.detail, { bad: true });
  }
  await Promise.all([refresh(asked("state"), { anyhow: true }), list(asked("changes"), { anyhow: true })]);
}

async function changed({ target }) {
  const code = target.dataset.take;
  if (code === undefined) return;
  await leave({ codes: [code], left_out: !target.checked });
  changes.querySelector(`[data-take="${CSS.escape(code)}"]`)?.focus();
}

async function clicked({ target }) {
  const { all, category } = target.closest("[data-all]")?.dataset ?? {};
  if (!all) return;
  await leave({ ...(category ? { category } : { all: true }), left_out: all === "leave" });
  changes.querySelector(`[data-all="${all}"]`)?.focus();
}

if (way) {
  way.addEventListener("change", showWay);
  showWay();
}
changes?.addEventListener("change", changed);
changes?.addEventListener("click", clicked);
if (run) wait();
