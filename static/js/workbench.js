// The workbench of a feed: what a message gives is asked for as one writes, and a path is written by a click.

import { fetchPiece } from "#js/piece.js";
import { inTurn } from "#js/turns.js";

const PAUSE = 350;
const ASK = 2_000;
const form = document.getElementById("work");
const tried = document.getElementById("tried");
const captured = document.getElementById("captured");
const presets = JSON.parse(document.getElementById("presets").textContent);
const { mapping, message } = form.elements;
const answers = inTurn();
let timer = 0;
let caret = null; // where the mapping was written last

async function tryIt() {
  const newest = answers();
  const answer = await fetch("?part=tried", { method: "POST", body: new FormData(form) }).catch(() => null);
  const content = answer?.ok ? await answer.text() : null;
  if (content === null || !newest()) return;
  const made = document.createElement("template");
  made.innerHTML = content;
  tried.replaceChildren(made.content);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(tryIt, PAUSE);
}

function write(field, text) {
  if (field) field.value = text;
}

form.addEventListener("input", soon);
for (const moved of ["keyup", "click", "select"]) {
  mapping.addEventListener(moved, () => {
    caret = [mapping.selectionStart, mapping.selectionEnd];
  });
}

document.addEventListener("click", ({ target }) => {
  const path = target.closest("[data-path]");
  const chosen = target.closest("[data-message]");
  if (path) {
    mapping.setRangeText(path.dataset.path, ...(caret ?? [mapping.value.length, mapping.value.length]), "end");
    mapping.focus();
    caret = [mapping.selectionStart, mapping.selectionEnd];
    soon();
  } else if (chosen) {
    message.value = chosen.dataset.message;
    write(form.elements.topic, chosen.dataset.topic);
    message.focus();
    soon();
  }
});

document.getElementById("preset").addEventListener("change", ({ target }) => {
  const preset = presets.find(({ slug }) => slug === target.value);
  if (!preset) return;
  mapping.value = preset.mapping;
  if (form.elements.topic) write(form.elements.address, preset.address);
  if (!message.value.trim()) {
    message.value = preset.message;
    write(form.elements.topic, preset.topic);
  }
  soon();
});

if (captured.dataset.waits === "1") {
  const asking = setInterval(async () => {
    if (document.hidden || captured.contains(document.activeElement)) return;
    const content = await fetchPiece("?part=captured");
    if (!content) return;
    captured.replaceChildren(content);
    if (!captured.querySelector("[role=status]") && !captured.querySelector("[data-message]")) clearInterval(asking);
  }, ASK);
}
