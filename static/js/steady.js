// Nothing on the top bar moves away from under the pointer: while it is there, what stands on the bar keeps its width.

import { on } from "#js/dom.js";

/** keepSteady(bar): holds the width of each thing on it, lamps one by one, from the pointer's coming until it has gone. */
export function keepSteady(bar) {
  const things = () => [...bar.querySelectorAll(":scope > *, .lamp, .counts > *")];
  const hold = (thing) => {
    if (thing.classList.contains("grow") || thing.offsetWidth === 0) return;
    thing.style.width = `${thing.getBoundingClientRect().width}px`;
    thing.style.flex = "none";
  };
  const free = (thing) => {
    thing.style.width = thing.style.flex = "";
  };
  on(bar, "pointerenter", (event) => event.pointerType === "mouse" && things().forEach(hold));
  on(bar, "pointerleave", () => things().forEach(free));
}
