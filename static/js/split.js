// The two splitters of the desk: dragged by hand or by arrow keys, remembered with the person.

import { on, recall } from "#js/dom.js";
import { keep } from "#js/habits.js";

const STEP = 2;

/** Makes a separator move the custom property of its name on `box`, in percent between the limits. */
export function split(handle, box, { least, most }) {
  const level = handle.getAttribute("aria-orientation") === "horizontal";

  function set(percent) {
    const value = Math.round(Math.min(most, Math.max(least, percent)) * 10) / 10;
    box.style.setProperty(`--${handle.id}`, `${value}%`);
    handle.setAttribute("aria-valuenow", Math.round(value));
    return value;
  }

  const place = (event) => {
    const around = box.getBoundingClientRect();
    return level ? ((event.clientY - around.top) / around.height) * 100 : ((event.clientX - around.left) / around.width) * 100;
  };

  const kept = Number(recall(handle.id, ""));
  if (kept) set(kept);

  on(handle, "pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    handle.classList.add("dragged");
    event.preventDefault();
  });
  on(handle, "pointermove", (event) => handle.hasPointerCapture(event.pointerId) && set(place(event)));
  on(handle, "lostpointercapture", (event) => {
    handle.classList.remove("dragged");
    keep(handle.id, set(place(event)));
  });
  on(handle, "keydown", (event) => {
    const step = { ArrowLeft: -STEP, ArrowUp: -STEP, ArrowRight: STEP, ArrowDown: STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    keep(handle.id, set(Number(handle.getAttribute("aria-valuenow")) + step));
  });
}
