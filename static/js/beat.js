// The heart of what blinks: 1 Hz, in step, only while something waits, and still where nobody looks or nothing is to move.

const HALF_MS = 500;
let timer = null;

/** Makes `element` beat, or lets it rest. */
export function setBeating(element, wanted) {
  if (wanted && timer === null) {
    timer = setInterval(() => {
      if (!document.hidden) element.dataset.beat = element.dataset.beat === "low" ? "high" : "low";
    }, HALF_MS);
  } else if (!wanted && timer !== null) {
    clearInterval(timer);
    timer = null;
    delete element.dataset.beat;
  }
}
