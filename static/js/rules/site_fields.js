// The fields of a rule's form that follow what the site knows: its quantities, the states of one, its events, limits and rules.

import { flags, fresh, make, select, text, tokens } from "#js/rules/fields.js";

/** The kinds of assets that the rule is about, as its form says now. */
export const scopeKinds = (context) => context.root?.at("scope")?.part.get()?.kinds ?? [];

/** A text, with what the site has under that name to choose from. */
export function suggested(node, label, known) {
  const id = fresh("known");
  const made = text(node, label);
  made.element.setAttribute("list", id);
  const options = make("datalist", { id }, ...known.map(([value, shown]) => make("option", { value, text: shown })));
  return { ...made, element: make("div", {}, made.element, options) };
}

/** One of the rules by its name; one that is not there any more stays to be seen. */
export function another(label, { completion, words }) {
  const { known } = completion.of("rules");
  const control = select([["", words.pick], ...known], label);
  const set = (value) => {
    if (value && !known.some(([slug]) => slug === value)) control.element.append(make("option", { value, text: value }));
    control.set(value);
  };
  return { ...control, set };
}

/** The quantities of the kinds in scope first; the rest below. */
export function quantity({ label }, context) {
  const control = make("select", { className: "input", ariaLabel: label });
  let wanted = "";
  let offered = null;
  const draw = () => {
    const groups = context.completion.quantities(scopeKinds(context));
    const key = JSON.stringify(groups);
    if (key !== offered) {
      offered = key;
      const known = new Set(groups.flatMap(([, found]) => found.map(([value]) => value)));
      const options = ([value, shown]) => make("option", { value, text: shown });
      control.replaceChildren(
        make("option", { value: "", text: context.words.pick }),
        ...groups.flatMap(([name, found]) => (name ? [make("optgroup", { label: name }, ...found.map(options))] : found.map(options))),
      );
      if (wanted && !known.has(wanted)) control.append(options([wanted, wanted]));
    }
    control.value = wanted;
  };
  control.addEventListener("input", () => (wanted = control.value));
  context.watching.add(draw);
  return {
    element: control,
    get: () => wanted || undefined,
    set(value) {
      wanted = value ?? "";
      offered = null;
      draw();
    },
  };
}

/** The states of the quantity beside it by their names, or numbers when it has none. */
export function codes({ label }, context, near) {
  const element = make("div", { className: "codes" });
  const { words, changed } = context;
  let value = [];
  let control = null;
  let drawn = null;
  const draw = () => {
    if (control?.element.isConnected) value = control.get() ?? [];
    const scoped = context.root?.at("scope")?.part.get()?.quantity;
    const known = context.completion.codes(near.title === "Codes" ? scoped : near.quantity(), scopeKinds(context));
    const key = JSON.stringify(known);
    if (key === drawn) return;
    drawn = key;
    const every = value.every((each) => known.some(([code]) => code === each));
    control = known.length && every ? flags(known, label) : tokens({ label, known, numeric: true, words, changed });
    control.set(value);
    element.replaceChildren(control.element);
  };
  context.watching.add(draw);
  return {
    element,
    get: () => control?.get() ?? (value.length ? value : undefined),
    set(given) {
      value = given ?? [];
      drawn = null;
      control = null;
      draw();
    },
  };
}
