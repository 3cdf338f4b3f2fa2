// Why an alarm is there, as lines to read, from the evidence the engine left. Pure: answers [[text, strong], …] per line.

const ms = (micros) => micros / 1000;

/** Lines as arrays of [text, isStrong] pieces. */
export function whyLines(alarm, format) {
  const evidence = alarm.evidence ?? {};
  const lines = [...(LINES[evidence.kind]?.(evidence, alarm, format) ?? [])];
  lines.push(["why.rule", { name: format.pick(alarm.rule_name), n: alarm.version }]);
  return lines.map(([key, fields]) => pieces(key, fields, format));
}

const LINES = {
  threshold(evidence, alarm, format) {
    const unit = alarm.unit ? ` ${alarm.unit}` : "";
    const value = (number) => `${format.number(number)}${unit}`;
    const severity = format.say(`severity.${alarm.severity}`);
    const told = { value: value(evidence.value), when: format.when(ms(evidence.value_at)), limit: value(evidence.limit), severity };
    const since = { when: format.when(ms(evidence.first_at)), value: value(evidence.first_value), delay: format.duration(ms(evidence.delay)) };
    const lines = [[`why.${evidence.direction}`, told], [evidence.delay > 0 ? "why.first" : "why.at_once", since]];
    if (evidence.deadband > 0) lines.push(["why.deadband", { deadband: value(evidence.deadband) }]);
    return lines;
  },
  state(evidence, alarm, format) {
    const when = format.when(ms(evidence.first_at));
    const at = format.when(ms(evidence.value_at));
    const severity = format.say(`severity.${alarm.severity}`);
    const value = format.pick(alarm.codes)?.[String(evidence.value)] ?? format.number(evidence.value);
    const held = evidence.delay > 0 ? "why.state_first" : "why.state_at_once";
    return [["why.state", { value, when: at, severity }], [held, { when, delay: format.duration(ms(evidence.delay)) }]];
  },
  silence(evidence, alarm, format) {
    const lines = [
      [`why.silence.${evidence.of}`, { when: format.when(ms(evidence.heard)) }],
      ["why.silence.limit", { interval: format.duration(ms(evidence.interval)), period: format.duration(ms(evidence.period)) }],
    ];
    if (evidence.points > 1) lines.push(["why.silence.points", { n: evidence.points }]);
    return lines;
  },
};

/** The words of a key, cut where its fields are: what changes from alarm to alarm is what stands out. */
function pieces(key, fields, format) {
  const marks = Object.fromEntries(Object.keys(fields).map((name) => [name, `\u0001${name}\u0002`]));
  return format
    .say(key, { ...marks, n: typeof fields.n === "number" ? marks.n : undefined })
    .split(/(\u0001\w+\u0002)/)
    .filter(Boolean)
    .map((text) => {
      const name = text.match(/^\u0001(\w+)\u0002$/)?.[1];
      if (!name) return [text, false];
      return [typeof fields[name] === "number" ? format.number(fields[name]) : fields[name], true];
    });
}
