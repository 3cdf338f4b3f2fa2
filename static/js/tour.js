// The tour of the desk: a few steps beside what they speak of, once per person, and never over an alarm that needs an act.

import { call } from "#js/api.js";
import { on, parts, setText } from "#js/dom.js";
import { isSilent, isWaiting } from "#js/nouns/alarm.js";

const GAP = 12;
const needsAct = (row) => isWaiting(row) && !isSilent(row);

/** Where the box stands, in px: below what it speaks of, or in the middle of what is too tall for that. Pure. */
export function placed(about, box, view) {
  const below = about.bottom + GAP + box.height <= view.height;
  const top = below ? about.bottom + GAP : about.top + (about.height - box.height) / 2;
  const left = about.left + Math.min(0, about.width - box.width) / 2 + (below ? 0 : Math.max(0, about.width - box.width) / 2);
  const within = (value, most) => Math.max(GAP, Math.min(value, most - GAP));
  return { left: within(left, view.width - box.width), top: within(top, view.height - box.height) };
}

/**
 * createTour(dialog, {store}): begins when the list is known and nothing in it waits; at once where the person asked for it
 * (`data-asked`), unless something critical waits. What comes meanwhile and waits ends it; it is then offered another time.
 */
export function createTour(dialog, { store }) {
  const part = parts(dialog);
  const steps = JSON.parse(dialog.dataset.steps).filter(({ at }) => document.querySelector(at)?.checkVisibility());
  const asked = dialog.dataset.asked !== undefined;
  let known = null; // ids of what waited when it began
  let at = 0;
  let before = null;

  const waiting = () => [...store.alarms.values()].filter(needsAct);

  function begin() {
    const rows = waiting();
    if (steps.length === 0 || rows.some((row) => !asked || row.severity === "critical")) return;
    known = new Set(rows.map((row) => row.id));
    before = document.activeElement;
    dialog.show();
    show(0);
    part.next.focus();
  }

  function mark(on) {
    document.querySelector(steps[at].at)?.classList.toggle("toured", on);
  }

  function show(step) {
    mark(false);
    at = step;
    mark(true);
    setText(part.title, steps[at].title);
    setText(part.text, steps[at].text);
    setText(part.place, `${at + 1} / ${steps.length}`);
    part.back.disabled = at === 0;
    const last = at === steps.length - 1;
    part.onward.hidden = last;
    part.done.hidden = !last;
    const where = placed(document.querySelector(steps[at].at).getBoundingClientRect(), dialog.getBoundingClientRect(), {
      width: innerWidth,
      height: innerHeight,
    });
    dialog.style.left = `${where.left}px`;
    dialog.style.top = `${where.top}px`;
  }

  function end() {
    mark(false);
    dialog.close();
    before?.focus?.();
  }

  /** Seen or skipped: not shown again by itself. */
  function finish() {
    end();
    call("PATCH", "/me", { toured: true }).catch(() => undefined); // then it is offered once more
  }

  const onward = () => (at === steps.length - 1 ? finish() : show(at + 1));
  const back = () => at > 0 && show(at - 1);

  on(part.next, "click", onward);
  on(part.back, "click", back);
  on(part.skip, "click", finish);
  on(dialog, "keydown", (event) => {
    const act = { Escape: finish, ArrowRight: onward, ArrowLeft: back }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  store.subscribe((change) => {
    if (known === null && change.ids === null) begin();
    else if (dialog.open && waiting().some((row) => !known.has(row.id))) end();
  });
}
