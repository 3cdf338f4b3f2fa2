// What a clock on the wall of the site said, as an instant. Pure.

/** "2026-11-22T14:30" in a zone → Date. In the hour that a change of clocks repeats, the first of the two. */
export function inZone(text, timeZone) {
  const wall = Date.parse(`${text}Z`);
  const first = wall - offset(wall, timeZone);
  return new Date(wall - offset(first, timeZone));
}

/** Milliseconds the zone is ahead of UTC at an instant. */
function offset(instant, timeZone) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - Math.floor(instant / 1000) * 1000;
}
