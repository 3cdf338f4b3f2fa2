// The editor of a rule: the form of its kind, what it is about and will say as one writes, versions, shadow and activation.

import { call, Refused } from "#js/api.js";
import { confirmed } from "#js/confirm.js";
import { desk } from "#js/frame.js";
import { createCompletion } from "#js/rules/completion.js";
import { make } from "#js/rules/fields.js";
import { createForm } from "#js/rules/form.js";
import { askLately } from "#js/rules/lately.js";
import { slugOf } from "#js/rules/schema.js";
import { drawSketch } from "#js/rules/sketch.js";
import { mountTabs } from "#js/rules/tabs.js";
import { mountTrial } from "#js/rules/trial.js";
import { fill } from "#js/rules/words.js";
import { showRefusal, toast } from "#js/toast.js";

const PAUSE = 250;
const COLON = document.documentElement.lang === "en" ? ": " : " : ";
const { format } = desk;
const data = JSON.parse(document.getElementById("rule-data").textContent);
const { words, rule, site } = data;
const element = (id) => document.getElementById(id);
const holder = element("rule-form");
const plural = new Intl.PluralRules(document.documentElement.lang);
const form = createForm(data, createCompletion(data), changed);
const touched = new Set();
let submitted = false;
let asking = null;
let timer = 0;
let places = [];
let kept = "";
let errors = {};

// --- names and the kind ---

const nameCell = (id, label, value) => {
  const input = make("input", { className: "input", id, maxLength: 120, autocomplete: "off", value });
  return make(
    "label",
    { className: "cell" },
    make("span", { className: "cell-label", text: label }),
    input,
    make("small", { id: `${id}-error`, className: "error", hidden: true }),
  );
};
const names = { fr: nameCell("name-fr", words.name_fr, rule?.name.fr ?? ""), en: nameCell("name-en", words.name_en, rule?.name.en ?? "") };
const nameOf = (language) => names[language].querySelector("input").value.trim();
const head = make("div", { className: "section" }, make("div", { className: "cells in-two" }, names.fr, names.en));
const speech = make(
  "section",
  { className: "speech", ariaLabel: words.will_say },
  make("span", { className: "cell-label", text: words.will_say }),
  make("p", { id: "sentence", text: "…" }),
);
head.addEventListener("input", changed);

function choose() {
  const cards = Object.entries(data.kinds).map(([kind, [name, about]]) => {
    const example = make("small", { text: words[`like_${kind}`] });
    const card = make("button", { type: "button", className: "kind-card" }, make("b", { text: name }), make("span", { text: about }), example);
    card.dataset.kind = kind;
    card.addEventListener("click", () => open(kind, data.start[kind], true));
    return card;
  });
  holder.replaceChildren(
    make("section", { className: "kinds" }, make("h2", { text: words.choose }), make("div", { className: "kind-cards" }, ...cards)),
  );
}

function open(kind, spec, first = false) {
  const built = form.build(kind);
  holder.replaceChildren(speech, head, built.element);
  built.set(spec);
  holder.addEventListener("focusout", ({ target }) => touch(target));
  element("acts").hidden = false;
  kept = first ? "" : written();
  changed();
  if (first) (document.documentElement.lang === "en" ? names.en : names.fr).querySelector("input").focus();
}

const written = () => JSON.stringify([form.get(), nameOf("fr"), nameOf("en")]);

// --- what it would be about, as one writes ---

function changed() {
  clearTimeout(timer);
  timer = setTimeout(preview, PAUSE);
  element("dirty").hidden = kept === "" || written() === kept;
}

async function preview() {
  asking?.abort();
  asking = new AbortController();
  element("status").textContent = words.checking;
  try {
    const told = await call("POST", `/sites/${site}/rules/preview`, { spec: form.get(), rule: rule?.slug ?? "" }, { signal: asking.signal });
    tell(told);
    askLately({ site, spec: form.get(), format, words });
    showErrors(Object.fromEntries(told.errors.map(({ path, reason }) => [`spec.${path}`, [reason]])), true);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused) || error.status !== 422) showRefusal(error);
    else showErrors(error.errors ?? { spec: [error.detail] }, false);
  }
}

