// Until when a question is to be answered, as it runs out: what is left, and by how much it is late.

import { setText } from "#js/dom.js";

const SOON_MS = 180_000;

/** What is said of an instant, and how pressing it is: "", "soon" or "over". Pure but for the format. */
export function remaining(until, now, format) {
  const left = until - now;
  if (left <= 0) return { text: format.say("message.over", { age: format.age(-left) }), state: "over" };
  return { text: format.say("message.left", { age: format.age(left) }), state: left <= SOON_MS ? "soon" : "" };
}

/** Writes every `[data-until]` below `root`. */
export function tick(root, format) {
  for (const element of root.querySelectorAll("[data-until]")) {
    const { text, state } = remaining(Date.parse(element.dataset.until), Date.now(), format);
    setText(element, text);
    element.classList.toggle("soon", state === "soon");
    element.classList.toggle("over", state === "over");
  }
}
