// Why an alarm is there, as lines to read, from the evidence the engine left. Pure: answers [{text, strong, href?}, …] per line.

const ms = (micros) => micros / 1000;
const MOST_NAMED = 12;

/** Lines as arrays of pieces {text, strong, href}; `link(asset id)` is the address of an asset's sheet. */
export function whyLines(alarm, format, link = () => null) {
  const rule = ["why.rule", { name: format.pick(alarm.rule_name), n: alarm.version }];
  return [...evidenceLines(alarm, format, link), pieces(rule, format)];
}

/** The same without the rule, where it is plain which one it is. */
export function evidenceLines(alarm, format, link = () => null) {
  const evidence = alarm.evidence ?? {};
  const told = tellers[evidence.kind]?.(evidence, context(alarm, format, link)) ?? [];
  return told.map((line) => pieces(line, format));
}

/** How it ended, of an alarm that is back to normal: lines like those of `whyLines`, none when it is not or nobody can say. */
export function endLines(alarm, format, link = () => null) {
  const evidence = alarm.ended;
  if (!evidence) return [];
  const say = context(alarm, format, link);
  const own = { calendar: tellers.calendar, missing: came, count: left }[evidence.kind];
  if (own) return own(evidence, say).map((line) => pieces(line, format));
  if (evidence.first_at === undefined) return [];
  const since = { when: say.when(evidence.first_at), delay: say.lasts(evidence.delay) };
  return [[evidence.delay > 0 ? "why.end.confirmed" : "why.end.at_once", since]].map((line) => pieces(line, format));
}

/** The few ways in which every kind speaks of values, times and assets. */
function context(alarm, format, link) {
  const unit = alarm.unit ? `\u00a0${alarm.unit}` : "";
  const { assets = {}, points = {} } = alarm.named ?? {};
  const asset = (id, otherwise) => ({ text: assets[id]?.name ?? otherwise, href: assets[id] ? link(id) : null });
  return {
    severity: format.say(`severity.${alarm.severity}`),
    value: (number, limit) => `${figure(number, limit, format)}${unit}`,
    hourly: (number, limit) => format.say("why.per_hour", { value: `${figure(number, limit, format)}${unit}` }),
    number: (number, limit) => figure(number, limit, format),
    when: (micros) => format.when(ms(micros)),
    lasts: (micros) => format.duration(ms(micros)),
    pick: (pair) => format.pick(pair),
    by: (name) => togetherness(name, format),
    state: (value) => format.pick(alarm.codes)?.[String(value)] ?? format.number(value),
    of: (member) => asset(member.asset, member.subject),
    at: (point) => (points[point] ? asset(points[point].asset, "") : null),
    read: (point, value) =>
      points[point]?.codes?.[format.language]?.[String(value)] ??
      `${format.number(value, 6)}${points[point]?.unit ? `\u00a0${points[point].unit}` : ""}`,
  };
}

/** A measured number; beside the limit it is compared to, with the digits that comparison needs. */
const figure = (number, limit, format) => (limit === undefined ? format.number(number) : format.beside(number, limit));

/** A limit and its deadband as decimals: 2.3 less 0.1 is 2.2. */
const sum = (one, other) => Number((one + other).toPrecision(15));

/** In what the facts met: a place, a distance ("200 m"), or the name of an attribute. */
function togetherness(name, format) {
  if (format.has(`why.by.${name}`)) return format.say(`why.by.${name}`);
  return format.say(/^\d/.test(name) ? "why.by.metres" : "why.by.attribute", { name });
}

/** Since when it was so, and for how long that was confirmed. */
const held = (evidence, say, value) => [
  evidence.delay > 0 ? "why.first" : "why.at_once",
  { when: say.when(evidence.first_at), value, delay: say.lasts(evidence.delay) },
];

/** Where it ends, when that is not at the limit itself. */
function back({ direction, deadband, limit }, value) {
  if (!(deadband > 0)) return [];
  if (direction === "both") return [["why.deadband.both", { deadband: value(deadband, deadband) }]];
  const level = sum(limit, direction === "above" ? -deadband : deadband);
  return [[`why.deadband.${direction}`, { deadband: value(deadband, deadband), level: value(level, level) }]];
}

/** Of the alarm of a sector: whose value it is, and of how many points that stood when it was told. */
function worst({ point, standing }, say) {
  const where = point === undefined ? null : say.at(point);
  if (where === null) return [];
  return [["why.worst", { n: Math.max(standing, 1) }, [{ text: where.text, strong: false, href: where.href }]]];
}

