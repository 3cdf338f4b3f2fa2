// Single fields: each answers {element, get, set}; `element` holds its own label when it is more than one control.

import { inUnits, meant } from "#js/rules/schema.js";

let ids = 0;

export const fresh = (what) => `f-${what}-${(ids += 1)}`;

export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "text") element.textContent = value;
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export function select(options, label) {
  const element = make("select", { className: "input", ariaLabel: label });
  for (const [value, text] of options) element.append(make("option", { value, text }));
  return { element, get: () => element.value || undefined, set: (value) => (element.value = value ?? "") };
}

export function text(node, label, { lines = false } = {}) {
  const element = make(lines ? "textarea" : "input", { className: "input", ariaLabel: label, autocomplete: "off" });
  if (node.maxLength) element.maxLength = node.maxLength;
  if (node.format === "date") element.type = "date";
  else if (node.pattern) Object.assign(element, { placeholder: "HH:MM", inputMode: "numeric", maxLength: 5 });
  return { element, get: () => element.value || undefined, set: (value) => (element.value = value ?? "") };
}

/** Numbers are written as people do, with a comma or a point. */
export function number(node, label) {
  const element = make("input", { className: "input", ariaLabel: label, inputMode: "decimal", autocomplete: "off" });
  const get = () => {
    const written = element.value.trim().replace(",", ".");
    if (written === "") return undefined;
    return Number.isFinite(Number(written)) ? Number(written) : written; // refused by who knows, at this field
  };
  const comma = document.documentElement.lang === "fr" ? "," : ".";
  return { element, get, set: (value) => (element.value = value === undefined ? "" : String(value).replace(".", comma)) };
}

export function seconds(node, label, words) {
  const amount = number(node, label);
  const unit = select(
    [1, 60, 3600, 86_400].map((each) => [each, words[`unit_${each}`]]),
    `${label}, ${words.unit}`,
  );
  const element = make("div", { className: "with-unit" }, amount.element, unit.element);
  const get = () => {
    const value = amount.get();
    return typeof value === "number" ? value * Number(unit.get()) : value;
  };
  const set = (value) => {
    const [shown, per] = value === undefined ? [undefined, 60] : inUnits(value);
    amount.set(shown);
    unit.set(String(per));
  };
  set(undefined);
  return { element, get, set, input: amount.element };
}

/** Toggles of a few known values, such as days of the week or the states of a quantity. */
export function flags(options, label) {
  const boxes = options.map(([value, shown]) => [value, make("input", { type: "checkbox", value }), shown]);
  const element = make("div", { className: "choices flags", role: "group", ariaLabel: label });
  for (const [, box, shown] of boxes) element.append(make("label", { className: "choice" }, box, make("span", { text: shown })));
  const get = () => {
    const chosen = boxes.filter(([, box]) => box.checked).map(([value]) => value);
    return chosen.length ? chosen : undefined;
  };
  return { element, get, set: (value) => boxes.forEach(([each, box]) => (box.checked = (value ?? []).includes(each))) };
}

/**
 * Words in a row, each removable, with completion. `known`: [[value, shown]…] or a function of what is typed that answers them;
 * `free`: also what is not known.
 */
export function tokens({ label, known = [], free = true, numeric = false, none = "", words, changed }) {
  const id = fresh("known");
  const list = make("datalist", { id });
  const input = make("input", { className: "bare-input", ariaLabel: label, autocomplete: "off", list: id });
  const element = make("div", { className: "input tokens" }, input, list);
  let pairs = [];
  let values = [];

  const offer = (found) => {
    pairs = found;
    list.replaceChildren(...found.map(([value, shown]) => make("option", { value: shown, text: shown === value ? "" : value })));
  };
  const shownOf = (value) => pairs.find(([each]) => each === value)?.[1] ?? String(value);

  function draw() {
    input.placeholder = values.length ? "" : none;
    for (const old of element.querySelectorAll(".token")) old.remove();
    for (const value of values) {
      const remove = make("button", { type: "button", text: "×", ariaLabel: words.remove_from.replace("{name}", shownOf(value)) });
      remove.addEventListener("click", () => {
        values = values.filter((each) => each !== value);
        draw();
        input.focus();
        changed();
      });
      element.insertBefore(make("span", { className: "token", text: shownOf(value) }, remove), input);
    }
  }

  /** Takes what was typed; answers whether it was something. */
  function take() {
    const typed = input.value.trim();
    if (typed === "") return false;
    const found = meantBy(typed, pairs, free);
    input.toggleAttribute("data-unknown", !found && !free);
    if (!found && !free) {
      changed();
      return false;
    }
    const value = found ? found[0] : numeric ? meant(typed) : typed;
    input.value = "";
    if (!values.includes(value)) values.push(value);
    draw();
    changed();
    return true;
  }

  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === ",") {
      if (take() || event.key === "Enter") event.preventDefault();
    } else if (event.key === "Backspace" && input.value === "" && values.length) {
      values.pop();
      draw();
      changed();
    }
  });
  input.addEventListener("change", take);
  input.addEventListener("input", () => input.removeAttribute("data-unknown"));
  if (typeof known === "function") input.addEventListener("input", async () => offer(await known(input.value)));
  else offer(known);
  return {
    element,
    input,
    offer(found) {
      offer(found);
      draw();
    },
    get: () => (values.length ? [...values] : undefined),
    set(value) {
      values = [...(value ?? [])];
      draw();
    },
  };
}

const plainly = (text) => String(text).normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The one of [value, shown] that was typed: as it is or, of a closed list, the only one that begins so or has it inside. */
export function meantBy(typed, pairs, free) {
  const wanted = plainly(typed);
  const fits = (test) => pairs.filter(([value, shown]) => [value, shown].some((each) => test(plainly(each))));
  const same = fits((each) => each === wanted);
  if (same.length || free) return same[0];
  const near = [fits((each) => each.startsWith(wanted)), fits((each) => each.includes(wanted))].find(({ length }) => length === 1);
  return near?.[0];
}

/** Name and value of attributes, as many as are wanted. */
export function pairs(label, words, changed) {
  const rows = make("div", { className: "pairs" });
  const add = make("button", { type: "button", className: "button bare", text: `+ ${words.add}`, ariaLabel: words.add_to.replace("{name}", label) });
  const element = make("div", {}, rows, add);
  const row = (name = "", value = "") => {
    const remove = make("button", { type: "button", className: "button bare", text: "×", ariaLabel: words.remove_from.replace("{name}", label) });
    const made = make(
      "div",
      { className: "pair" },
      make("input", { className: "input", value: name, placeholder: words.key, ariaLabel: `${label}, ${words.key}` }),
      make("input", { className: "input", value: String(value), placeholder: words.value, ariaLabel: `${label}, ${words.value}` }),
      remove,
    );
    remove.addEventListener("click", () => {
      made.remove();
      changed();
    });
    rows.append(made);
    return made;
  };
  add.addEventListener("click", () => row().firstElementChild.focus());
  const get = () => {
    const written = [...rows.children].map((each) => [...each.querySelectorAll("input")].map((input) => input.value));
    const given = written.filter(([name]) => name !== "").map(([name, value]) => [name, meant(value)]);
    return given.length ? Object.fromEntries(given) : undefined;
  };
  return {
    element,
    get,
    set(value) {
      rows.replaceChildren();
      for (const [name, each] of Object.entries(value ?? {})) row(name, each);
    },
  };
}
