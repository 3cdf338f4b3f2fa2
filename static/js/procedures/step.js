// One step of a run: what it asks for, who did it and when, how long is left, and what can be done about it now.

import { clone, parts, setText } from "#js/dom.js";
import { asFigure, figureIn } from "#js/figure.js";

const ENDED = new Set(["done", "skipped", "failed", "left_out"]);

/** What the time limit of a step says; empty without one, or once the step has ended. Pure. */
export function limitWords(step, format, now) {
  if (step.due_at === null || ENDED.has(step.state)) return "";
  const left = Date.parse(step.due_at) - now;
  return left >= 0 ? format.say("procedure.left", { n: format.duration(left) }) : format.say("procedure.late", { n: format.age(-left) });
}

/** Who did what to a step, and when; empty while nobody did anything. Pure. */
export function saidOf(step, format) {
  if (!ENDED.has(step.state) && step.state !== "doing") return "";
  if (step.state === "left_out" || step.at === null) return "";
  const who = step.by ? format.person(step.by) : format.say("detail.system");
  return format.say(`procedure.said.${step.state}`, { who, when: format.when(step.at) });
}

/** What a thing is called that a step names by its slug. Pure. */
export const nameIn = (step, slug, format) => (step.names?.[slug] ? format.pick(step.names[slug]) : slug);

const colon = (format) => (format.language === "en" ? ": " : "\u00a0: ");

/** The answer of a step in words; empty without one. Pure. */
export function answerOf(step, format) {
  const { answer, asks } = step;
  if (answer === null || answer === undefined) return "";
  if (asks.entities?.length > 1 && typeof answer === "object") {
    const one = (slug, value) => answerOf({ answer: value, asks: { ...asks, entities: [slug] } }, format);
    return Object.entries(answer)
      .map(([slug, value]) => `${nameIn(step, slug, format)}${colon(format)}${one(slug, value)}`)
      .join(" · ");
  }
  if (typeof answer === "string") {
    if (["command", "scenario"].includes(step.type)) {
      const slug = asks[step.type]; // what the field ended: `B-1 · open`, or the scenario
      return answer
        .split(" · ")
        .map((word) => (word === slug ? nameIn(step, slug, format) : word))
        .join(" · ");
    }
    const choice = asks.choices?.find(({ value }) => value === answer);
    return choice ? format.pick(choice.label) : answer;
  }
  const said = (field, value) => {
    const told =
      typeof value === "boolean" ? format.say(value ? "procedure.yes" : "procedure.no") : typeof value === "number" ? format.number(value) : value;
    return `${format.pick(field.label)}${colon(format)}${told}${field.unit ? ` ${field.unit}` : ""}`;
  };
  return (asks.fields ?? [])
    .filter((field) => (answer[field.id] ?? null) !== null)
    .map((field) => said(field, answer[field.id]))
    .join(" · ");
}

function button(text, act, step, { first = false, answer } = {}) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, className: `button${first ? " first" : ""}` });
  made.dataset.stepAct = act;
  made.dataset.step = step.id;
  if (answer !== undefined) made.dataset.answer = answer;
  return made;
}

function fieldOf(field, format) {
  const label = Object.assign(document.createElement("label"), { className: "field" });
  label.append([format.pick(field.label), field.unit].filter(Boolean).join(" · "));
  let input;
  if (field.kind === "yes_no") {
    input = document.createElement("select");
    input.append(new Option("—", ""), new Option(format.say("procedure.yes"), "yes"), new Option(format.say("procedure.no"), "no"));
  } else {
    input = Object.assign(document.createElement("input"), { type: field.kind === "time" ? "time" : "text", maxLength: 4000 });
    if (field.kind === "number") asFigure(input, { say: format.say });
  }
  Object.assign(input, { name: field.id, required: field.required, className: "input", autocomplete: "off" });
  label.append(input);
  return label;
}

/** What the fields of a form's step say, by field. */
export function valuesOf(form, fields) {
  const values = {};
  for (const { id, kind } of fields) {
    const said = form.elements[id].value;
    if (said !== "") values[id] = kind === "number" ? figureIn(said) : kind === "yes_no" ? said === "yes" : said;
  }
  return values;
}

/** Whom to call: by the directory, else by the number typed in the procedure, and which of the two it is. */
function callOf({ number, whom, directory }, format) {
  const made = [];
  if (whom) made.push(format.say(`procedure.call_${directory}`, { whom: format.pick(whom) }));
  if (whom && directory !== "found") made.push(format.say(number ? "procedure.call_typed" : "procedure.call_nobody"));
  if (number) {
    const link = Object.assign(document.createElement("a"), { className: "number", href: `tel:${number.replaceAll(/[^+\d]/g, "")}` });
    link.textContent = number;
    made.push(link);
  }
  return made.flatMap((part, index) => (index ? [" ", part] : [part]));
}

