// What the site knows, for completion: kinds and their quantities and states, sectors, rules, codes of assets.

import { byName } from "#js/alphabet.js";
import { call } from "#js/api.js";

export function createCompletion({ vocabulary, site, words }) {
  const wanted = (kinds) => vocabulary.kinds.filter(({ slug }) => kinds.length === 0 || kinds.includes(slug));

  async function assets(typed) {
    if (typed.trim() === "") return [];
    const found = await call("GET", `/assets?${new URLSearchParams({ site, q: typed, limit: 12 })}`);
    return found.results.map(({ code, name }) => [code, code === name ? code : `${code} — ${name}`]);
  }

  const named = (list) => list.map(({ slug, name }) => [slug, name]);
  const unique = (list) => {
    const count = Map.groupBy(list, ([, name]) => name);
    return list.map(([slug, name]) => [slug, count.get(name).length > 1 ? `${name} (${slug})` : name]);
  };

  return {
    /** Options of a field of words, by its widget. */
    of(widget) {
      if (widget === "kinds") return { known: unique(named(vocabulary.kinds)), free: false };
      if (widget === "sectors") return { known: unique(named(vocabulary.sectors)), free: false };
      if (widget === "assets") return { known: assets, free: true };
      if (widget === "rules") return { known: unique(named(vocabulary.rules)).sort(byName(([, name]) => name)) };
      if (widget === "events") return { known: vocabulary.events.map((each) => [each, ""]) };
      return { known: [], free: true };
    },

    /** [[group, [[quantity, name]…]]…]: those of the kinds in scope, then the others. */
    quantities(kinds) {
      const near = new Map();
      for (const kind of wanted(kinds)) {
        for (const [quantity, { name }] of Object.entries(kind.quantities)) if (!near.has(quantity)) near.set(quantity, name);
      }
      const far = new Map(vocabulary.others.map((each) => [each, each]));
      for (const kind of vocabulary.kinds) {
        for (const [quantity, { name }] of Object.entries(kind.quantities)) if (!near.has(quantity)) far.set(quantity, name);
      }
      // Two quantities of one name are told apart by what the supervisors call them.
      const sorted = (map) => unique([...map]).sort(byName(([, name]) => name));
      return [["", sorted(near)], ...(far.size ? [[words.elsewhere, sorted(far)]] : [])];
    },

    /** [[2, "lamp failure"]…] of a quantity, of the kinds in scope; nothing when it is no state. */
    codes(quantity, kinds) {
      const found = new Map();
      for (const kind of wanted(kinds)) {
        for (const [code, name] of Object.entries(kind.quantities[quantity]?.codes ?? {})) {
          const names = found.get(Number(code)) ?? new Set();
          found.set(Number(code), names.add(name));
        }
      }
      return [...found].sort(([a], [b]) => a - b).map(([code, names]) => [code, `${code} ${[...names].slice(0, 2).join(" / ")}`]);
    },
  };
}
