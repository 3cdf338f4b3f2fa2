// The order of names in a list in the reader's language: accents and capitals aside, numbers as numbers. The server's is
// assets/alphabet.py.

const language = globalThis.document?.documentElement.lang || "fr";
const collator = new Intl.Collator(language, { numeric: true });

/** Compares two names, for `sort`. */
export const alphabetical = (a, b) => collator.compare(a, b);

/** Compares two things by what `name` gives of them, for `sort`. */
export const byName = (name) => (a, b) => collator.compare(name(a), name(b));
