// The form of a rule, made from the schema of specs: one generator for every kind. A part answers {element, get, set, at(step)}.

import { SEVERITIES } from "#js/nouns/alarm.js";
import { flags, fresh, make, number, pairs, seconds, select, text, tokens } from "#js/rules/fields.js";
import { list, optionalGroup } from "#js/rules/repeated.js";
import { empty, read, steps } from "#js/rules/schema.js";
import { another, codes, quantity, scopeKinds, suggested } from "#js/rules/site_fields.js";

/**
 * `given` is what the server says of the form (hypervisor/pages/rule_form.py); `completion` of what the site knows.
 * changed() is called after every change.
 */
export function createForm(given, completion, changed) {
  const { schema, words } = given;
  const watching = new Set(); // parts that follow others: states of the chosen quantity
  const context = { given, completion, words, root: null, kind: null, watching, changed: follow };

  function follow() {
    for (const each of watching) each();
    changed();
  }

  function build(kind) {
    watching.clear();
    context.kind = kind;
    const definition = schema.$defs[schema.discriminator.mapping[kind].split("/").at(-1)];
    const fields = fieldsOf(definition, context, null);
    const sections = given.sections.map(([name, wanted]) => {
      const found = wanted.filter((field) => fields.parts[field]);
      if (!found.length) return null;
      const folded = name === "fine" || name === "advice" || name === "calendar";
      const body = make("div", { className: "cells" }, ...found.map((field) => fields.cells[field]));
      const title = words[`section_${name}`];
      if (!folded) return make("fieldset", { className: "section" }, make("legend", { text: title }), body);
      return make("details", { className: "section" }, make("summary", { text: title }), body);
    });
    const element = make("div", { className: "spec" }, ...sections.filter(Boolean));
    element.addEventListener("input", follow);
    element.addEventListener("change", follow);
    context.root = {
      element,
      get: () => ({ kind, scope: {}, ...fields.get() }),
      set(value) {
        fields.set(value);
        for (const each of watching) each();
        for (const folded of element.querySelectorAll(":scope > details"))
          folded.open = [...folded.querySelectorAll(".optional")].some((one) => one.dataset.there);
      },
      at: fields.at,
    };
    return context.root;
  }

  /** The cell nearest to where a path leads. */
  function cellAt(path) {
    let part = context.root;
    let cell = null;
    for (const step of steps(path)) {
      const next = part?.at?.(step);
      if (!next) break;
      part = next.part;
      cell = next.cell;
    }
    return cell;
  }

  return { build, cellAt, get: () => context.root.get() };
}

const lookup = (table, name, field) => table[`${name}.${field}`] ?? table[`*.${field}`];

/** The fields of a definition as labelled cells, folded, excluding each other and required as it says. */
function fieldsOf(definition, context, near) {
  const { given } = context;
  const { title, properties, required } = definition;
  const parts = {};
  const cells = {};
  const own = { title, parts, near, quantity: () => parts.quantity?.get() ?? near?.quantity() };
  for (const [field, node] of Object.entries(properties)) {
    if (field === "kind") continue;
    const [label, help] = given.labels[title][field];
    parts[field] = partOf(node, { title, field, label, help, required: required.includes(field) }, context, own);
    cells[field] = cell(parts[field], label, help);
    cells[field].dataset.field = field;
  }
  const choosers = (given.exclusive[title] ?? []).map((fields, index) => chooser(title, index, fields, own, cells, context));
  const needs = given.needs[title] ?? {};
  const show = () => {
    const out = new Set();
    choosers.forEach((each, index) => each.hidden(index > 0 && choosers[0].get() !== "quantity").forEach((field) => out.add(field)));
    for (const [field, wanted] of Object.entries(needs)) if (choosers[0].get() !== wanted) out.add(field);
    if (choosers[1]?.get() === "in") out.add("deadband");
    for (const [field, each] of Object.entries(cells)) each.hidden = out.has(field);
  };
  if (choosers.length) context.watching.add(show);
  return {
    parts,
    cells,
    choosers: choosers.map((each) => each.element),
    get() {
      show();
      const value = {};
      for (const [field, part] of Object.entries(parts)) {
        if (cells[field].hidden) continue;
        const got = part.get();
        if (!empty(got) || (got !== undefined && part.keeps)) value[field] = got;
      }
      return value;
    },
    set(value) {
      choosers.forEach((each) => each.set(value ?? {}));
      for (const [field, part] of Object.entries(parts)) part.set(value?.[field]);
      show();
    },
    at: (step) => parts[step] && { part: parts[step], cell: cells[step] },
  };
}

