// The map's search: assets by code or words as one types; choosing one flies there.

import { call } from "#js/api.js";

const PAUSE = 120;
const SHOWN = 8;

/** A combobox with its list; flies to what is chosen. */
export function attachSearch({ key, say, make, showPlace, signal }) {
  const input = make("input", {
    class: "map-control",
    type: "search",
    placeholder: say("search"),
    "aria-label": say("search"),
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "map-found",
    "aria-autocomplete": "list",
    autocomplete: "off",
    spellcheck: "false",
  });
  const list = make("ul", { id: "map-found", class: "map-found", role: "listbox", "aria-label": say("search"), hidden: true });
  const box = make("div", { class: "map-search" }, input, list);
  let asked = null;
  let timer = 0;
  let found = [];
  let active = -1;

  function show(rows, none) {
    found = rows;
    active = rows.length ? 0 : -1;
    list.replaceChildren(...rows.map(option), ...(rows.length ? [] : [make("li", { class: "none" }, none)]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  }

  function option(row, index) {
    const kind = key.kinds[row.kind]?.name ?? row.kind;
    const item = make("li", { role: "option", id: `map-found-${index}` }, make("b", {}, row.name), make("span", {}, `${row.code} · ${kind}`));
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      choose(index);
    });
    return item;
  }

  function mark() {
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === active)));
    if (active >= 0) input.setAttribute("aria-activedescendant", `map-found-${active}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[active]?.scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    const row = found[index];
    if (!row) return;
    close();
    input.value = row.code;
    showPlace([row.lon, row.lat], 18);
  }

  async function ask() {
    asked?.abort();
    const text = input.value.trim();
    if (text.length < 2) return close();
    asked = new AbortController();
    const query = new URLSearchParams({ site: key.site, q: text, limit: SHOWN });
    try {
      const answer = await call("GET", `/assets?${query}`, undefined, { signal: AbortSignal.any([asked.signal, signal]) });
      return show(answer.results, say("search.none"));
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      return show([], say("search.failed"));
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the desk's one-key acts are not for who writes
    if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      else close();
    } else if (event.key === "Enter") choose(active);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      active = (active + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(found.length, 1);
      mark();
    }
  });
  return box;
}
