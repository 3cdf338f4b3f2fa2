// One heart for everything that blinks: 1 Hz, in step, and only while something waits.

const HALF_MS = 500;
let timer = null;

export function setBeating(wanted) {
  const root = document.documentElement;
  if (wanted && timer === null) {
    timer = setInterval(() => {
      root.dataset.beat = root.dataset.beat === "low" ? "high" : "low";
    }, HALF_MS);
  } else if (!wanted && timer !== null) {
    clearInterval(timer);
    timer = null;
    delete root.dataset.beat;
  }
}