/** Chooses which of some fields is given: a reading, an event, another rule; above, below, one of. */
function chooser(title, index, fields, own, cells, context) {
  const { given } = context;
  const label = given.choices[`${title}.${index}`] ?? given.values[`${title}.${fields[0]}`];
  const control = select(
    fields.map((field) => [field, given.values[`${title}.${field}`]]),
    label,
  );
  const element = cell(control, label, "");
  let touched = false;
  // "input", which comes first: whoever watches would put the old choice back before "change" was told.
  control.element.addEventListener("input", () => (touched = true));
  if (index === 1) {
    context.watching.add(() => {
      if (!touched) control.set(context.completion.codes(own.quantity(), scopeKinds(context)).length ? "in" : "above");
    });
  }
  return {
    element,
    get: control.get,
    hidden(all) {
      element.hidden = all;
      return fields.filter((field) => all || field !== control.get());
    },
    set(value) {
      const found = fields.find((field) => value[field] !== undefined && value[field] !== null);
      touched = index === 1 && found !== undefined;
      control.set(found ?? fields[0]);
    },
  };
}

function cell(part, label, help) {
  const id = fresh("help");
  const wide = part.wide ? " wide-cell" : "";
  const note = make("small", { id, className: "error", hidden: true });
  const element = make(
    "div",
    { className: `cell${wide}`, title: help ?? "" },
    make("span", { className: "cell-label", text: label }),
    part.element,
    note,
  );
  if (part.wide && !part.lone && help) element.insertBefore(make("small", { className: "quiet", text: help }), part.element);
  return element;
}

function partOf(node, where, context, near) {
  const { given, words, completion, changed } = context;
  const { shape, node: inner, optional, options } = read(given.schema, node);
  const widget = lookup(given.widgets, where.title, where.field);
  const { label } = where;
  const nested = (definition, there) => group(definition, there, context, near);
  const start = node.default ?? undefined;
  const unsaid = (value) => (where.required || JSON.stringify(value) !== JSON.stringify(start) ? value : undefined);
  const plain = (made) => ({ ...made, get: () => unsaid(made.get()), set: (value) => made.set(value ?? start) });
  if (shape === "variants") return variants(options, where, context, near, start);
  if (shape === "object") return optional ? optionalGroup(inner, where, context, nested) : nested(inner, where);
  if (shape === "list") return list(inner, where, context, nested);
  if (shape === "pairs") return pairs(label, words, changed);
  if (shape === "flags") return plain(flags(given.schema.$defs.Weekly ? DAYS.map((day) => [day, given.values[day]]) : [], label));
  if (widget === "codes") return codes(where, context, near);
  if (shape === "tokens")
    return {
      ...tokens({
        label,
        words,
        changed,
        none: widget === "kinds" || widget === "sectors" ? words.all_of_them : "",
        ...completion.of(widget, where),
        numeric: inner.items.type === "number",
      }),
    };
  if (widget === "quantity") return quantity(where, context);
  if (widget === "rules") return another(label, context);
  if (widget === "events" || widget === "limits") return suggested(inner, label, completion.of(widget, where).known);
  if (widget === "seconds") return plain(seconds(inner, label, words));
  if (shape === "choice")
    return plain(
      select(
        ordered(inner.enum).map((value) => [value, given.values[`By.${value}`] ?? given.values[value] ?? value]),
        label,
      ),
    );
  if (shape === "yesno") return yesno(given, label);
  if (shape === "number") return plain(number(inner, label));
  return plain({ ...text(inner, label, { lines: widget === "lines" }), lone: true });
}

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const ORDER = [...SEVERITIES, "above", "below", "both", "asset", "parent", "sector", "site", "feed", "occurrence"];
const ordered = (values) => [...values].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));