/** What a step of each type shows before its buttons: whom to call, where to look, what is waited for. */
function materialOf(step, format) {
  const { type, asks } = step;
  if (type === "call") return callOf(asks, format);
  if (type === "link" || (type === "document" && asks.url)) {
    const textContent = asks.document ?? asks.url;
    return [Object.assign(document.createElement("a"), { href: asks.url, target: "_blank", rel: "noreferrer", textContent })];
  }
  if (type === "document") return [asks.document];
  if (type === "ask_entity") {
    const to = format.say("procedure.asked", { names: asks.entities.map((slug) => nameIn(step, slug, format)).join(", ") });
    return [`${to}${colon(format)}${format.pick(asks.question)}`];
  }
  if (type === "notify") return [format.pick(asks.message)];
  if (type === "command" || type === "scenario")
    return [asks.cause ? "" : format.say("procedure.exercise_order", { name: nameIn(step, asks.command ?? asks.scenario, format) })];
  if (type === "wait_state" && !step.may.includes("do")) return [format.say("procedure.waits")];
  if (type === "sub_procedure") return [format.say("procedure.within", { name: nameIn(step, asks.procedure, format) })];
  return [];
}

/** The form that does a step: its fields or a note, and the button that sends it. */
function formOf(step, format) {
  const form = Object.assign(document.createElement("form"), { className: "ask", autocomplete: "off" });
  form.dataset.stepForm = step.id;
  if (step.asks.fields?.length) form.append(...step.asks.fields.map((field) => fieldOf(field, format)));
  else {
    const note = Object.assign(document.createElement("input"), { className: "input note", name: "note", maxLength: 4000 });
    note.placeholder = format.say("procedure.note");
    note.setAttribute("aria-label", `${format.say("procedure.note")}, ${format.pick(step.title)}`);
    form.append(note);
  }
  const send = Object.assign(document.createElement("button"), {
    className: "button first",
    textContent: format.say(`procedure.do.${step.asks.fields?.length ? "form" : "other"}`),
  });
  send.dataset.current = "";
  form.append(send);
  return form;
}

/** Everything a person can do about a step now, as elements. */
function actsOf(step, format) {
  const made = [];
  if (step.may.includes("do")) {
    if (step.asks.choices?.length) {
      const choices = Object.assign(document.createElement("div"), { className: "answers" });
      choices.setAttribute("role", "group");
      choices.setAttribute("aria-label", format.pick(step.title));
      choices.append(...step.asks.choices.map((choice) => button(format.pick(choice.label), "do", step, { answer: choice.value })));
      choices.firstElementChild.dataset.current = "";
      made.push(choices);
    } else made.push(formOf(step, format));
  }
  if (step.asks.cause) made.push(button(format.say(`procedure.order.${step.type}`), "order", step, { first: true }));
  const rest = ["start", "fail", "skip"].filter((act) => step.may.includes(act));
  const others = Object.assign(document.createElement("div"), { className: "others" });
  others.append(...rest.map((act) => button(format.say(`procedure.act.${act}`), act, step)));
  for (const each of others.children) each.classList.add("bare");
  made.push(others);
  return made;
}

/** stepItem(step) → {item, part, key, step}: a new row of a run's list. */
export function stepItem() {
  const item = clone("procedure-step");
  return { item, part: parts(item), key: "" };
}

/** Writes a step into its row; what is typed in it stays as long as the same can be done about it. */
export function paintStep(made, step, { format, mayAct, now = Date.now() }) {
  const { item, part } = made;
  made.step = step;
  item.dataset.state = step.state;
  item.dataset.stepId = step.id;
  item.classList.toggle("late", step.late);
  if (["open", "doing"].includes(step.state)) item.setAttribute("aria-current", "step");
  else item.removeAttribute("aria-current");
  setText(part.title, format.pick(step.title));
  part.mandatory.hidden = !step.mandatory;
  setText(part.state, saidOf(step, format) ? "" : format.say(`procedure.step.${step.state}`));
  setText(part.audience, step.audience ? format.say(`procedure.for.${step.audience}`) : "");
  part.audience.hidden = !step.audience;
  const open = step.may.length > 0;
  setText(part.text, open ? format.pick(step.text) : "");
  part.text.hidden = part.text.textContent === "";
  const reason = step.reason === "late" ? format.say("procedure.too_late") : step.reason;
  setText(part.said, [saidOf(step, format), answerOf(step, format), reason].filter(Boolean).join(" — "));
  part.said.hidden = part.said.textContent === "";
  paintLimit(made, format, now);
  const acts = mayAct ? step.may : [];
  const key = [step.type, ...acts].join();
  if (made.key !== key) rebuild(made, acts, format);
  made.key = key;
  const begin = part.acts.querySelector('[data-step-act="start"]');
  if (begin) begin.hidden = step.state === "doing";
}

/** What can be done is another: its material and its buttons are made again. */
function rebuild({ part, step }, acts, format) {
  const open = step.may.length > 0;
  part.material.replaceChildren(...(open ? materialOf(step, format) : []));
  part.material.hidden = !part.material.hasChildNodes();
  part.acts.replaceChildren(...(acts.length ? actsOf({ ...step, may: acts }, format) : []));
  part.acts.hidden = acts.length === 0;
}

/** What its time limit says now: at each tick. */
export function paintLimit({ part, step }, format, now = Date.now()) {
  const words = limitWords(step, format, now);
  setText(part.left, words);
  part.left.classList.toggle("over", words !== "" && Date.parse(step.due_at) < now);
}
