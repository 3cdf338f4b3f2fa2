// The detail of the selected incident: what it is, its cause, its alarms, its timeline; kept fresh while it is shown.

import { Refused } from "#js/api.js";
import { clone, on, parts, setText } from "#js/dom.js";
import { before, incidentOf, isHeader, tellingOf } from "#js/grouping.js";
import { insist } from "#js/insist.js";
import { journalLine } from "#js/journal.js";
import { heardOf, isOpen, isSilent } from "#js/nouns/alarm.js";
import { inFull, presentOf, standing } from "#js/present.js";
import * as procedures from "#js/procedures/panel.js";
import { atRest } from "#js/rest.js";
import { fillPresent, tag } from "#js/row.js";
import { inTurn } from "#js/turns.js";

const FRESH_MS = 2000;
const REST_MS = 120;
const PAGE = 50;
const TICK_MS = 1000;

/** mount(element, {store, format, given, select}) → {chosen: Set of alarm ids, toStep(), unmount} */
export function mount(element, { store, format, given, select }) {
  const part = parts(element);
  const followed = procedures.mount(part.procedures, { store, format, given });
  const chosen = new Set();
  const rowOf = new WeakMap(); // the item of a member → its alarm
  let shown = null; // {id, row, abort, timer, limit}
  const fetching = atRest(refresh, REST_MS);

  function leave() {
    shown?.abort.abort();
    clearTimeout(shown?.timer);
    fetching.stop();
    followed.show(null);
    shown = null;
    chosen.clear();
  }

  function show(selected) {
    const id = isHeader(selected) ? incidentOf(selected) : null;
    if (shown?.id === id && id !== null) return;
    leave();
    element.hidden = id === null;
    document.getElementById("detail").hidden = id !== null;
    if (id === null) return;
    shown = { id, row: null, abort: new AbortController(), timer: 0, limit: PAGE, answers: inTurn() };
    part.number.href = `/sites/${given.site.slug}/incidents/${id}`;
    if (part.cap) part.cap.href = `/api/v1/incidents/${id}/cap`;
    followed.show({ alarm: null, incident: id });
    // What the desk knows is there at once; the reasons and the timeline come with the answer.
    part.members.replaceChildren(...worstFirst([], PAGE).map(member));
    part.timeline.replaceChildren();
    part.timeline.setAttribute("aria-busy", "true");
    element.querySelector(".case").scrollTop = 0;
    const row = store.incidents.get(id);
    if (row) paint(row);
    tellPresent();
    fetching.soon();
  }

  async function refresh() {
    const { id, abort, limit, answers } = shown;
    const { signal } = abort;
    const newest = answers();
    const get = (path) => insist("GET", `/incidents/${id}${path}`, undefined, { signal });
    try {
      const [row, alarms, lines] = await Promise.all([
        get(""),
        get(`/alarms?state=${limit === PAGE ? "open" : "all"}&limit=${limit}`),
        get("/journal?limit=50"),
      ]);
      const members = alarms.results.length || limit > PAGE ? alarms : await get(`/alarms?limit=${limit}`);
      if (!newest()) return;
      paint(row);
      part.members.replaceChildren(...worstFirst(members.results, limit).map(member));
      tellPresent();
      part.more.hidden = members.next === null && members.results.length === row.counts.alarms;
      part.timeline.replaceChildren(...lines.results.map((entry) => journalLine(entry, format)));
      part.timeline.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Refused)) throw error;
    }
  }

  /** The newest as the server told them, and the worst of what the desk knows: open before closed, worst first. */
  function worstFirst(newest, limit) {
    const worst = store.members(shown.id).sort(before).slice(0, limit);
    const why = new Map(newest.map((row) => [row.id, row.why_together]));
    const rows = [...new Map([...newest, ...worst].map((row) => [row.id, { ...row, why_together: why.get(row.id) }])).values()];
    return rows.sort((a, b) => isOpen(b) - isOpen(a) || before(a, b)).slice(0, limit);
  }

  /** A storm changes an incident many times a second: it is read again at most every two. */
  function refreshSoon() {
    if (shown.timer) return;
    const { abort } = shown;
    shown.timer = setTimeout(() => {
      if (abort.signal.aborted) return;
      shown.timer = 0;
      refresh();
    }, FRESH_MS);
  }

  // --- painting ---

  function paint(row) {
    shown.row = row;
    const { counts } = row;
    const severity = row.severity ?? "low";
    element.dataset.severity = severity;
    part.glyph.setAttribute("href", `#glyph-${severity}`);
    setText(part.number, format.say("incident.name", { number: String(row.number) }));
    setText(part.title, format.pick(row.title));
    setText(
      part.sub,
      [
        format.say(`severity.${severity}`),
        format.say("incident.opened", { when: format.when(row.opened_at) }),
        format.say("incident.alarms", { n: counts.alarms }),
      ].join(" · "),
    );
    part.flags.replaceChildren(...flags(row).map(flag));
    part.silenced.hidden = counts.suppressed === 0;
    setText(part.silenced, format.say("incident.show_suppressed", { n: counts.suppressed }));
    part.aside.hidden = counts.set_aside === 0;
    setText(part.aside, format.say("incident.show_set_aside", { n: counts.set_aside }));
    part.partial.hidden = !row.partial;
    part["cause-box"].hidden = row.cause === null;
    if (row.cause !== null) {
      const cause = store.get(row.cause);
      setText(part.cause, cause ? format.pick(cause.sentence) : format.say("incident.cause_closed", { n: String(row.cause) }));
      part.cause.disabled = cause === null;
    }
    const procedure = format.pick(row.procedure);
    part["procedure-box"].hidden = procedure === "";
    setText(part.procedure, procedure);
    const closed = row.state === "closed";
    if (part.acknowledge) part.acknowledge.disabled = counts.unacknowledged === 0;
    if (part.take) {
      part.take.hidden = row.owner === given.me;
      part.release.hidden = row.owner !== given.me;
      part.close.disabled = closed || counts.open > 0;
      part.close.title = part.close.disabled && !closed ? format.say("incident.still_open", { n: counts.open }) : "";
      part.merge.disabled = closed || store.incidents.size < 2;
    }
  }

  function flags({ state, owner, owned_at: at, counts, closed_at: closed }) {
    return [
      format.say(`incident.state.${state}`),
      owner && format.say("detail.taken", { who: format.person(owner), when: format.when(at) }),
      format.say("incident.open", { n: heardOf(counts) }),
      counts.unacknowledged > 0 && format.say("incident.waiting", { n: counts.unacknowledged }),
      closed && format.say("incident.closed", { when: format.when(closed) }),
    ].filter(Boolean);
  }

  const flag = (text) => Object.assign(document.createElement("li"), { textContent: text });

  /** What the points of the members read now: at each tick, as in the list. */
  function tellPresent() {
    const now = Date.now();
    const linked = !document.body.classList.contains("stale");
    for (const item of part.members.children) {
      const row = rowOf.get(item);
      fillPresent(item, row, presentOf(store, row), now, format, linked);
    }
    tellWhole(now, linked);
  }

  /** What the worst of its alarms reads now, beside the title, which keeps the worst value. */
  function tellWhole(now, linked) {
    const row = shown?.row;
    const loud = row ? store.members(row.id).filter((each) => !isSilent(each)) : [];
    const point = presentOf(store, tellingOf(loud));
    part.present.hidden = point === undefined;
    if (point === undefined) {
      delete element.dataset.present;
      return;
    }
    element.dataset.present = standing(point, now, linked);
    setText(part.present, inFull(point, now, format, linked));
  }

  function member(row) {
    const item = clone("member");
    const field = parts(item);
    rowOf.set(item, row);
    item.dataset.severity = row.severity;
    item.dataset.state = row.state;
    item.classList.toggle("silent", isSilent(row));
    item.querySelector("use").setAttribute("href", `#glyph-${row.severity}`);
    field.sentence.textContent = format.pick(row.sentence);
    field.sentence.disabled = row.state === "normal";
    field.sentence.addEventListener("click", () => select(row.id));
    const word = tag(row, format);
    field.tag.textContent = word;
    field.tag.hidden = word === "";
    field.why.textContent = row.why_together ? format.pick(row.why_together.text) : "";
    field.at.textContent = format.when(row.raised_at);
    field.at.dateTime = row.raised_at;
    field.choose.checked = chosen.has(row.id);
    field.choose.disabled = !part.split;
    field.choose.addEventListener("change", () => {
      if (field.choose.checked) chosen.add(row.id);
      else chosen.delete(row.id);
      if (part.split) part.split.disabled = chosen.size === 0 || chosen.size >= shown.row.counts.alarms;
    });
    return item;
  }

  const endings = [
    store.subscribe((change) => {
      if (change.selection) show(store.selected);
      if (shown && (change.incidents === null || change.incidents.has(shown.id))) {
        const row = store.incidents.get(shown.id);
        if (row) paint(row);
        refreshSoon();
      }
    }),
    on(part.silenced, "click", () => store.filterOnly({ scope: "suppressed", incident: shown.id })),
    on(part.aside, "click", () => store.filterOnly({ scope: "shelved", incident: shown.id })),
    on(part.cause, "click", () => select(shown.row.cause)),
    on(part.more, "click", () => {
      shown.limit = 500;
      refresh();
    }),
  ];

  const ticks = setInterval(tellPresent, TICK_MS);

  show(store.selected);
  return {
    chosen,
    toStep: followed.focus,
    unmount() {
      clearInterval(ticks);
      endings.forEach((end) => end());
      followed.unmount();
      leave();
    },
  };
}
