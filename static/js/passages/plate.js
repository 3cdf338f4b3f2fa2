// A plate on the screen: as it was read, or of a permit with the characters marked that were read otherwise.

import { setText } from "#js/dom.js";
import { pieces } from "#js/passages/known.js";

/** Writes the plate of a passage, or why there is none. */
export function paintPlate(element, row, format) {
  const missing = !row.has_plate ? (row.erased_at ? "plate.erased" : "plate.none") : row.plate === null ? "plate.hidden" : null;
  setText(element, missing ? format.say(missing) : row.plate);
  element.classList.toggle("missing", missing !== null);
}

export function paintCandidate(element, { plate, differs }, format) {
  element.replaceChildren(
    ...pieces(plate, differs).map((piece) => {
      const made = document.createElement(piece.differs ? "mark" : "span");
      made.textContent = piece.text;
      return made;
    }),
  );
  if (differs.length) element.title = format.say("plate.differs");
}

/** What a barrier reads and since when; what is too old is said to be. `barrier`: {state, age (s) or null, stale, at (ms)}. */
export function barrierWords(barrier, format, now = Date.now()) {
  const state = format.say(`barrier.${barrier.state}`);
  if (barrier.age === null) return format.say("barrier.unknown");
  const age = format.age(barrier.age * 1000 + now - barrier.at);
  return format.say(barrier.stale ? "barrier.stale" : "barrier.age", { state, age });
}
