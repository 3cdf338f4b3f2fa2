// The words of the rules page with their fields filled in. Pure.

export const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (_, name) => fields[name] ?? "");

/** createCounted(words, format) → (key, n, fields) → the words of `key` for this number: `key_one` where the language has one for it. */
export function createCounted(words, format) {
  const plural = new Intl.PluralRules(format.language);
  return (key, n, fields = {}) => fill((plural.select(n) === "one" && words[`${key}_one`]) || words[key], { n: format.number(n, 0), ...fields });
}
