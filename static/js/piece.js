// A piece of the page that is asked for again and again: the newest answer is shown, and never under somebody's hand.

import { inTurn } from "#js/turns.js";

/** What the server answers as nodes; null where it refuses. */
export async function fetchPiece(address) {
  const answer = await fetch(address);
  if (!answer.ok) return null;
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  return made.content;
}

/**
 * piece(holder, {prepare(content), yields(), from}) → refresh(query, {anyhow}); answers whether it was replaced.
 *
 * `from` is the address of the piece where it is not that of the page.
 *
 * A click on what is replaced between the press and the release reaches nobody: what is pressed stays, also where the hand came while
 * the answer was on its way. `yields` says where else it must stay; by default where the keyboard is in it. `anyhow` is for who asked.
 */
export function piece(holder, { prepare = () => {}, yields = () => holder.contains(document.activeElement), from = "" } = {}) {
  const answers = inTurn();
  const held = (anyhow) => !anyhow && (holder.matches(":active") || yields());

  return async (query, { anyhow = false } = {}) => {
    if (document.hidden || held(anyhow)) return false;
    const newest = answers();
    const content = await fetchPiece(`${from}?${query}`);
    if (!content || !newest() || held(anyhow)) return false;
    prepare(content);
    holder.replaceChildren(content);
    return true;
  };
}
