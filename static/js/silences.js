// The register of what is silenced, and the banner of a sheet: kept fresh, and what ends a silence.

import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { piece } from "#js/piece.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const FRESH = 15_000;
const SOON = 700;
const { format, store } = desk;
const holder = document.querySelector("[data-silences]");
const filters = document.getElementById("silence-filters");
const ask = piece(holder, { prepare: sayTimes });
let due = 0;

function sayTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) time.textContent = format.when(new Date(time.dateTime));
}

async function refresh(how) {
  due = 0;
  await ask(new URLSearchParams([...(filters ? new FormData(filters) : []), ["part", "silences"]]), how);
}

on(holder, "click", async ({ target }) => {
  const button = target.closest("[data-end]");
  if (!button) return;
  button.disabled = true;
  try {
    await insist("DELETE", button.dataset.end);
    forgetRefusal();
  } catch (error) {
    button.disabled = false;
    showRefusal(error);
    return;
  }
  await refresh({ anyhow: true });
});

if (filters) on(filters, "change", () => filters.requestSubmit());
store.subscribe(({ ids, entries }) => {
  if (ids === null || ids.size > 0 || entries?.length) due ||= setTimeout(() => refresh(), SOON);
});
setInterval(() => refresh(), FRESH);
sayTimes(holder);
