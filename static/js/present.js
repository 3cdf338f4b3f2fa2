// What the point of an alarm reads now, as the live channel tells it: in the words of a row, and of the detail. Pure.
//
// Nobody knows what a point reads whose feed is silent, whose last reading is bad, or from which nothing has come for three of its
// intervals; then what was read last is told as such, or not at all. Beside the alarm of a silence is since when nothing came.

/** Expected intervals after which a reading is told as the last one, and no longer as what is. */
const OLD_AFTER = 3;
const SHORTEST_MS = 90_000;
const ARROWS = { rising: "↑", falling: "↓", steady: "→" };

/** As `assets/trend.py` compares: none from 1,000 on, one from 100 on, two from 1 on. */
const decimals = (value) => [1000, 100, 1].findIndex((size) => Math.abs(value) >= size);

/** What is told of now beside an alarm, or beside none, from the store; undefined when nothing is. */
export function presentOf(store, row) {
  const told = row ? store.present.get(witnessOf(row)) : undefined;
  return told?.point === null && hasEnded(told, row) ? undefined : told;
}

/** Whether what is told is of a silence that is over, or of one before: the row comes before the next word about it. */
const hasEnded = (silence, row) => row.state === "returned" || silence.raised_at !== row.raised_at;

/** What the store's present value of an alarm is found by. Of a sector's alarm the worst point changes; a silence has no point. */
export function witnessOf(row) {
  if (row.witness === null) return `a${row.id}`;
  return row.subject.startsWith("sector:") ? `a${row.id}` : row.witness;
}

/** 1,24 m, or the name of a state; of a counter what it consumes: 12,34 kWh par heure. */
export function valueText(point, format) {
  if (point.state) return format.pick(point.state);
  const counts = isCounted(point);
  const value = counts ? point.rate : point.value;
  const digits = decimals(value);
  const number = format.number(value, digits < 0 ? 3 : digits);
  const measured = point.unit ? `${number}\u00a0${point.unit}` : number;
  return counts ? format.say("present.hourly", { value: measured }) : measured;
}

const isCounted = (point) => typeof point.rate === "number";

/** Of a point "now" | "last" | "silent" | "bad": how its newest reading can be taken; "quiet" of a silence. `linked`: the page still hears. */
export function standing(point, now, linked = true) {
  if (point.point === null) return "quiet";
  if (point.silent_since) return "silent";
  if (point.quality === "bad") return "bad";
  const old = now - Date.parse(point.at) > Math.max(OLD_AFTER * point.interval * 1000, SHORTEST_MS);
  return old || !linked ? "last" : "now";
}

/** {standing, text, title} of a row: 1,24 m ↓ · 40 s; the title says it in full. */
export function briefly(point, now, format, linked) {
  const how = standing(point, now, linked);
  const title = inFull(point, now, format, linked);
  if (how === "quiet") {
    const word = point.speaks ? "present.unusable_briefly" : "present.quiet_briefly";
    if (linked !== false) return { standing: how, text: sinceWhen(word, point, now, format), title };
    return { standing: "last", text: format.say("present.unknown"), title };
  }
  if (how === "silent" || how === "bad") return { standing: how, text: format.say("present.unknown"), title };
  const arrow = how === "now" ? (ARROWS[point.trend] ?? "") : "";
  const value = [valueText(point, format), arrow, point.of?.code].filter(Boolean).join("\u00a0");
  return { standing: how, text: `${value} · ${ageOf(point, now, format)}`, title };
}

/** Maintenant 1,24 m ↓ en baisse, il y a 40 s. */
export function inFull(point, now, format, linked) {
  const told = alone(point, now, format, linked);
  return point.of ? `${told} — ${point.of.name}` : told;
}

function alone(point, now, format, linked) {
  const how = standing(point, now, linked);
  if (how === "quiet") return sinceWhen(point.speaks ? "present.unusable" : "present.quiet", point, now, format, linked);
  const age = ageOf(point, now, format);
  const value = valueText(point, format);
  if (how === "silent") {
    const silence = format.age(now - Date.parse(point.silent_since));
    return format.say("present.silent", { age: silence, value, when: format.when(point.at) });
  }
  if (how === "now" && point.trend) {
    return format.say("present.moving", { value: `${value}\u00a0${ARROWS[point.trend]}`, trend: format.say(`present.${point.trend}`), age });
  }
  return format.say(`present.${how}`, { value, age });
}

/** A page that no longer hears does not know how long a silence has lasted: it says when it began. */
function sinceWhen(word, silence, now, format, linked) {
  const began = Date.parse(silence.silent_since);
  return linked === false
    ? format.say("present.quiet_from", { when: format.when(silence.silent_since) })
    : format.say(word, { age: format.age(now - began) });
}

function ageOf(point, now, format) {
  return format.age(now - Date.parse(isCounted(point) ? point.rate_at : point.at));
}
