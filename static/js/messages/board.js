// Messages: read, answered, ended and written; what others answer appears as they do, and what is left of the time counts down.

import { openDialog } from "#js/dialog.js";
import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { bind } from "#js/keys.js";
import { compose } from "#js/messages/compose.js";
import { tick } from "#js/messages/countdown.js";
import { keepEntities } from "#js/messages/entities.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const SOON_MS = 300;
const { format, given, store } = desk;
const holder = document.getElementById("messages");
const form = document.getElementById("compose");
const dialog = document.getElementById("message-end");
const entities = document.getElementById("entity");
const asked = new URLSearchParams(location.search);
let due = 0;
let missed = false;

const writing = () => [...holder.querySelectorAll("form.answer")].some((each) => each.contains(document.activeElement));
const ask = piece(holder, {
  prepare: (content) => {
    sayTimes(content, format);
    tick(content, format);
  },
  yields: writing,
});

async function refresh(how) {
  due = 0;
  const held = document.activeElement?.closest?.(".message")?.id;
  missed = !(await ask(`${new URLSearchParams([...asked, ["part", "list"]])}`, how));
  if (held && !missed) document.getElementById(held)?.focus();
}

const soon = () => {
  due ||= setTimeout(refresh, SOON_MS);
};

async function act(button, path, body) {
  button.disabled = true;
  try {
    await insist("POST", path, body);
    forgetRefusal();
  } catch (error) {
    button.disabled = false;
    showRefusal(error);
    return;
  }
  await refresh({ anyhow: true });
}

const pathOf = (element, what) => `/entity-messages/${element.closest(".message").dataset.message}/${what}`;

async function end(button) {
  dialog.querySelector("form").reset();
  dialog.querySelector("h2").textContent = button.textContent;
  if (!(await openDialog(dialog))) return;
  await act(button, pathOf(button, "ending"), { ending: button.dataset.end, reason: dialog.querySelector("[name=reason]").value });
}

function filledIn(input) {
  if (input.value === "") return null;
  return { number: () => Number(input.value), yes_no: () => input.value === "true" }[input.dataset.type]?.() ?? input.value;
}

function answerOf(answer) {
  if (answer.dataset.kind === "choices") return answer.elements.answer.value;
  const inputs = [...answer.querySelectorAll("[name^=field-]")];
  return Object.fromEntries(inputs.map((input) => [input.name.slice("field-".length), filledIn(input)]));
}

on(holder, "click", ({ target }) => {
  const read = target.closest("[data-read]");
  if (read) act(read, pathOf(read, "acknowledgements"), { entity: read.dataset.read });
  const ending = target.closest("[data-end]");
  if (ending) end(ending);
});
on(holder, "submit", (event) => {
  event.preventDefault();
  const answer = event.target;
  const { note, spoken_by } = answer.elements;
  const told = { entity: answer.dataset.entity, answer: answerOf(answer), note: note.value, spoken_by: spoken_by?.value ?? "" };
  act(answer.querySelector("button"), pathOf(answer, "answers"), told);
});
on(holder, "focusout", () => missed && soon());

// --- by keyboard ---

const cards = () => [...holder.querySelectorAll(".message")];
const here = () => document.activeElement?.closest?.(".message") ?? null;

function move(step) {
  const all = cards();
  const from = all.indexOf(here());
  const to = all[from < 0 ? 0 : Math.min(all.length - 1, Math.max(0, from + step))];
  to?.focus();
  return Boolean(to);
}

const within = (selector, done) => {
  const found = (here() ?? cards().find((card) => card.querySelector(selector)))?.querySelector(selector);
  if (found) done(found);
  return Boolean(found);
};

bind({
  j: () => move(1),
  k: () => move(-1),
  a: () => within("[data-read]", (button) => button.click()),
  r: () => within("form.answer input", (input) => input.focus()),
  n: () => {
    form?.elements.text.focus();
    return Boolean(form);
  },
});

if (form) compose(form, { given, format, done: () => refresh({ anyhow: true }) });
if (form?.dataset.noun) form.elements.text.focus();
if (entities) keepEntities(entities, { given });
store.subscribe(({ changed, told, elsewhere }) => {
  if (changed === null || told?.entity_message || elsewhere?.includes("entity_message")) soon();
});
on(document, "visibilitychange", soon);
setInterval(() => tick(holder, format), 1000);
sayTimes(document, format);
tick(holder, format);
keepTimes(format);
