// The editor of a procedure: a form per step, moved by keyboard, with what is wrong at its field and a preview as the desk shows it.

import { Refused } from "#js/api.js";
import { clone, on, parts, setText } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { definitionOf, previewOf, putChoice, putField, putStep, putWhole } from "#js/procedures/definition.js";
import { runCard } from "#js/procedures/run.js";
import { atRest } from "#js/rest.js";
import { showRefusal } from "#js/toast.js";

const REST_MS = 250;
const { format, given } = desk;
const form = document.getElementById("procedure-form");
const list = document.getElementById("edit-steps");
const preview = document.getElementById("preview");
const { refused } = parts(form);
const items = () => [...list.children];
const blank = { fr: "", en: "" };

// --- steps ---

function freshId(taken, letter) {
  let number = taken.length + 1;
  while (taken.includes(`${letter}${number}`)) number += 1;
  return `${letter}${number}`;
}

function addRow(item, of, told) {
  const row = clone(of === "choices" ? "edit-choice" : "edit-field");
  (of === "choices" ? putChoice : putField)(row, told);
  parts(item)[of].append(row);
  return row;
}

function addStep(step) {
  const item = clone("edit-step");
  putStep(item, step);
  for (const choice of step.choices ?? []) addRow(item, "choices", choice);
  for (const asked of step.fields ?? []) addRow(item, "fields", asked);
  list.append(item);
  return item;
}

/** Numbers, what each type shows, and the steps that can be led to: after whatever changed them. */
function settle() {
  const flow = form.elements.kind.value === "flow";
  form.classList.toggle("flow", flow);
  const steps = items().map((item, index) => ({ id: item.dataset.id, text: `${index + 1}. ${titleOf(item)}` }));
  items().forEach((item, index) => {
    setText(parts(item).legend, format.say("procedure.edit.step", { n: index + 1 }));
    const type = item.querySelector("[name=type]").value;
    for (const part of item.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(type);
    for (const select of item.querySelectorAll("[name=next], [name=on_failure]")) offer(select, steps, item.dataset.id);
    item.querySelector("[data-edit=up]").disabled = index === 0;
    item.querySelector("[data-edit=down]").disabled = index === steps.length - 1;
  });
  look();
}

const titleOf = (item) => item.querySelector(`[name="title.${format.language}"]`).value;

function offer(select, steps, own) {
  const chosen = select.dataset.wanted ?? select.value;
  delete select.dataset.wanted;
  select.replaceChildren(
    new Option(format.say("procedure.edit.end"), ""),
    ...steps.filter(({ id }) => id !== own).map(({ id, text }) => new Option(text, id)),
  );
  select.value = chosen;
  if (select.selectedIndex < 0) select.value = "";
}

/** Where each step of a definition leads, to be chosen once the choices are there. */
function lead(item, step) {
  const want = (select, id) => {
    select.dataset.wanted = id ?? "";
  };
  want(item.querySelector(":scope > fieldset > .leads [name=next]"), step.next);
  want(item.querySelector("[name=on_failure]"), step.on_failure);
  item.querySelectorAll('[data-row="choices"]').forEach((row, index) => want(row.querySelector("[name=next]"), step.choices[index].next));
}

function look() {
  const card = runCard({ format, given, onRow: () => {} });
  card.paint(previewOf(definitionOf(form)));
  preview.replaceChildren(card.element);
}
const looking = atRest(look, REST_MS);

// --- what is wrong ---

function forget() {
  refused.hidden = true;
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  for (const told of form.querySelectorAll(".fault")) told.remove();
}

/** The field that a path of the definition speaks of: "steps[2].choices[0].label.fr". */
function fieldAt(path) {
  const [, index, rest = ""] = path.match(/^steps\[(\d+)\]\.?(.*)$/) ?? [];
  if (index === undefined) return form.querySelector(`[name="${CSS.escape(path)}"]`) ?? form.querySelector(`[name^="${CSS.escape(path)}"]`);
  const item = items()[Number(index)];
  const [, of, row, name] = rest.match(/^(choices|fields)\[(\d+)\]\.?(.*)$/) ?? [];
  const root = of ? item.querySelectorAll(`[data-row="${of}"]`)[Number(row)] : item;
  const wanted = (of ? name : rest) || (of ? "label.fr" : "title.fr");
  return root.querySelector(`[name="${wanted}"]`) ?? root.querySelector(`[name^="${wanted}"]`) ?? root.querySelector("input, select");
}

function tell(errors, detail) {
  const faults = Object.entries(errors ?? {}).filter(([, reasons]) => Array.isArray(reasons));
  let first = null;
  for (const [index, [path, reasons]] of faults.entries()) {
    const field = fieldAt(path.replace(/^definition\.?/, ""));
    if (!field) continue;
    const told = Object.assign(document.createElement("small"), { className: "fault", id: `fault-${index}`, textContent: reasons.join(" ") });
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", told.id);
    field.after(told);
    first ??= field;
  }
  setText(refused, detail);
  refused.hidden = false;
  (first ?? refused).scrollIntoView({ block: "center" });
  first?.focus();
}

// --- saving ---

async function save(activate) {
  forget();
  const slug = given.procedure?.slug ?? form.elements.slug.value.trim();
  const body = { slug, definition: definitionOf(form), note: form.elements.note.value };
  try {
    const saved = await insist("POST", `/sites/${given.site.slug}/procedures`, body);
    if (activate) await insist("POST", `/procedures/${saved.id}/activation`, { version: saved.newest });
    location.assign(`/sites/${given.site.slug}/procedures/${saved.id}?version=${saved.newest}`);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 422) showRefusal(error);
    else tell(error.errors, error.detail);
  }
}

const acts = {
  add: () =>
    addStep({
      type: "manual",
      id: freshId(
        items().map(({ dataset }) => dataset.id),
        "e",
      ),
      title: blank,
      mandatory: true,
    })
      .querySelector('[name="title.fr"]')
      .focus(),
  up: (item) => item.previousElementSibling?.before(item),
  down: (item) => item.nextElementSibling?.after(item),
  remove: (item) => item.remove(),
  choice: (item) =>
    addRow(item, "choices", {
      value: freshId(
        [...item.querySelectorAll("[data-value]")].map(({ dataset }) => dataset.value),
        "a",
      ),
      label: blank,
    })
      .querySelector("input")
      .focus(),
  field: (item) =>
    addRow(item, "fields", {
      id: freshId(
        [...item.querySelectorAll("[data-row=fields]")].map(({ dataset }) => dataset.id),
        "v",
      ),
      label: blank,
    })
      .querySelector("input")
      .focus(),
  drop: (_, button) => button.closest("[data-row]").remove(),
};

on(form, "click", ({ target }) => {
  const button = target.closest("[data-edit]");
  if (!button) return;
  if (button.dataset.edit === "activate") {
    save(true);
    return;
  }
  acts[button.dataset.edit](button.closest(".edit-step"), button);
  settle();
  if (button.isConnected && ["up", "down"].includes(button.dataset.edit)) button.focus();
});
on(form, "keydown", (event) => {
  const item = event.target.closest(".edit-step");
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!event.altKey || !way || !item) return;
  event.preventDefault();
  acts[way](item);
  settle();
  event.target.focus();
});
on(form, "change", settle);
on(form, "input", () => looking.soon());
on(form, "submit", (event) => {
  event.preventDefault();
  save(false);
});

const began = given.procedure?.definition ?? { kind: "simple", name: blank, steps: [{ type: "manual", id: "e1", title: blank }] };
putWhole(form, began);
for (const step of began.steps) lead(addStep(step), step);
settle();
