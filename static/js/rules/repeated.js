// Groups of a rule's form that come and go: one that may not be there, and a list of them. `group(definition, where)` makes one.

import { SEVERITIES } from "#js/nouns/alarm.js";
import { make } from "#js/rules/fields.js";
import { read } from "#js/rules/schema.js";

/** A group that may not be there; made when it is wanted, since formulas nest. */
export function optionalGroup(definition, where, context, group) {
  const { words } = context;
  const element = make("div", { className: "optional" });
  const add = make("button", {
    type: "button",
    className: "button bare",
    text: `+ ${words.add}`,
    ariaLabel: words.add_to.replace("{name}", where.label),
  });
  const remove = make("button", {
    type: "button",
    className: "button bare",
    text: words.remove,
    ariaLabel: words.remove_from.replace("{name}", where.label),
  });
  let made = null;
  const put = (value) => {
    made = group(definition, where);
    made.set(value);
    element.replaceChildren(made.element, remove);
    element.dataset.there = "yes";
  };
  const drop = () => {
    made = null;
    element.replaceChildren(add);
    delete element.dataset.there;
  };
  add.addEventListener("click", () => {
    put({});
    context.changed();
    element.querySelector("input, select, textarea")?.focus();
  });
  remove.addEventListener("click", () => {
    drop();
    context.changed();
    add.focus();
  });
  drop();
  return {
    element,
    get: () => made?.get(),
    set: (value) => (value === undefined || value === null ? drop() : put(value)),
    at: (step) => made?.at(step),
    wide: true,
    keeps: true,
  };
}

/** Rows of groups, as few and as many as the schema allows. */
export function list(node, where, context, group) {
  const { given, words } = context;
  const definition = read(given.schema, node.items).node;
  const rows = make("div", { className: "rows" });
  const add = make("button", {
    type: "button",
    className: "button bare",
    text: `+ ${words.add}`,
    ariaLabel: words.add_to.replace("{name}", where.label),
  });
  const element = make("div", { className: "list" }, rows, add);
  let parts = [];
  const draw = () => {
    add.hidden = parts.length >= (node.maxItems ?? Infinity);
    for (const { remove } of parts) remove.hidden = parts.length <= (node.minItems ?? 0);
  };
  const put = (value) => {
    const part = group(definition, { ...where, required: true });
    const remove = make("button", {
      type: "button",
      className: "button bare remove",
      text: "×",
      ariaLabel: words.remove_from.replace("{name}", `${where.label} ${parts.length + 1}`),
    });
    const row = make("div", { className: "row-part" }, part.element, remove);
    const entry = { part, row, remove };
    remove.addEventListener("click", () => {
      parts = parts.filter((each) => each !== entry);
      row.remove();
      draw();
      context.changed();
      add.focus();
    });
    parts.push(entry);
    rows.append(row);
    part.set(value);
    draw();
    return row;
  };
  add.addEventListener("click", () => {
    put(next(parts, definition));
    context.changed();
    rows.lastElementChild.querySelector("input, select")?.focus();
  });
  const set = (value) => {
    parts = [];
    rows.replaceChildren();
    for (const each of value ?? []) put(each);
    draw();
  };
  const at = (step) => parts[step] && { part: parts[step].part, cell: parts[step].row };
  return { element, get: () => (parts.length ? parts.map(({ part }) => part.get()) : undefined), set, at, wide: true };
}

/** One more rung has a severity that is not taken yet. */
function next(parts, definition) {
  if (!definition.properties.severity) return {};
  const taken = new Set(parts.map(({ part }) => part.get().severity));
  return { severity: SEVERITIES.find((each) => !taken.has(each)) };
}
