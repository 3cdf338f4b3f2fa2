// One vehicle at a gate: its picture and plate, what is recommended and why, its permit, the barrier, and what was decided.

import { Refused } from "#js/api.js";
import { clone, parts, setText } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { journalLine } from "#js/journal.js";
import { barrierWords, paintCandidate, paintPlate } from "#js/passages/plate.js";
import { showRefusal } from "#js/toast.js";

const TICK_MS = 1000;
/** A vehicle that has just come into view is not decided on by a key that was meant for the one before. */
const SETTLING_MS = 500;

/** What was decided, by whom, when and why; null before. */
export function decisionWords(decision, { format, me }) {
  if (!decision) return null;
  const who = decision.by === me ? format.say("decision.mine") : [format.person(decision.by ?? "—"), decision.desk].filter(Boolean).join(" · ");
  const key = decision.automatic ? "decision.automatic" : `decision.${decision.verdict}`;
  const told = format.say(key, { who, when: format.when(decision.at) });
  return decision.reason_said ? format.say("decision.why", { told, reason: format.pick(decision.reason_said) }) : told;
}

/** mount(element, {format, given, onDetail}) → {show(row), open(id), tell(barrier), ask(), shown(), settled(), mayOpenAgain(), permit()} */
export function mount(element, { format, given, onDetail = () => {} }) {
  const part = parts(element);
  let shown = null; // {id, row, detail, since, barrier}
  let asked = null;
  let painted = ""; // which candidates are on the screen

  function show(row, { asks = true } = {}) {
    part.nothing.hidden = row !== null;
    part.file.hidden = row === null;
    if (row === null) {
      asked?.abort();
      shown = null;
      return;
    }
    const other = shown?.id !== row.id;
    if (other) {
      shown = { id: row.id, row, detail: null, since: performance.now(), barrier: null };
      element.querySelector(".file-body").scrollTop = 0;
      part.journal.replaceChildren();
      part["permit-box"].hidden = true;
      setTimeout(() => shown?.id === row.id && paintActs(shown.row), SETTLING_MS + 1);
    }
    const changed = other || shown.row.seq !== row.seq;
    shown.row = row;
    paint();
    if (asks && changed) ask();
  }

  const fetched = (id, options) =>
    Promise.all([insist("GET", `/passages/${id}`, undefined, options), insist("GET", `/passages/${id}/journal?limit=30`, undefined, options)]);

  async function take(detail, journal) {
    shown.detail = detail;
    if (detail.seq >= shown.row.seq) shown.row = detail;
    tell(detail.barrier);
    part.journal.replaceChildren(...journal.results.map((entry) => journalLine(entry, format)));
    paint();
    await permit(detail);
    onDetail(detail);
  }

  /** Asks for what a row alone does not say: the permits, the barrier, the journal, what may be done. */
  async function ask() {
    if (!shown) return;
    const { id } = shown;
    asked?.abort();
    asked = new AbortController();
    try {
      const [detail, journal] = await fetched(id, { signal: asked.signal });
      if (shown?.id === id) await take(detail, journal);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Refused)) throw error;
      if (error.status !== 404) showRefusal(error);
    }
  }

  /** Shows a passage of which only the number is known. Throws Refused. */
  async function open(id) {
    const [detail, journal] = await fetched(id);
    show(detail, { asks: false });
    await take(detail, journal);
  }

  async function permit(detail) {
    part["permit-box"].hidden = detail.permit === null;
    if (detail.permit === null) return;
    const told = detail.permits.find(({ id }) => id === detail.permit.id) ?? (await insist("GET", `/permits/${detail.permit.id}`));
    if (shown?.id !== detail.id) return;
    const lines = [
      [format.say("permit.company"), told.company],
      [format.say("permit.reference"), told.reference],
      [format.say("permit.purpose"), told.purpose],
      [format.say("permit.valid"), format.say("case.until", { when: format.when(told.valid_until) })],
      [format.say("permit.hours"), format.pick(told.hours) || format.say("case.always")],
      [format.say("permit.gates"), told.gates ? told.gates.map(({ name }) => name).join(", ") : format.say("case.every_gate")],
      [format.say("permit.stay"), told.longest_stay ? format.say("case.stay", { age: format.age(told.longest_stay * 60_000) }) : ""],
      [format.say("permit.escort"), told.escort ? format.say("case.escort") : ""],
      [format.say("permit.contact"), told.contact],
    ];
    const made = (tag, textContent) => Object.assign(document.createElement(tag), { textContent });
    part.permit.replaceChildren(...lines.filter(([, text]) => text).flatMap(([name, text]) => [made("dt", name), made("dd", text)]));
  }

  function paint() {
    const { row } = shown;
    element.dataset.verdict = row.verdict;
    element.dataset.state = row.state;
    setText(part.gate, row.gate.name);
    setText(part.state, format.say(`passage.${row.state}`));
    setText(part.since, format.say(row.state === "waiting" ? "case.since" : "case.arrived", { when: format.when(row.first_at) }));
    paintPlate(part.plate, row, format);
    setText(part.country, row.country ?? "");
    const agree = format.say("case.reads", { n: row.agreement, reads: row.reads });
    setText(part.sub, [row.vehicle, row.colour, format.say(`way.${row.direction}`), row.reads ? agree : ""].filter(Boolean).join(" · "));
    paintPicture(row);
    paintDecision(row);
    part.advice.classList.toggle("past", row.state !== "waiting");
    part.glyph.setAttribute("href", `#verdict-${row.verdict}`);
    setText(part.verdict, format.say("verdict.told", { verdict: format.say(`verdict.${row.verdict}`) }));
    part.facts.replaceChildren(...row.facts.map(fact));
    paintCandidates(row);
    paintActs(row);
  }

  function paintPicture(row) {
    const may = given.verbs.includes("plates") && row.picture;
    part.picture.hidden = !may;
    part["no-picture"].hidden = Boolean(may);
    const address = `/api/v1/passages/${row.id}/picture?reads=${row.reads}`;
    if (may && part.picture.getAttribute("src") !== address) part.picture.src = address;
    if (!may) part.picture.removeAttribute("src");
  }

  function paintDecision(row) {
    const told = decisionWords(row.decision, { format, me: given.me });
    part.decided.hidden = told === null;
    setText(part.decided, told ?? "");
    part.order.hidden = row.command === null;
    if (row.command === null) return;
    const state = format.say("order.told", { state: format.say(`order.${row.command.state}`) });
    const reason = row.command.reason && format.say(`order.why.${row.command.reason}`);
    part.order.dataset.state = row.command.state;
    setText(part.order, reason ? format.say("order.because", { told: state, reason }) : state);
  }

  function fact({ leans, fr, en }) {
    const item = document.createElement("li");
    if (leans) item.dataset.verdict = leans;
    item.textContent = format.pick({ fr, en });
    return item;
  }

  function paintCandidates(row) {
    const unsure = row.candidates.length > 1 || row.candidates.some(({ differs }) => differs.length);
    part["candidates-box"].hidden = !unsure;
    const known = new Map((shown.detail?.permits ?? []).map((one) => [one.id, one]));
    const key = JSON.stringify([row.id, unsure && row.candidates, [...known.keys()], row.state]);
    if (key === painted) return; // what somebody has chosen stays under their hand
    const chosen = permitChosen(row.id);
    painted = key;
    if (!unsure) {
      part.candidates.replaceChildren();
      return;
    }
    part.candidates.replaceChildren(
      ...row.candidates.map((candidate) => {
        const item = clone("candidate");
        const field = parts(item);
        const told = known.get(candidate.permit);
        const input = item.querySelector("input");
        input.value = candidate.permit;
        input.dataset.passage = row.id;
        input.disabled = row.state !== "waiting";
        input.checked = candidate.permit === (chosen ?? row.permit?.id);
        paintCandidate(field.plate, candidate, format);
        setText(field.whose, told ? `${told.company} · ${told.reference}` : "");
        setText(
          field.hours,
          [told && (format.pick(told.hours) || format.say("case.always")), candidate.twin && format.say("case.twin")].filter(Boolean).join(" · "),
        );
        return item;
      }),
    );
  }

  /** The permit that somebody chose among the candidates of a passage, or null. */
  function permitChosen(passage = shown?.id) {
    const input = part.candidates.querySelector("input:checked");
    return Number(input?.dataset.passage) === passage ? Number(input.value) : null;
  }

  function paintActs(row) {
    if (!part.acts) return;
    const again = mayOpenAgain();
    part.acts.querySelector('[data-act="open"]').disabled = !settled() || (row.state !== "waiting" && !again);
    part.acts.querySelector('[data-act="refuse"]').disabled = !settled() || row.state !== "waiting";
    setText(part["open-text"], format.say(again ? "act.again" : "act.open"));
    const called = given.gates.find(({ id }) => id === row.gate.id)?.intercom;
    part.intercom.hidden = !called;
    if (!called) return;
    part.intercom.href = called;
    part.intercom.target = called.startsWith("https:") ? "_blank" : "";
  }

  /** What the barrier reads, as of now. */
  function tell(barrier) {
    if (!shown) return;
    shown.barrier = { at: Date.now(), ...barrier };
    paintBarrier();
  }

  function paintBarrier() {
    if (!shown?.barrier) return;
    part.barrier.dataset.barrier = shown.barrier.stale ? "stale" : shown.barrier.state;
    setText(part["barrier-text"], barrierWords(shown.barrier, format));
  }

  const settled = () => shown !== null && performance.now() - shown.since > SETTLING_MS;

  const mayOpenAgain = () => Boolean(shown?.detail?.may.includes("open_again") && shown.row.state === "opening");

  setInterval(paintBarrier, TICK_MS);
  return {
    show,
    tell,
    ask,
    shown: () => shown,
    settled,
    mayOpenAgain,
    permit: () => permitChosen(),
    open,
  };
}
