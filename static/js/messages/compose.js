// The form that writes to other rooms: a message to read, or a question with the answers it takes and its time limit.

import { on } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { forgetRefusal, showRefusal, toast } from "#js/toast.js";

const MARKS = /[\u0300-\u036f]/g;

/** An id for each line, unlike the others. Pure. */
export function named(text) {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.map((label, index) => {
    const word = label.normalize("NFD").replace(MARKS, "").toLowerCase();
    const slug = word.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
    return { id: `${slug.slice(0, 30) || "r"}-${index + 1}`, label: { fr: label, en: label } };
  });
}

/** The form of a question as the interface takes it; null of a message. Pure. */
export function answersOf(kind, { choices, fields }) {
  if (kind === "choices") return { choices: named(choices).map(({ id, label }) => ({ value: id, label })) };
  return kind === "fields" ? { fields: named(fields) } : null;
}

/** compose(form, {given, format, done}): sends what it says by its button or Ctrl+Enter. */
export function compose(form, { given, format, done }) {
  const { answers, text } = form.elements;
  const boxes = (name) => [...form.querySelectorAll(`[name=${name}]`)];

  function show() {
    form.querySelector(".asked").hidden = answers.value === "";
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== answers.value;
    for (const box of boxes("to")) {
      box.closest(".recipient").querySelector(".must").hidden = answers.value === "" || !box.checked;
    }
  }

  function told() {
    const to = boxes("to").filter((box) => box.checked);
    const body = { text: text.value, to: to.map((box) => box.value) };
    const answerForm = answersOf(answers.value, { choices: form.elements.choices.value, fields: form.elements.fields.value });
    if (answerForm) {
      body.form = answerForm;
      body.due_at = new Date(Date.now() + form.elements.minutes.value * 60_000).toISOString();
      body.must_answer = boxes("must")
        .filter((box) => box.checked && body.to.includes(box.value))
        .map((box) => box.value);
    }
    if (form.elements.sender?.value) body.sender = form.elements.sender.value;
    if (form.dataset.noun) body[form.dataset.noun] = Number(form.dataset.about);
    return body;
  }

  on(form, "change", show);
  on(form, "keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit());
  on(form, "submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button.first");
    button.disabled = true;
    try {
      const made = await insist("POST", `/sites/${given.site.slug}/entity-messages`, told());
      form.reset();
      show();
      forgetRefusal();
      toast(format.say("message.sent", { n: made.number }));
      await done(made);
    } catch (error) {
      showRefusal(error);
    } finally {
      button.disabled = false;
    }
  });
  show();
}
