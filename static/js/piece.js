// A piece of the page that is asked for again and again: the newest answer is shown, and never under somebody's hand.

import { inTurn } from "#js/turns.js";

/**
 * piece(holder, {prepare(content), yields()}) → refresh(query, {anyhow}); answers whether it was replaced.
 *
 * A click on what is replaced between the press and the release reaches nobody: what is pressed stays, also where the hand came while
 * the answer was on its way. `yields` says where else it must stay; by default where the keyboard is in it. `anyhow` is for who asked.
 */
export function piece(holder, { prepare = () => {}, yields = () => holder.contains(document.activeElement) } = {}) {
  const answers = inTurn();
  const held = (anyhow) => !anyhow && (holder.matches(":active") || yields());

  return async (query, { anyhow = false } = {}) => {
    if (document.hidden || held(anyhow)) return false;
    const newest = answers();
    const answer = await fetch(`?${query}`);
    if (!answer.ok) return false;
    const made = document.createElement("template");
    made.innerHTML = await answer.text();
    if (!newest() || held(anyhow)) return false;
    prepare(made.content);
    holder.replaceChildren(made.content);
    return true;
  };
}
