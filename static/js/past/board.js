// Alarmes: rows are asked for again as filters change, never by themselves; that something changed since is said.

import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { mount as mountBulk } from "#js/past/bulk.js";
import { followFilters, keepViews, queryOf } from "#js/past/filters.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";
import { inTurn } from "#js/turns.js";

const { format, given, store } = desk;
const form = document.getElementById("past-filters");
const rows = document.getElementById("past-rows");
const total = document.getElementById("past-count");
const renew = document.getElementById("past-renew");
const counts = inTurn();
const ask = piece(rows, { prepare: (content) => sayTimes(content, format), yields: () => false });

async function count(query) {
  const newest = counts();
  const answer = await fetch(`?${query}&part=count`);
  if (answer.ok && newest()) total.textContent = (await answer.text()).trim();
}

function show(query) {
  for (const link of document.querySelectorAll("[data-export]")) {
    const exported = new URLSearchParams(query);
    if (!exported.has("state")) exported.set("state", "all");
    link.href = `/api/v1/sites/${given.site.slug}/alarms.${link.dataset.export}?${exported}`;
  }
  renew.hidden = true;
  count(query);
  return ask(`${query}&part=rows`, { anyhow: true });
}

if (document.getElementById("act-on-all")) mountBulk({ site: given.site.slug, format, query: () => queryOf(form), done: () => show(queryOf(form)) });
followFilters(form, rows, show);
keepViews("alarms", given.site.slug, form);
on(renew, "click", () => show(queryOf(form)));
store.subscribe(({ told }) => {
  if (told?.alarm) renew.hidden = false;
});
sayTimes(document, format);
keepTimes(format);
count(queryOf(form));