const tellers = {
  threshold(evidence, say) {
    const { value, severity } = say;
    const { limit } = evidence;
    const told = { value: value(evidence.value, limit), when: say.when(evidence.value_at), limit: value(limit, limit), severity };
    const first = held(evidence, say, value(evidence.first_value, limit));
    return [[`why.${evidence.direction}`, told], ...worst(evidence, say), first, ...back(evidence, value)];
  },

  state(evidence, say) {
    const told = { value: say.state(evidence.value), when: say.when(evidence.value_at), severity: say.severity };
    const since = { when: say.when(evidence.first_at), delay: say.lasts(evidence.delay) };
    return [
      ["why.state", told],
      [evidence.delay > 0 ? "why.state_first" : "why.state_at_once", since],
    ];
  },

  silence(evidence, say) {
    const { ahead } = evidence;
    const account = ahead === undefined ? evidence.of : ahead > 0 ? "ahead" : ahead < 0 ? "behind" : "unusable";
    const lines = [
      [`why.silence.${account}`, { when: say.when(evidence.heard), time: say.lasts(Math.abs(ahead ?? 0)) }],
      ["why.silence.limit", { interval: say.lasts(evidence.interval), period: say.lasts(evidence.period) }],
    ];
    if (evidence.points > 1) lines.push(["why.silence.points", { n: evidence.points }]);
    return lines;
  },

  rate(evidence, say) {
    const { hourly, severity } = say;
    const { limit } = evidence;
    const told = { value: hourly(evidence.value, limit), limit: hourly(limit, limit), severity, window: say.lasts(evidence.window) };
    return [
      [`why.rate.${evidence.direction}`, told],
      ...worst(evidence, say),
      ["why.rate.reading", { value: say.value(evidence.reading), when: say.when(evidence.value_at), n: evidence.samples }],
      held(evidence, say, hourly(evidence.first_value, limit)),
      ...back(evidence, hourly),
    ];
  },

  forecast(evidence, say) {
    const { value, severity } = say;
    const reached = evidence.reached_at === null ? ["why.forecast.beyond", {}] : ["why.forecast.reached", { when: say.when(evidence.reached_at) }];
    const beyond = evidence.direction === "above" ? evidence.level >= evidence.limit : evidence.level <= evidence.limit;
    const { limit } = evidence;
    const told = { value: value(evidence.value, limit), within: say.lasts(evidence.within), limit: value(limit, limit), severity };
    const trend = {
      level: value(evidence.level),
      when: say.when(evidence.value_at),
      slope: say.hourly(evidence.slope),
      window: say.lasts(evidence.window),
    };
    return [
      // A trend beyond what is plausible tells that it goes there, and no number.
      ...(evidence.bounded ? [] : [[`why.forecast.${evidence.direction}`, told]]),
      ...worst(evidence, say),
      ["why.forecast.trend", trend],
      ...(evidence.reached_at !== null || beyond ? [reached] : []),
      held(evidence, say, value(evidence.bounded ? evidence.level : evidence.first_value, evidence.bounded ? undefined : limit)),
      ...back(evidence, value),
    ];
  },

  anomaly(evidence, say) {
    const { number, severity } = say;
    // Of a counter it is the consumption of an hour that is judged, when that hour is over.
    const [key, value] = evidence.hourly ? ["why.anomaly.hour", say.hourly] : ["why.anomaly", say.value];
    return [
      [key, { reading: value(evidence.reading), when: say.when(evidence.value_at), median: value(evidence.median) }],
      ...(evidence.low === null || evidence.low === undefined ? [] : [usual(evidence, value)]),
      [
        "why.anomaly.score",
        {
          score: number(evidence.value, evidence.limit),
          limit: number(evidence.limit, evidence.limit),
          severity,
          deviation: value(evidence.deviation),
        },
      ],
      held(evidence, say, number(evidence.first_value, evidence.limit)),
      ...back({ ...evidence, direction: "both" }, number),
    ];
  },

  condition(evidence, say) {
    const terms = evidence.terms.map((term) => {
      const known = { true: "holds", false: "fails", null: "unknown" }[String(term.holds)];
      const where = term.point === null ? null : say.at(term.point);
      const fields = { what: say.pick(term.what) };
      if (term.at !== null) Object.assign(fields, { when: say.when(term.at), value: say.read(term.point, term.value) });
      return [`why.term.${known}`, fields, where ? [{ text: where.text, strong: false, href: where.href }] : []];
    });
    const since = { when: say.when(evidence.first_at), delay: say.lasts(evidence.delay) };
    return [...terms, [evidence.delay > 0 ? "why.condition.first" : "why.condition.at_once", since]];
  },

  count(evidence, say) {
    const told = { count: evidence.count, what: say.pick(evidence.what), within: say.lasts(evidence.within), by: say.by(evidence.by) };
    return [["why.count", told], ["why.count.limit", { limit: evidence.at_least, severity: say.severity }], members(evidence, say)];
  },

  sequence(evidence, say) {
    const { first, then } = evidence;
    const gap = { gap: say.lasts(between(first, then)), within: say.lasts(evidence.within), by: say.by(evidence.by) };
    return [
      fact("why.sequence.first", first, say),
      fact("why.sequence.then", then, say),
      ["why.sequence.gap", gap],
      ["why.until", { when: say.when(evidence.until) }],
    ];
  },

  missing(evidence, say) {
    const told = {
      what: say.pick(evidence.expected),
      within: say.lasts(evidence.within),
      when: say.when(evidence.first.at + evidence.within),
      by: say.by(evidence.by),
    };
    return [fact("why.missing.first", evidence.first, say), ["why.missing.expected", told], ...(evidence.then ? came(evidence, say) : [])];
  },

  set_aside(evidence, say) {
    const { number, offset, fault } = evidence;
    return [
      ["why.set_aside", { n: evidence.count, when: say.when(evidence.at) }],
      ["why.set_aside.first", { number, offset, fault }],
    ];
  },

  rule_set_aside(evidence, say) {
    return [["why.rule_set_aside", { version: evidence.version, when: say.when(evidence.at), fault: evidence.fault }]];
  },

  calendar(evidence, say) {
    const closed = ["why.calendar.closed", { when: say.when(evidence.closed_at) }];
    if (evidence.opens_at === null) return [closed, ["why.calendar.never", {}]];
    return [closed, ["why.calendar.opens", { when: say.when(evidence.opens_at) }]];
  },
};

