// How a person has the desk: splitters, order, density and filters go with the account, so that another browser has them too.

import { call } from "#js/api.js";
import { remember } from "#js/dom.js";
import { filtersOf, queryOf } from "#js/views.js";

const REST_MS = 600;
let waiting = {};
let timer = 0;

/** Keeps a choice here and with the account; what a server does not take today is asked for again with the next choice. */
export function keep(name, value) {
  remember(name, value);
  waiting[name] = String(value);
  clearTimeout(timer);
  timer = setTimeout(send, REST_MS);
}

async function send() {
  const told = waiting;
  waiting = {};
  await call("PATCH", "/me", { habits: told }).catch(() => Object.assign(waiting, { ...told, ...waiting }));
}

/**
 * begin(habits, store): takes over what the account has; `store` is that of a whole desk, null elsewhere: its filters are kept.
 *
 * What is searched for, and whose alarms are looked at, is of the moment and not kept.
 */
export function begin(habits, store) {
  const { filters = "", ...others } = habits;
  for (const [name, value] of Object.entries(others)) remember(name, value);
  if (store === null) return;
  const kept = () => queryOf({ ...store.filters, text: "", scope: "open" }, "worst");
  if (filters) store.filter(filtersOf(filters).filters);
  let told = kept();
  store.subscribe((change) => {
    if (!change.filters || kept() === told) return;
    told = kept();
    keep("filters", told);
  });
}
