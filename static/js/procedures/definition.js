// A definition as the editor's fields have it: written into them and read from them; each step by the names of its fields.

const BOTH = ["fr", "en"];
const LISTS = ["rules", "kinds", "incident_types", "sectors"];
const OWN = {
  call: ["number", "contractor", "entity"],
  link: ["url"],
  document: ["document", "url"],
  sub_procedure: ["procedure"],
  scenario: ["scenario"],
  command: ["command", "asset"],
  notify: ["to"],
};

const OPTIONAL = new Set(["asset", "number", "contractor", "entity"]);

const field = (root, name) => root.querySelector(`[name="${name}"]`);
const textOf = (root, name) => field(root, name).value.trim();
/** Both languages of a text; null where it is left empty in both. */
const pairOf = (root, name) => {
  const [fr, en] = BOTH.map((language) => textOf(root, `${name}.${language}`));
  return fr || en ? { fr, en } : null;
};
const putPair = (root, name, pair) => {
  for (const language of BOTH) field(root, `${name}.${language}`).value = pair?.[language] ?? "";
};

/** "opening = 50" lines → {opening: 50}. Pure. */
export function parametersOf(text) {
  const pairs = text.split("\n").map((line) => line.split("=").map((part) => part.trim()));
  const known = pairs.filter(([name, value]) => name && value);
  return Object.fromEntries(known.map(([name, value]) => [name, Number.isFinite(Number(value)) ? Number(value) : value]));
}

/** Writes a step into its fields, but for where it leads, which `lead` does once all steps are there. */
export function putStep(item, step) {
  item.dataset.id = step.id;
  field(item, "type").value = step.type;
  putPair(item, "title", step.title);
  putPair(item, "text", step.text);
  putPair(item, "message", step.message);
  putPair(item, "question", step.question);
  choose(field(item, "entities"), step.entities ?? []);
  field(item, "mandatory").checked = step.mandatory ?? true;
  field(item, "timeout").value = step.timeout ? step.timeout / 60 : "";
  field(item, "on_timeout").value = step.on_timeout ?? "tell";
  field(item, "audience").value = step.audience ?? "";
  for (const name of new Set(Object.values(OWN).flat())) if (step[name] !== undefined && step[name] !== null) field(item, name).value = step[name];
  for (const name of ["contractor", "entity"]) choose(field(item, name), [step[name] ?? ""]); // also one that is gone
  const given = Object.entries(step.parameters ?? {});
  field(item, "parameters").value = given.map(([name, value]) => `${name} = ${value}`).join("\n");
}

export function putChoice(row, choice) {
  row.dataset.value = choice.value;
  putPair(row, "label", choice.label);
}

export function putField(row, asked) {
  row.dataset.id = asked.id;
  putPair(row, "label", asked.label);
  field(row, "kind").value = asked.kind ?? "text";
  field(row, "unit").value = asked.unit ?? "";
  field(row, "required").checked = asked.required ?? true;
}

const rowsOf = (item, of) => [...item.querySelectorAll(`[data-row="${of}"]`)];
const bothOf = (root, name) => pairOf(root, name) ?? { fr: "", en: "" };

/** What the fields of a step say; `flow`: also where it leads. */
export function stepOf(item, flow) {
  const type = textOf(item, "type");
  const step = { type, id: item.dataset.id, title: bothOf(item, "title"), mandatory: field(item, "mandatory").checked };
  const text = pairOf(item, "text");
  if (text) step.text = text;
  const minutes = Number(textOf(item, "timeout"));
  if (minutes > 0) Object.assign(step, { timeout: Math.round(minutes * 60), on_timeout: textOf(item, "on_timeout") });
  if (textOf(item, "audience")) step.audience = textOf(item, "audience");
  for (const name of OWN[type] ?? []) if (textOf(item, name) || !OPTIONAL.has(name)) step[name] = textOf(item, name);
  if (type === "document" && !step.url) delete step.url;
  if (type === "command") step.parameters = parametersOf(field(item, "parameters").value);
  if (type === "notify") step.message = bothOf(item, "message");
  const leads = (root, name, into) => {
    if (flow && textOf(root, name)) into[name] = textOf(root, name);
    return into;
  };
  if (type === "ask_entity") {
    step.entities = [...field(item, "entities").selectedOptions].map(({ value }) => value);
    step.question = bothOf(item, "question");
  }
  if (type === "question" || type === "ask_entity")
    step.choices = rowsOf(item, "choices").map((row) => leads(row, "next", { value: row.dataset.value, label: bothOf(row, "label") }));
  if (type === "form" || type === "ask_entity")
    step.fields = rowsOf(item, "fields").map((row) => ({
      ...{ id: row.dataset.id, label: bothOf(row, "label"), kind: textOf(row, "kind") },
      ...{ unit: textOf(row, "unit"), required: field(row, "required").checked },
    }));
  const next = item.querySelector(":scope > fieldset > .leads [name=next]");
  if (flow && next.value) step.next = next.value;
  return leads(item, "on_failure", step);
}