/** µs from one event to the next, as their times are read: to the second. */
const between = (first, then) => Math.max(0, Math.floor(then.at / 1e6) - Math.floor(first.at / 1e6)) * 1e6;
const came = ({ then, first }, say) =>
  then ? [fact("why.missing.came", then, say, { gap: say.lasts(between(first, then)) })] : [["why.missing.never", {}]];
const usual = ({ low, high, weeks, samples }, value) => ["why.anomaly.range", { low: value(low), high: value(high), weeks, samples }];
const left = (evidence, say) => [["why.count.left", { count: evidence.count, what: say.pick(evidence.what), limit: evidence.at_least }]];

function fact(key, seen, say, more = {}) {
  const where = say.of(seen);
  const fields = { what: say.pick(seen.what), when: say.when(seen.at), ...more };
  return [key, fields, where.text ? [{ text: where.text, strong: false, href: where.href }] : []];
}

/** Who counts, newest first; a few by name, the others as a number. */
function members(evidence, say) {
  const shown = evidence.members.slice(0, MOST_NAMED);
  const names = shown.flatMap((member, index) => {
    const { text, href } = say.of(member);
    const when = member.at === null ? "" : ` (${say.when(member.at)})`;
    return [
      { text: index ? ", " : "", strong: false },
      { text, strong: true, href },
      { text: when, strong: false },
    ];
  });
  const more = evidence.total - shown.length;
  return more > 0 ? ["why.members.more", { n: more, members: names }] : ["why.members", { members: names }];
}

/** The words of a key, cut where its fields are: what changes from alarm to alarm is what stands out; then what follows a dash. */
function pieces([key, fields, after = []], format) {
  const marks = Object.fromEntries(Object.keys(fields).map((name) => [name, `\u0001${format.isDated(fields[name]) ? "\u0003" : ""}${name}\u0002`]));
  const chosen = typeof fields.n === "number" ? format.choose(key, fields.n) : key;
  const told = format
    .say(chosen, marks)
    .split(/(\u0001\u0003?\w+\u0002)/)
    .filter(Boolean)
    .flatMap((text) => {
      const name = text.match(/^\u0001\u0003?(\w+)\u0002$/)?.[1];
      if (!name) return [{ text, strong: false }];
      const value = fields[name];
      if (Array.isArray(value)) return value;
      return [{ text: typeof value === "number" ? format.number(value) : value, strong: true }];
    });
  if (after.length) told.push({ text: " — ", strong: false }, ...after);
  return told.filter(({ text }) => text !== "");
}