const counted = (what, n) => fill(words[`scope_${what}_${plural.select(n) === "one" ? "one" : "other"}`], { n: format.number(n, 0) });

function tell({ assets, points, sentence, severity, places: found, sample, rhythm, others, errors: remarks }) {
  const line = element("sentence");
  line.textContent = format.pick(sentence);
  speech.dataset.severity = severity;
  element("no-scope").hidden = true;
  element("reach").hidden = false;
  element("sketch").hidden = element("examples").hidden = assets === 0;
  element("reach").textContent = `${counted("assets", assets)}, ${counted("points", points)}`;
  element("reach").dataset.assets = assets;
  const lasts = (seconds) => (seconds === null ? "" : format.duration(seconds * 1000));
  element("rhythm").textContent = rhythm
    ? fill(words[rhythm.measured ? "rhythm_measured" : "rhythm_declared"], { measured: lasts(rhythm.measured), declared: lasts(rhythm.declared) })
    : "";
  element("remarks").replaceChildren(...remarks.map(({ reason }) => make("li", { text: reason })));
  element("others").hidden = others.length === 0;
  element("others-list").replaceChildren(
    ...others.map(({ id, name, severity: worst }) =>
      make(
        "li",
        {},
        make("a", { href: `/sites/${site}/rules/${id}`, text: format.pick(name) }),
        make("span", { className: "quiet", text: data.values[worst] ?? worst }),
      ),
    ),
  );
  places = found;
  drawSketch(element("sketch"), places);
  element("sample").replaceChildren(
    ...sample.map(({ code, name }) => make("li", {}, make("b", { text: code }), make("span", { className: "quiet", text: name }))),
  );
}

function touch(target) {
  const cell = target.closest?.(".cell");
  if (cell) touched.add(cell);
  paintErrors();
}

function showErrors(found, usable) {
  errors = found;
  const unknown = holder.querySelector("[data-unknown]");
  holder.dataset.usable = usable && !unknown ? "yes" : "no";
  paintErrors();
  const [[path, [reason] = []] = []] = Object.entries(found);
  const cell = unknown?.closest(".cell") ?? (path && cellOf(path)) ?? unnamed()[0];
  const label = cell?.querySelector(".cell-label")?.textContent;
  const said = unknown ? unknownTo(unknown) : (reason ?? (cell && words.missing));
  element("status").textContent = said ? (label ? `${label}${COLON}${said}` : said) : words.ready;
  element("status").dataset.usable = unnamed().length ? "no" : holder.dataset.usable;
}

const unnamed = () =>
  Object.keys(names)
    .filter((language) => nameOf(language) === "")
    .map((language) => names[language]);

/** What was typed into a closed list and is not in it would silently mean "all". */
const unknownTo = (input) => fill(words.unknown_word, { word: input.value.trim() });
const cellOf = (path) => form.cellAt(path.replace(/^spec\.?/, ""));

/** At their field, once the person was there: an empty form is not a list of reproaches. */
function paintErrors() {
  for (const note of holder.querySelectorAll(".error:not([hidden])")) {
    note.hidden = true;
    note.parentElement.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  }
  for (const [path, reasons] of Object.entries(errors)) {
    const cell = cellOf(path);
    const note = cell?.querySelector(":scope > .error") ?? cell?.querySelector(".error");
    if (!note || !(submitted || [...touched].some((each) => each === cell || cell.contains(each)))) continue;
    paint(note, reasons.join(" "));
  }
  if (submitted) for (const cell of unnamed()) paint(cell.querySelector(".error"), words.missing);
  for (const input of holder.querySelectorAll("[data-unknown]")) paint(input.closest(".cell").querySelector(":scope > .error"), unknownTo(input));
}

