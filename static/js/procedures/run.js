// One run of a procedure: its steps with their state and what can be done, the same on the desk, in the library and on paper.

import { openDialog } from "#js/dialog.js";
import { clone, parts, setText } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { ordering } from "#js/procedures/order.js";
import { paintLimit, paintStep, stepItem, valuesOf } from "#js/procedures/step.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

/** The steps that are worth showing, in their order: of a flow those it came to, of a list all. Pure. */
export function shownSteps(run) {
  if (run.kind !== "flow") return run.steps;
  const steps = new Map(run.steps.map((step) => [step.id, step]));
  return run.path.map((id) => steps.get(id));
}

/** How many of the steps that are shown have ended. Pure. */
export const endedOf = (steps) => steps.filter(({ state }) => ["done", "skipped", "failed"].includes(state)).length;

/** Asks for a reason in the page's dialog; null when it was left. */
async function askReason(title, about, { required, go, advice = "" }) {
  const dialog = document.getElementById("step-reason");
  const part = parts(dialog);
  const form = dialog.querySelector("form");
  form.reset();
  setText(part.title, title);
  setText(part.about, about);
  setText(part.advice, advice);
  part.advice.hidden = advice === "";
  setText(part.go, go);
  form.elements.reason.required = required;
  part.optional.hidden = required;
  const sent = openDialog(dialog);
  form.elements.reason.focus();
  return (await sent) ? form.elements.reason.value.trim() : null;
}

/**
 * runCard({format, given, onRow}) → {element, paint(run), tick(), focus(), id()}. `onRow(run)` is told of each answer of the server.
 */
export function runCard({ format, given, onRow }) {
  const element = clone("procedure-run");
  const part = parts(element);
  const made = new Map();
  const orders = ordering({ format, given, askReason });
  const mayAct = given.verbs.includes("take");
  let run = null;

  function paint(row) {
    const first = run === null;
    run = row;
    element.dataset.run = row.id;
    element.dataset.state = row.state;
    element.classList.toggle("exercise", row.exercise);
    if (first) element.open = row.state === "running";
    const steps = shownSteps(row);
    setText(part.name, format.pick(row.name));
    part.exercise.hidden = !row.exercise;
    setText(part.progress, format.say("procedure.progress", { done: endedOf(steps), n: steps.length }));
    part.progress.hidden = row.kind === "flow";
    setText(part.state, format.say(`procedure.run.${row.state}`));
    const begun = format.say("procedure.begun", {
      who: row.begun_by ? format.person(row.begun_by) : format.say("detail.system"),
      when: format.when(row.begun_at),
    });
    const ended = row.closed_at && format.say("procedure.ended", { when: format.when(row.closed_at) });
    setText(part.sub, [format.say("procedure.version", { n: String(row.version) }), begun, ended].filter(Boolean).join(" · "));
    if (part.sheet) part.sheet.href = `/sites/${given.site.slug}/procedures/runs/${row.id}`;
    part.incident.hidden = row.incident === null || given.run !== undefined; // the page of a run says it itself
    part.incident.href = `/sites/${given.site.slug}/incidents/${row.incident}`;
    part.branches.hidden = !(row.kind === "flow" && row.state === "running");
    if (part.abandon) part.abandon.hidden = row.state !== "running" || !mayAct;
    const items = steps.map((step) => {
      if (!made.has(step.id)) made.set(step.id, stepItem());
      const item = made.get(step.id);
      paintStep(item, step, { format, mayAct });
      if (step.asks.cause && step.may.length > 0) orders.tell(item.part.material, step);
      return item.item;
    });
    if (items.length !== part.steps.children.length || items.some((item, index) => part.steps.children[index] !== item))
      part.steps.replaceChildren(...items);
  }

  async function send(path, body) {
    const within = element.contains(document.activeElement);
    try {
      const row = await insist("POST", `/runs/${run.id}/${path}`, body);
      forgetRefusal();
      onRow(row);
      if (within) focus();
    } catch (error) {
      showRefusal(error);
    }
  }

  const act = (step, body) => send(`steps/${step}`, body);
  const stepOf = (id) => run.steps.find((each) => each.id === id);

  async function aside(what, id) {
    const step = stepOf(id);
    const required = what === "skip" && step.mandatory;
    const advice = required ? format.say("procedure.skip_advice") : "";
    const words = { required, go: format.say(`procedure.go.${what}`), advice };
    const reason = await askReason(format.say(`procedure.ask.${what}`), format.pick(step.title), words);
    if (reason !== null) await act(id, { act: what, reason });
  }

  async function abandon() {
    const names = run.undone.map((id) => format.pick(stepOf(id).title));
    const advice = names.length ? format.say("procedure.owed", { names: names.join(", ") }) : "";
    const words = { required: names.length > 0, go: format.say("procedure.abandon"), advice };
    const reason = await askReason(format.say("procedure.ask.abandon"), format.pick(run.name), words);
    if (reason !== null) await send("abandonment", { reason });
  }

  element.addEventListener("click", ({ target }) => {
    const pressed = target.closest("button");
    if (!pressed) return;
    const { stepAct: what, step, answer } = pressed.dataset;
    if (what === "order") orders.order(stepOf(step));
    else if (what === "do") act(step, { act: "do", answer });
    else if (what === "start") act(step, { act: "start" });
    else if (what) aside(what, step);
    else if (pressed === part.abandon) abandon();
  });
  element.addEventListener("submit", (event) => {
    const id = event.target.dataset.stepForm;
    if (!id) return;
    event.preventDefault();
    const step = stepOf(id);
    const answer = step.asks.fields?.length ? valuesOf(event.target, step.asks.fields) : event.target.elements.note.value.trim() || undefined;
    act(id, { act: "do", answer });
  });

  /** The hand goes to what is to do now; answers whether there is any. */
  function focus() {
    element.open = true;
    const field = element.querySelector("[data-step-form] :is(input:not(.note), select)");
    const current = field ?? element.querySelector("[data-current]") ?? element.querySelector("[data-step-act]");
    current?.focus();
    return Boolean(current);
  }

  return { element, paint, focus, tick: () => made.forEach((item) => paintLimit(item, format)), row: () => run };
}
