// One work order: taken further, noted and photographed; what others do to it appears as they do it.

import { openDialog } from "#js/dialog.js";
import { parts, setText } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const SOON_MS = 300;
const { format, store } = desk;
const id = Number(document.getElementById("work-order").dataset.order);
const told = document.getElementById("order-told");
const form = document.getElementById("order-note");
const dialog = document.getElementById("order-move");
const ask = piece(told, { prepare: (content) => sayTimes(content, format), yields: () => false });
let due = 0;

async function refresh(how) {
  due = 0;
  const held = document.activeElement?.closest("[data-move]")?.dataset.move;
  if (!(await ask("part=order", how))) return refreshSoon();
  if (held) (told.querySelector(`[data-move="${held}"]`) ?? told.querySelector("[data-move]") ?? form?.elements.text)?.focus();
}

function refreshSoon() {
  if (!document.hidden) due ||= setTimeout(() => refresh(), SOON_MS);
}

async function act(button, work) {
  button.disabled = true;
  try {
    await work();
    forgetRefusal();
  } catch (error) {
    showRefusal(error);
  } finally {
    button.disabled = false;
  }
  refreshSoon();
}

async function reasonFor(button) {
  const part = parts(dialog);
  dialog.querySelector("form").reset();
  setText(part.name, button.textContent);
  setText(part.go, button.textContent);
  return (await openDialog(dialog)) ? dialog.querySelector("[name=text]").value : null;
}

told.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-move]");
  if (!button) return;
  const text = "reason" in button.dataset ? await reasonFor(button) : "";
  if (text === null) return;
  await act(button, () => insist("POST", `/work-orders/${id}/moves`, { move: button.dataset.move, text }));
});

const linked = document.getElementById("order-link");

/** Shows a new link once, to be copied or written in a mail of the person's own. */
async function makeLink() {
  const { url, ends_at } = await insist("POST", `/work-orders/${id}/links`, {});
  const part = parts(linked);
  const field = linked.querySelector("[name=url]");
  field.value = url;
  setText(part.until, format.say("order.link_shown", { when: format.when(ends_at) }));
  const { to, subject } = part.mail.dataset;
  const body = `${document.getElementById("work-order").dataset.fault}\n\n${url}\n`;
  part.mail.href = `mailto:${encodeURIComponent(to)}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`;
  part.copy.hidden = !navigator.clipboard; // there where the page came over TLS
  part.copy.textContent = copyWords;
  openDialog(linked);
  field.select();
}

const copyWords = parts(linked).copy.textContent;
parts(linked).copy.addEventListener("click", async ({ currentTarget: button }) => {
  await navigator.clipboard.writeText(linked.querySelector("[name=url]").value);
  button.textContent = button.dataset.done;
});

told.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-link]");
  if (button) act(button, button.dataset.link === "make" ? makeLink : () => insist("DELETE", `/work-orders/${id}/links`));
});

told.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-mail]");
  if (button) act(button, () => insist("POST", `/work-orders/${id}/mails`));
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { text, files } = form.elements;
  await act(form.querySelector("button"), async () => {
    if (text.value.trim()) await insist("POST", `/work-orders/${id}/notes`, { text: text.value });
    text.value = "";
    for (const file of files.files) await insist("POST", `/work-orders/${id}/photos?${new URLSearchParams({ name: file.name })}`, file);
    form.reset();
  });
});
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

store.subscribe(({ told: rows }) => rows?.work_order?.some((row) => row.id === id) && refreshSoon());
document.addEventListener("visibilitychange", refreshSoon);
sayTimes(document, format);
keepTimes(format);