function yesno(given, label) {
  const control = select(
    [
      ["", given.values[""]],
      ["true", given.values.true],
      ["false", given.values.false],
    ],
    label,
  );
  const get = () => ({ true: true, false: false })[control.get()];
  return { element: control.element, get, set: (value) => control.set(value === undefined || value === null ? "" : String(value)), keeps: true };
}

/** One of several forms: a word, a number, or something with fields of its own. */
function variants(options, where, context, near, start) {
  const { given } = context;
  const alternatives = options.flatMap((option) => {
    if (option.enum) return ordered(option.enum).map((value) => ({ key: value, name: given.values[value] ?? value, fixed: value }));
    if (option.type === "number") return [{ key: "number", name: given.values.number, part: number(option, where.label) }];
    return Object.keys(option.properties).map((field) => {
      const part = partOf(option.properties[field], { title: option.title, field, label: given.labels[option.title][field][0] }, context, near);
      return { key: `${option.title}.${field}`, name: given.values[`${option.title}.${field}`], field, part };
    });
  });
  const control = select(
    alternatives.map(({ key, name }) => [key, name]),
    where.label,
  );
  const element = make("div", { className: "variants" });
  const chosen = () => alternatives.find(({ key }) => key === control.get()) ?? alternatives[0];
  const lone = alternatives.filter(({ fixed }) => fixed === undefined).length === alternatives.length;
  const draw = () =>
    element.replaceChildren(...(lone ? [chosen().part.element, control.element] : [control.element, chosen().part?.element].filter(Boolean)));
  control.element.addEventListener("change", draw);
  const get = () => {
    const { fixed, field, part } = chosen();
    if (fixed !== undefined) return fixed;
    const value = part.get();
    return field === undefined || empty(value) ? value : { [field]: value };
  };
  const set = (value) => {
    const meantBy = value ?? start ?? undefined;
    const found = alternatives.find(({ key, fixed, field }) =>
      typeof meantBy === "object" && meantBy ? field in meantBy && field !== undefined : fixed !== undefined ? fixed === meantBy : key === "number",
    );
    control.set((found ?? alternatives[0]).key);
    for (const { field, part } of alternatives)
      part?.set(found && typeof meantBy === "object" && meantBy ? meantBy[field] : typeof meantBy === "number" ? meantBy : undefined);
    draw();
  };
  set(undefined);
  return { element, get, set };
}

function group(definition, where, context, near) {
  const { given, words } = context;
  const fields = fieldsOf(definition, context, near);
  const folded = new Set(given.more[definition.title] ?? []);
  if (definition.title === "Scope" && given.of_facts.includes(context.kind)) folded.add("quantity");
  if (definition.title === "Scope" && !given.of_facts.includes(context.kind)) fields.cells.kinds.after(fields.cells.quantity);
  const open = Object.keys(fields.cells)
    .filter((field) => !folded.has(field))
    .map((field) => fields.cells[field]);
  const [first, ...others] = fields.choosers;
  if (others.length) open.splice(open.indexOf(fields.cells.quantity) + 1, 0, ...others);
  if (first) open.unshift(first);
  const inTwo = Object.keys(fields.cells).join() === "fr,en" ? " in-two" : "";
  const closed = Object.keys(fields.cells)
    .filter((field) => folded.has(field))
    .map((field) => fields.cells[field]);
  const element = make("div", { className: "group" }, make("div", { className: `cells${inTwo}` }, ...open));
  if (closed.length)
    element.append(make("details", { className: "more" }, make("summary", { text: words.more }), make("div", { className: "cells" }, ...closed)));
  const set = (value) => {
    fields.set(value);
    const more = element.querySelector(":scope > .more");
    if (more) more.open = closed.some((each) => value?.[each.dataset.field] !== undefined);
  };
  return { element, get: fields.get, set, at: fields.at, wide: Object.keys(fields.cells).length > 2, keeps: where.required };
}
