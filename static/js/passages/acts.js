// Validate, refuse, ask for the opening again: one key each, a reason of the closed list where one is needed.

import { openDialog } from "#js/dialog.js";
import { parts } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

/** Opens a dialog of reasons; answers the reason, as its name or in words, or null when it was left. */
async function askWhy(dialog, about, format) {
  const form = dialog.querySelector("form");
  const part = parts(dialog);
  const words = form.elements.words;
  form.reset();
  part.about.textContent = about;
  const settle = () => {
    const other = form.elements.reason.value === "other";
    part["words-box"].hidden = !other;
    words.required = other;
    words.setCustomValidity(other && !words.value.trim() ? format.say("other.reason") : "");
  };
  settle();
  form.oninput = settle;
  dialog.onkeydown = (event) => {
    if (!/^\d$/.test(event.key) || event.target === words || event.ctrlKey || event.metaKey || event.altKey) return;
    const choices = [...form.querySelectorAll('input[name="reason"]')];
    const chosen = event.key === "0" ? choices.at(-1) : choices.slice(0, -1)[Number(event.key) - 1];
    if (!chosen) return;
    event.preventDefault();
    chosen.checked = true;
    chosen.focus();
    settle();
    if (chosen.value === "other") words.focus();
  };
  const sent = openDialog(dialog);
  form.querySelector('input[name="reason"]').focus();
  if (!(await sent)) return null;
  const told = Object.fromEntries(new FormData(form));
  return told.reason === "other" ? told.words.trim() : told.reason;
}

/** passageActs({shownCase, format, given}) → {open(), refuse()}; each answers a promise of whether it was done. */
export function passageActs({ shownCase, format, given }) {
  const may = given.verbs.includes("passages");
  let busy = false;

  /** Nothing is decided twice by a key that is held down, nor on what nobody has seen yet. */
  const ready = () => may && !busy && shownCase.settled();

  async function send(path, body) {
    busy = true;
    try {
      await insist("POST", path, body);
      forgetRefusal();
      return true;
    } catch (error) {
      showRefusal(error);
      return false;
    } finally {
      busy = false;
      shownCase.ask();
    }
  }

  const about = (row) => [row.plate, row.gate.name].filter(Boolean).join(" · ");

  return {
    async open() {
      const shown = shownCase.shown();
      if (!ready()) return false;
      const { id, row } = shown;
      if (shownCase.mayOpenAgain()) return send(`/passages/${id}/opening`);
      if (row.state !== "waiting") return false;
      const permit = shownCase.permit();
      if (row.verdict !== "refuse") return send(`/passages/${id}/decision`, { verdict: "open", permit });
      const reason = await askWhy(document.getElementById("against"), about(row), format);
      return reason ? send(`/passages/${id}/decision`, { verdict: "open", permit, reason }) : false;
    },

    async refuse() {
      const shown = shownCase.shown();
      if (!ready() || shown.row.state !== "waiting") return false;
      const { id, row } = shown;
      const reason = await askWhy(document.getElementById("refuse"), about(row), format);
      return reason ? send(`/passages/${id}/decision`, { verdict: "refuse", reason }) : false;
    },
  };
}
