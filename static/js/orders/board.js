// Work orders of the site: asked for again when one of them changes, and as the filters are.

import { asOneTypes, on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";

const SOON_MS = 400;
const { format, given, store } = desk;
const holder = document.getElementById("orders");
const filters = document.getElementById("orders-filters");
const csv = document.getElementById("orders-csv");
const ask = piece(holder, {
  prepare: (content) => sayTimes(content, format),
  yields: () => holder !== document.activeElement && holder.contains(document.activeElement),
});
let due = 0;
let missed = false;

const wanted = () => new URLSearchParams([...new FormData(filters)].filter(([, value]) => value !== ""));

async function refresh(how) {
  due = 0;
  missed = !(await ask(`${wanted()}&part=orders`, how));
}

function refreshSoon() {
  due ||= setTimeout(() => refresh(), SOON_MS);
}

asOneTypes(filters, () => {
  history.replaceState(null, "", `?${wanted()}`);
  csv.href = `/api/v1/sites/${given.site.slug}/work-orders.csv?${wanted()}`;
  refresh({ anyhow: true });
});
store.subscribe(({ changed, told }) => (changed === null || told?.work_order) && refreshSoon());
on(holder, "focusout", () => missed && refreshSoon());
on(document, "visibilitychange", () => missed && refreshSoon());
sayTimes(document, format);
keepTimes(format);
