// A group of buttons is one stop of the tab key: arrows, Home and End go on inside it, as the practice of toolbars has it.

import { on } from "#js/dom.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY };

/** rove(group): its buttons that are in sight; one that is reached by an arrow is brought into view. */
export function rove(group) {
  const buttons = () => [...group.querySelectorAll("button:not([hidden])")].filter((button) => button.offsetParent !== null);

  function stop(at) {
    for (const button of group.querySelectorAll("button")) button.tabIndex = button === at ? 0 : -1;
  }

  on(group, "focusin", ({ target }) => target.closest("button") && stop(target.closest("button")));
  on(group, "keydown", (event) => {
    const step = STEPS[event.key];
    const all = buttons();
    const from = all.indexOf(event.target.closest("button"));
    if (step === undefined || from < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // the list has these keys too
    const to = all[Math.min(all.length - 1, Math.max(0, from + step))];
    to.focus();
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  stop(group.querySelector("button"));
}
