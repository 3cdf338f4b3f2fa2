// Ready-made sentences below a field that asks for a reason or a comment; what this browser's people wrote last comes first.

import { on, recall, remember } from "#js/dom.js";

const LAST = 3;
const LONGEST = 80;

const lastOf = (kind) => JSON.parse(recall(`phrases.${kind}`, "[]"));

/** The sentences written last, with this one first. Pure. */
export function withNewest(text, last) {
  const sentence = text.trim();
  if (sentence === "" || sentence.length > LONGEST) return last;
  return [sentence, ...last.filter((each) => each !== sentence)].slice(0, LAST);
}

/** The text with a sentence put in its place, or behind what is there. Pure. */
export const joined = (text, sentence) => (text.trim() === "" ? sentence : `${text.trim().replace(/[.;,]$/, "")} ; ${sentence}`);

/** offerPhrases(dialog): shows what was written last beside the ready-made; a press writes it into the dialog's text. */
export function offerPhrases(dialog) {
  const group = dialog.querySelector("[data-phrases]");
  const text = dialog.querySelector("textarea");
  if (!group || !text) return;
  for (const button of group.querySelectorAll("[data-last]")) button.remove();
  const ready = [...group.querySelectorAll("[data-phrase]")];
  const known = new Set(ready.map((button) => button.textContent));
  for (const sentence of lastOf(group.dataset.phrases)
    .filter((each) => !known.has(each))
    .reverse()) {
    const button = ready[0].cloneNode();
    button.dataset.last = "";
    button.textContent = sentence;
    group.prepend(button);
  }
}

/** Listens once for all dialogs of the page. */
export function keepPhrases() {
  on(document, "click", (event) => {
    const button = event.target.closest("[data-phrase]");
    if (!button) return;
    const text = button.closest("form").querySelector("textarea");
    text.value = joined(text.value, button.textContent);
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });
}

/** What was written in a dialog that was sent. */
export function wroteIn(dialog) {
  const group = dialog.querySelector("[data-phrases]");
  if (!group) return;
  const { phrases: kind } = group.dataset;
  remember(`phrases.${kind}`, JSON.stringify(withNewest(dialog.querySelector("textarea").value, lastOf(kind))));
}
