// The procedures of an alarm or an incident on the desk: what is offered and why, and the runs under way, live.

import { Refused } from "#js/api.js";
import { parts } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { runCard } from "#js/procedures/run.js";
import { atRest } from "#js/rest.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const TICK_MS = 1000;
const REST_MS = 120;
const MOST = 5;

/** mount(element, {store, format, given}) → {show(subject), focus(), unmount}: subject {alarm, incident} by id, either may be null; or null. */
export function mount(element, { store, format, given }) {
  const part = parts(element);
  const mayAct = given.verbs.includes("take");
  let shown = null; // {alarm, incident, offers: null until they came, wanted, runs: Map, abort}
  const cards = new Map(); // run → its card

  const asking = atRest(() => {
    askOffers();
    askRuns();
  }, REST_MS);

  const isMine = (run) => (shown.incident !== null && run.incident === shown.incident) || (shown.alarm !== null && run.alarm === shown.alarm);

  function show(subject) {
    if (subject && shown?.alarm === subject.alarm && shown?.incident === subject.incident) return;
    shown?.abort.abort();
    asking.stop();
    cards.clear();
    part.runs.replaceChildren();
    part.offered.replaceChildren();
    element.hidden = true;
    shown = subject && { ...subject, offers: null, wanted: false, runs: new Map(), abort: new AbortController() };
    if (!shown) return;
    for (const run of store.rows("run").values()) if (isMine(run)) shown.runs.set(run.id, run);
    paint();
    asking.soon();
  }

  async function late(path, use) {
    const mine = shown;
    try {
      const told = await insist("GET", path, undefined, { signal: mine.abort.signal });
      if (shown === mine) use(told);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Refused)) throw error;
    }
  }

  function askOffers() {
    const of = shown.alarm === null ? `/incidents/${shown.incident}` : `/alarms/${shown.alarm}`;
    return late(`${of}/procedures`, (offers) => {
      shown.offers = offers;
      paint();
      if (shown.wanted) focus();
    });
  }

  function askRuns() {
    for (const about of ["alarm", "incident"]) {
      if (shown[about] === null) continue;
      late(`/sites/${given.site.slug}/runs?state=all&${about}=${shown[about]}&limit=${MOST}`, ({ results }) => {
        results.forEach(note);
        paint();
      });
    }
  }

  function note(run) {
    const known = shown.runs.get(run.id);
    if (!known || known.seq <= run.seq) shown.runs.set(run.id, run);
  }

  /** Under way before ended, the newest first; a run that is a step stands after the run it belongs to. */
  function inOrder() {
    const runs = [...shown.runs.values()];
    const rootOf = (run) => (shown.runs.has(run.parent) ? rootOf(shown.runs.get(run.parent)) : run);
    const rank = (run) => [rootOf(run).state === "running" ? 0 : 1, -rootOf(run).id, run.id];
    return runs.sort((a, b) => rank(a).reduce((told, value, index) => told || value - rank(b)[index], 0));
  }

  function paint() {
    const runs = inOrder();
    const items = runs.map((run) => {
      if (!cards.has(run.id)) cards.set(run.id, runCard({ format, given, onRow: heard }));
      const card = cards.get(run.id);
      if (card.row() !== run) card.paint(run);
      card.element.classList.toggle("nested", shown.runs.has(run.parent));
      return card.element;
    });
    if (items.length !== part.runs.children.length || items.some((item, index) => part.runs.children[index] !== item))
      part.runs.replaceChildren(...items);
    paintOffers(new Set(runs.filter(({ state, exercise }) => state === "running" && !exercise).map(({ procedure }) => procedure)));
    element.hidden = items.length === 0 && !part.offered.hasChildNodes();
  }

  function paintOffers(running) {
    const focused = part.offered.contains(document.activeElement) ? document.activeElement.dataset.procedure : null;
    part.offered.replaceChildren(...(shown.offers ?? []).filter(({ slug }) => !running.has(slug)).map(offerItem));
    if (focused) part.offered.querySelector(`[data-procedure="${CSS.escape(focused)}"]`)?.focus();
  }

  function offerItem(offer) {
    const item = document.createElement("li");
    const name = format.pick(offer.name);
    if (mayAct) {
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        className: "button",
        textContent: format.say("procedure.begin", { name }),
      });
      button.dataset.procedure = offer.slug;
      item.append(button);
    } else item.append(Object.assign(document.createElement("b"), { textContent: name }));
    const why = format.say("procedure.because", { reasons: offer.because.map(({ text }) => format.pick(text)).join(", ") });
    item.append(Object.assign(document.createElement("span"), { className: "quiet", textContent: why }));
    return item;
  }

  function heard(run) {
    if (!shown || !isMine(run)) return;
    note(run);
    paint();
  }

  async function begin(procedure) {
    const mine = shown;
    // An alarm that has an incident is answered with it: its mandatory steps keep the incident open.
    const about = mine.incident === null ? { alarm: mine.alarm } : { incident: mine.incident };
    try {
      const run = await insist("POST", `/sites/${given.site.slug}/runs`, { procedure, ...about });
      forgetRefusal();
      if (shown !== mine) return;
      heard(run);
      cards.get(run.id)?.focus();
    } catch (error) {
      showRefusal(error);
    }
  }

  part.offered.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-procedure]");
    if (!button) return;
    button.disabled = true;
    begin(button.dataset.procedure).finally(() => {
      button.disabled = false;
    });
  });

  const unsubscribe = store.subscribe(({ changed, told }) => {
    if (!shown || changed === undefined) return;
    if (changed === null) {
      askRuns();
      return;
    }
    const mine = (told?.run ?? []).filter(isMine);
    if (mine.length === 0) return;
    mine.forEach(note);
    paint();
  });
  const ticks = setInterval(() => cards.forEach((card) => card.tick()), TICK_MS);

  /** To the step that is to do now, or to the first procedure that is offered, once that is known; false where there is none. */
  function focus() {
    if (!shown) return false;
    shown.wanted = shown.offers === null;
    const running = [...cards.values()].find((card) => card.row().state === "running");
    if (running?.focus()) return true;
    const offered = part.offered.querySelector("button");
    offered?.focus();
    return Boolean(offered) || shown.wanted;
  }

  return {
    show,
    focus,

    unmount() {
      clearInterval(ticks);
      unsubscribe();
      asking.stop();
      shown?.abort.abort();
    },
  };
}
