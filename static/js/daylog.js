// The day log: notes are written, corrected and found without leaving the page, and what others write appears as it is written.

import { call } from "#js/api.js";
import { codeIn, completeAssets } from "#js/assets/completion.js";
import { asOneTypes, on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const SOON = 400;
const { format, given, store } = desk;
const lines = document.getElementById("daylog-lines");
const filters = document.getElementById("daylog-filters");
const form = document.getElementById("note");
const ask = piece(lines, { prepare: (content) => sayTimes(content, format), yields: () => false });
let due = 0;
let corrected = null; // the note that is corrected, or null

// --- reading ---

function wanted() {
  const asked = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value !== ""));
  if (asked.size === 0) asked.set("day", lines.dataset.day);
  return asked;
}

async function refresh(how) {
  due = 0;
  const open = new Set([...lines.querySelectorAll("details[open]")].map(({ dataset }) => dataset.oldest));
  if (!(await ask(`${wanted()}&part=lines`, how))) {
    if (lines.matches(":active")) refreshSoon();
    return;
  }
  for (const details of lines.querySelectorAll("details")) details.open = open.has(details.dataset.oldest);
}

function refreshSoon() {
  if (!due && !document.hidden) due = setTimeout(() => refresh(), SOON);
}

function search() {
  const asked = wanted();
  history.replaceState(null, "", `?${asked}`);
  refresh({ anyhow: true });
}

asOneTypes(filters, search);
// Only what stands in the day log: a storm of alarms is folded there, and can wait for the next note.
store.subscribe(({ told }) => told?.note && refreshSoon());
on(document, "visibilitychange", refreshSoon); // what was written while nobody looked

// --- writing ---

function correct(id, number) {
  corrected = id;
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  part("title").textContent = id ? format.say("daylog.correct", { n: number }) : part("title").dataset.new;
  part("corrects").hidden = part("leave").hidden = !id;
  part("corrects").textContent = id ? document.querySelector(`[data-note="${id}"] .text`).textContent : "";
  if (id) form.elements.text.focus();
}

/** A correction begins with what it corrects: time, place and category stay unless they are what was wrong. */
async function startCorrection(id, number) {
  form.reset();
  correct(id, number);
  const note = await call("GET", `/notes/${id}`);
  if (corrected !== id || form.elements.text.value !== "") return;
  const { text, happened_at, category, importance, asset, sector, in_summary } = form.elements;
  text.value = note.text;
  happened_at.value = format.local(new Date(note.happened_at));
  [category.value, importance.value, in_summary.checked] = [note.category, note.importance, note.in_summary];
  asset.value = note.asset ? `${note.asset.code} — ${note.asset.name}` : "";
  sector.value = note.sector?.slug ?? "";
  form.querySelector("details").open = true;
}

function body() {
  const { text, happened_at, category, importance, asset, sector, in_summary } = form.elements;
  const told = { text: text.value, category: category.value, importance: importance.value, in_summary: in_summary.checked };
  if (happened_at.value) told.happened_at = format.instant(happened_at.value).toISOString();
  if (asset.value.trim()) told.asset = codeIn(asset);
  else if (sector.value) told.sector = sector.value;
  return told;
}

async function write() {
  const button = form.querySelector("button.first");
  button.disabled = true;
  try {
    const path = corrected ? `/notes/${corrected}/corrections` : `/sites/${given.site.slug}/notes`;
    const note = await insist("POST", path, body());
    for (const file of form.elements.files.files) await attach(note.id, file);
    form.reset();
    correct(null);
    forgetRefusal();
    refreshSoon();
  } catch (error) {
    showRefusal(error);
  } finally {
    button.disabled = false;
  }
}

async function attach(id, file) {
  await insist("POST", `/notes/${id}/attachments?${new URLSearchParams({ name: file.name })}`, file);
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  write();
});
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
if (form) completeAssets(form.elements.asset, given.site.slug);
form?.querySelector("[data-part=leave]").addEventListener("click", () => correct(null));

// --- correcting, signing, verifying ---

lines.addEventListener("click", async ({ target }) => {
  const { correct: id, number, sign, verify } = target.dataset;
  if (id) startCorrection(id, number);
  if (!sign && !verify) return;
  target.disabled = true;
  try {
    if (sign) {
      await insist("POST", `/sites/${given.site.slug}/day-signatures`, { day: sign });
      await refresh({ anyhow: true });
    } else {
      const { holds } = await call("GET", `/day-signatures/${verify}`);
      const verdict = lines.querySelector("[data-part=verdict]");
      verdict.dataset.state = holds ? "holds" : "broken";
      verdict.textContent = holds ? verdict.dataset.holds : verdict.dataset.broken;
    }
    forgetRefusal();
  } catch (error) {
    showRefusal(error);
  } finally {
    target.disabled = false;
  }
});

sayTimes(document, format);
keepTimes(format);