/** Chooses these in a list of several; what the site does not have (yet) stays, by its slug. */
function choose(select, values) {
  const there = [...select.options].map(({ value }) => value);
  select.append(...values.filter((value) => !there.includes(value)).map((value) => new Option(value, value)));
  for (const option of select.options) option.selected = values.includes(option.value);
}

/** The part of a definition that is not its steps. */
export function putWhole(form, definition) {
  putPair(form, "name", definition.name);
  putPair(form, "purpose", definition.purpose);
  field(form, "kind").value = definition.free_order ? "free" : definition.kind;
  field(form, "source").value = definition.source ?? "";
  for (const box of form.querySelectorAll(":scope > section:first-child [name=audience]"))
    box.checked = (definition.audience ?? []).includes(box.value);
  const attached = definition.attached_to ?? {};
  for (const name of LISTS) choose(field(form, `attached_to.${name}`), attached[name] ?? []);
  field(form, "attached_to.severity").value = attached.severity ?? "";
}

/** The definition that the fields say. */
export function definitionOf(form) {
  const kind = textOf(form, "kind");
  const flow = kind === "flow";
  const attached = {};
  for (const name of LISTS) attached[name] = [...field(form, `attached_to.${name}`).selectedOptions].map(({ value }) => value);
  if (textOf(form, "attached_to.severity")) attached.severity = textOf(form, "attached_to.severity");
  const audience = [...form.querySelectorAll(":scope > section:first-child [name=audience]:checked")].map(({ value }) => value);
  const told = { kind: flow ? "flow" : "simple", name: bothOf(form, "name"), audience, attached_to: attached, source: textOf(form, "source") };
  const purpose = pairOf(form, "purpose");
  if (purpose) told.purpose = purpose;
  if (kind === "free") told.free_order = true;
  told.steps = [...form.querySelectorAll(".edit-step")].map((item) => stepOf(item, flow));
  return told;
}

/** A run of the definition that has just begun, as the desk would be told of it. */
export function previewOf(definition) {
  const asksOf = ({ choices, fields, number, url, document, procedure, command, scenario, to, message }) =>
    Object.fromEntries(
      Object.entries({ choices, fields, number, url, document, procedure, command, scenario, to, message }).filter(([, value]) => value),
    );
  const open = (index) => (definition.kind === "simple" && definition.free_order) || index === 0;
  const at = new Date().toISOString();
  const steps = definition.steps.map((step, index) => ({
    ...{ id: step.id, type: step.type, title: step.title, text: step.text ?? null, mandatory: step.mandatory, audience: step.audience ?? null },
    ...{ state: open(index) ? "open" : "todo", at: null, by: "", answer: null, reason: "", late: false, asks: asksOf(step) },
    due_at: open(index) && step.timeout ? new Date(Date.now() + step.timeout * 1000).toISOString() : null,
    may: open(index) ? ["start", "do", "skip", "fail"] : [],
  }));
  const run = { id: 0, seq: 0, version: 0, name: definition.name, kind: "simple", path: [], exercise: false, state: "running" };
  return { ...run, begun_at: at, begun_by: "", closed_at: null, undone: [], steps };
}
