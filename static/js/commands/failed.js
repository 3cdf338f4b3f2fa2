// Commands that did not succeed: the list is asked for again when another one has ended.

import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { sayTimes } from "#js/times.js";

const SOON_MS = 500;
const { format, store } = desk;
const holder = document.getElementById("failed");
const filters = document.getElementById("failed-filters");
let due = 0;

async function refresh() {
  due = 0;
  if (holder.contains(document.activeElement)) return; // never under somebody's hand
  const answer = await fetch(`?${new URLSearchParams([...new FormData(filters), ["part", "failed"]])}`);
  if (!answer.ok) return;
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  sayTimes(made.content, format);
  holder.replaceChildren(made.content);
}

store.subscribe(({ told }) => {
  if (told?.command?.some(({ ended_at }) => ended_at)) due ||= setTimeout(refresh, SOON_MS);
});
on(filters, "change", () => filters.requestSubmit());
sayTimes(document, format);
