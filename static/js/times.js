// The times that a page tells: written in one way everywhere, and again when the day turns, for what was today is then another day.

const LOOK_MS = 20_000;
const TOLD = "time[datetime]:not(#clock)";

/** Writes each `<time datetime>` below `root` as the site's clock showed it, with its date when that is not today's. */
export function sayTimes(root, format) {
  for (const time of root.querySelectorAll(TOLD)) {
    const moment = new Date(time.dateTime);
    time.textContent = format.when(moment);
    time.title = `${format.fully(moment)} (${format.zone})`;
  }
}

/** Keeps them true over midnight, in the site's zone; `also` is called at each turn of the day. */
export function keepTimes(format, also = () => {}) {
  let day = format.day(new Date());
  return setInterval(() => {
    const today = format.day(new Date());
    if (today === day) return;
    day = today;
    sayTimes(document, format);
    also();
  }, LOOK_MS);
}
