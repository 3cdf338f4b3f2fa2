// Assets that somebody's words find, to choose from while they are typed: "CR-001 — Jauge du pont", by its code.

import { call } from "#js/api.js";

const TYPED_MS = 250;
const MOST = 8;
const BETWEEN = " — ";

/** Fills the list of a field (`list="…"`) as one types. */
export function completeAssets(field, site) {
  let due = 0;

  async function complete() {
    const words = field.value.trim();
    if (words.length < 2 || words.includes(BETWEEN)) return;
    const found = await call("GET", `/assets?${new URLSearchParams({ site, q: words, limit: MOST })}`);
    field.list.replaceChildren(...found.results.map(({ code, name }) => new Option(name, `${code}${BETWEEN}${name}`)));
  }

  field.addEventListener("input", () => {
    clearTimeout(due);
    due = setTimeout(complete, TYPED_MS);
  });
}

/** The code that a field holds, whether it was chosen or typed. */
export const codeIn = (field) => field.value.split(BETWEEN)[0].trim();