function paint(note, reason) {
  note.hidden = false;
  note.textContent = reason;
  const input = wanting(note.parentElement);
  input?.setAttribute("aria-invalid", "true");
  input?.setAttribute("aria-describedby", note.id);
  for (let folded = note.closest("details:not([open])"); folded; folded = folded.parentElement.closest("details:not([open])")) folded.open = true;
}

/** The control of a cell that waits for something: what is empty before what is chosen already. */
function wanting(cell) {
  const all = [...cell.querySelectorAll("input:not([type=checkbox]), select, textarea")];
  return all.find((each) => each.value === "" && each.checkVisibility()) ?? all[0];
}

// --- saving and what follows ---

async function save() {
  submitted = true;
  clearTimeout(timer);
  await preview();
  if (unnamed().length) return unnamed()[0].querySelector("input").focus();
  if (holder.dataset.usable !== "yes") {
    const cell = holder.querySelector("[data-unknown]")?.closest(".cell") ?? cellOf(Object.keys(errors)[0] ?? "") ?? holder;
    return (wanting(cell) ?? cell.querySelector("button, [type=checkbox]"))?.focus();
  }
  const body = { spec: form.get(), name: { fr: nameOf("fr"), en: nameOf("en") }, note: element("note").value };
  try {
    const made = rule
      ? await call("POST", `/rules/${rule.id}/versions`, body)
      : await call("POST", "/rules", { ...body, site, slug: slugOf(nameOf("fr")) || "regle" });
    kept = written();
    location.assign(`/sites/${site}/rules/${made.id}`);
  } catch (error) {
    showRefusal(error);
    if (error.status === 409 && !rule) tellTaken(error.detail);
  }
  return undefined;
}

/** A new rule has the name of another one: its address is made from the French name. */
function tellTaken(reason) {
  paint(names.fr.querySelector(".error"), reason);
  names.fr.querySelector("input").focus();
}

const ACTS = {
  activate: ["POST", "activation", words.activate_ask],
  retire: ["DELETE", "activation", words.retire_ask],
  shadow: ["POST", "shadow", null],
  "end-shadow": ["DELETE", "shadow", null],
};

async function act(button) {
  const { act: name, version } = button.dataset;
  if (kept !== written()) return toast(words.unsaved, words.save_first, { bad: true });
  const [method, what, question] = ACTS[name];
  if (question && !(await confirmed(fill(question, { n: version }), button))) return undefined;
  const buttons = [...document.querySelectorAll("[data-act]")];
  for (const each of buttons) each.disabled = true; // a large site takes a second to answer
  element("status").textContent = words.acting;
  try {
    await call(method, `/rules/${rule.id}/${what}`, version ? { version: Number(version) } : undefined);
    location.reload();
  } catch (error) {
    for (const each of buttons) each.disabled = false;
    showRefusal(error);
    submitted = true;
    showErrors(error.errors ?? { spec: [error.detail] }, false);
  }
  return undefined;
}

async function showDifferences(button) {
  const number = Number(button.dataset.differences);
  const answer = await fetch(`/sites/${site}/rules/${rule.id}/differences/${number - 1}/${number}`);
  if (answer.ok) button.closest("li").querySelector(".difference").innerHTML = await answer.text();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-act]");
  if (button) act(button);
  const difference = target.closest("[data-differences]");
  if (difference) showDifferences(difference);
});
element("save").addEventListener("click", save);
window.addEventListener("beforeunload", (event) => {
  if (kept !== "" && written() !== kept) event.preventDefault();
});
new ResizeObserver(() => drawSketch(element("sketch"), places)).observe(element("sketch"));
new MutationObserver(() => drawSketch(element("sketch"), places)).observe(document.documentElement, { attributeFilter: ["data-theme"] });

if (rule) {
  const trial = mountTrial({ rule: rule.id, site, spec: () => form.get(), format, words });
  mountTabs(element("tabs"), { "panel-shadow": trial.showShadow, "panel-trial": trial.recallLast });
  open(rule.spec.kind, rule.spec);
} else {
  choose();
}
