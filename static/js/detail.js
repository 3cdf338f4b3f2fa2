// The detail of the selected alarm: told at once from the row; why, chart, cameras and journal are fetched once the key rests.

import { Refused } from "#js/api.js";
import { showCameras } from "#js/cameras.js";
import { clearChart, drawAlarmChart } from "#js/chart.js";
import * as orders from "#js/commands/panel.js";
import { parts, setChildren, setText, told } from "#js/dom.js";
import { isHeader } from "#js/grouping.js";
import { insist } from "#js/insist.js";
import { journalLine } from "#js/journal.js";
import * as notified from "#js/notified.js";
import { isOpen } from "#js/nouns/alarm.js";
import { inFull, presentOf, standing } from "#js/present.js";
import * as procedures from "#js/procedures/panel.js";
import { atRest } from "#js/rest.js";
import { keepTimes } from "#js/times.js";
import { inTurn } from "#js/turns.js";
import { endLines, whyLines } from "#js/why.js";

const CHART_MS = 5000;
const TICK_MS = 1000;
const REST_MS = 120;

/** The point whose readings are drawn: the alarm's own, or the worst of its sector. */
const charted = (row) => row.point ?? (row.subject.startsWith("sector:") ? row.witness : null);
const beforeIt = (row) => new Date(Date.parse(row.raised_at) - 2 * 3_600_000);

/** mount(element, {store, format, given}) → {show(id), toStep(), unmount} */
export function mount(element, { store, format, given }) {
  const box = element.querySelector("[data-part=told]");
  const part = { ...parts(box), told: box, nothing: element.querySelector("[data-part=nothing]") };
  const commands = orders.mount(part.orders, { store, format, given, most: 2 });
  const followed = procedures.mount(part.procedures, { store, format, given });
  const people = notified.mount(part.notified, { format });
  const glyphUse = part.glyph;
  const buttons = {
    acknowledge: box.querySelector('[data-act="acknowledge"]'),
    take: box.querySelector('[data-act="take"]'),
  };
  let shown = null; // {id, row, abort, stopCameras, chartTimer, told, lines}
  const fetching = atRest(fetchAll, REST_MS);

  function leave() {
    if (!shown) return;
    shown.abort.abort();
    fetching.stop();
    followed.show(null);
    shown.stopCameras();
    clearInterval(shown.chartTimer);
    shown = null;
  }

  function show(id) {
    if (shown?.id === id) return;
    leave();
    const row = id === null ? null : store.get(id);
    part.nothing.hidden = row !== null || isHeader(id);
    part.told.hidden = row === null;
    if (row === null) {
      clearChart(part.chart);
      return;
    }
    shown = { id, row, abort: new AbortController(), stopCameras: () => {}, chartTimer: 0, told: inTurn(), lines: inTurn() };
    part.why.replaceChildren();
    people.clear();
    if (row.asset?.id !== commands.asset()) commands.show(null);
    followed.show({ alarm: row.id, incident: row.incident?.id ?? null });
    part.journal.replaceChildren();
    part["chart-fault"].hidden = true;
    clearChart(part.chart);
    part.chart.hidden = part.csv.hidden = charted(row) === null; // its room is kept while it is on its way
    if (charted(row) !== null) part.csv.href = `/api/v1/points/${charted(row)}/readings.csv?from=${beforeIt(row).toISOString()}`;
    paint(row);
    paintPresent();
    box.querySelector(".case").scrollTop = 0;
    fetching.soon();
  }

  function fetchAll() {
    const { row } = shown;
    commands.show(row.asset, `alarm:${row.id}`);
    tell(row.id);
    journal(row.id);
    tellPeople(row.id);
    cameras(row);
    const { signal } = shown.abort;
    chart(row.id, signal);
    if (charted(row) !== null) shown.chartTimer = setInterval(() => document.visibilityState === "visible" && chart(row.id, signal), CHART_MS);
  }

  /** Runs a fetch that the next selection abandons; a refusal goes to `refused`. */
  async function late(work, refused = () => {}) {
    try {
      await work(shown.abort.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Refused)) throw error;
      refused(error);
    }
  }

  const tell = (id) =>
    late(async (signal) => {
      const newest = shown.told();
      const alarm = await insist("GET", `/alarms/${id}`, undefined, { signal });
      if (!newest()) return;
      shown.byHours = alarm.ended?.kind === "calendar";
      paint(shown.row);
      paintWhy(alarm);
    });

  const journal = (id) =>
    late(async (signal) => {
      const newest = shown.lines();
      const { results } = await insist("GET", `/alarms/${id}/journal?limit=50`, undefined, { signal });
      if (newest()) part.journal.replaceChildren(...results.map((entry) => journalLine(entry, format)));
    });

  const tellPeople = (id) => late((signal) => people.show(id, signal));

  const chart = (id, signal) =>
    late(
      async () => {
        await drawAlarmChart(part.chart, id, { signal });
        part["chart-fault"].hidden = true;
      },
      () => {
        part["chart-fault"].hidden = false;
        setText(part["chart-fault"], format.say("fault.chart"));
      },
    );

  const cameras = (row) => {
    const seen = (any) => {
      part["cameras-box"].hidden = !any;
      box.querySelector(".matter").classList.toggle("sightless", !any);
    };
    if (!row.asset) return seen(false);
    return late(async (signal) => {
      const near = await insist("GET", `/assets/${row.asset.id}/cameras`, undefined, { signal });
      seen(near.length > 0);
      if (near.length === 0) return;
      shown.stopCameras = showCameras(part.cameras, near, given.site.slug, format);
    });
  };

  // --- painting ---

  /** What stands beside it: its incident, its cause, what it explains as of now. */
  function paintBeside(row) {
    const explained = store.explains(row.id);
    const beside = [
      row.incident && ["show-incident", format.say("incident.name", { number: String(row.incident.number) })],
      row.suppressed_by && store.get(row.suppressed_by) && ["show-cause", format.say("detail.show_cause")],
      explained > 0 && ["show-explained", format.say("detail.explains", { n: explained })],
    ].filter(Boolean);
    setChildren(
      part.beside,
      beside.map(([act, text]) => chip(act, text)),
    );
  }

  function paint(row) {
    element.dataset.severity = row.severity;
    glyphUse.setAttribute("href", `#glyph-${row.severity}`);
    setText(part.sentence, format.pick(row.sentence));
    setText(part.sub, subtitle(row));
    setChildren(part.silenced, silences(row));
    setChildren(
      part.flags,
      flags(row).map(([text, aside]) => flag(text, aside)),
    );
    const action = format.pick(row.suggested_action);
    part["action-box"].hidden = action === "";
    setText(part.action, action);
    if (buttons.acknowledge) buttons.acknowledge.disabled = row.state === "acknowledged" || !isOpen(row);
    paintBeside(row);
    part.chattering.hidden = !row.chattering || Boolean(row.shelved_until);
    setText(part["chattering-text"], format.say("chattering.told", { n: row.occurrences }));
    toggle("release", "take", row.taken_by === given.me);
    toggle("unshelve", "shelve", Boolean(row.shelved_until));
    toggle("in-service", "oos", Boolean(row.out_of_service_until));
  }

  function toggle(on, off, is) {
    if (!part[on]) return;
    part[on].hidden = !is;
    part[off].hidden = is;
  }

  function subtitle(row) {
    const asset = row.asset ? `${row.asset.name} ${row.asset.name.includes(row.asset.code) ? "" : row.asset.code}`.trim() : row.feed_name;
    const sector = row.sector && format.say("detail.sector", { name: row.sector.name });
    const raised = format.say("detail.raised", { when: format.when(row.raised_at) });
    const now = row.eased_to && format.say("detail.eased", { severity: format.say(`severity.${row.eased_to}`) });
    return [asset, sector, format.say(`severity.${row.severity}`), format.say(`stake.${row.stake}`), now, raised].filter(Boolean).join(" · ");
  }

  function flags(row) {
    const lateness = Date.parse(row.learned_at) - Date.parse(row.raised_at);
    return [
      [format.say(row.state === "returned" && shown.byHours ? "state.hours" : `state.${row.state}`)],
      row.acknowledged_by && [format.say("detail.acknowledged", { who: format.person(row.acknowledged_by), when: format.when(row.acknowledged_at) })],
      row.taken_by && [format.say("detail.taken", { who: format.person(row.taken_by), when: format.when(row.taken_at) })],
      row.returned_at && [format.say(shown.byHours ? "detail.hours" : "detail.returned", { when: format.when(row.returned_at) })],
      row.occurrences > 1 && [format.say("detail.occurrences", { n: row.occurrences })],
      row.first_raised_at !== row.raised_at && [format.say("detail.first", { when: format.when(row.first_raised_at) })],
      lateness > 300_000 && [format.say("detail.learned", { when: format.when(row.learned_at), n: format.age(lateness) })],
    ].filter(Boolean);
  }

  /** What silences it, who, until when and why; with what ends it for who may. */
  function silences(row) {
    const served = { alarm: "out_of_service", asset: "asset_out_of_service", maintenance: "maintenance" }[row.out_of_service_of];
    const until = (moment, by, reason) => ({ when: format.when(moment), who: by ? format.person(by) : "—", reason });
    const told = [
      row.shelved_until && [format.say("detail.shelved", until(row.shelved_until, row.shelved_by, row.shelved_reason)), "shelve"],
      row.out_of_service_until && [
        format.say(`detail.${served}`, until(row.out_of_service_until, row.out_of_service_by, row.out_of_service_reason)),
        "out-of-service",
      ],
      row.suppressed_by && [format.say("detail.suppressed", { n: `${row.suppressed_by}` }), null],
    ].filter(Boolean);
    return told.map(([text, act]) => {
      const line = Object.assign(document.createElement("p"), { textContent: text });
      if (act && given.verbs.includes(act.replaceAll("-", "_"))) line.append(" ", chip(act, format.say("detail.end")));
      return line;
    });
  }

  function chip(act, text) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button bare", textContent: text });
    button.dataset.act = act;
    return button;
  }

  function flag(text, aside) {
    const item = document.createElement("li");
    item.textContent = text;
    item.classList.toggle("set-aside", Boolean(aside));
    return item;
  }

  /** What the point reads now: at each tick, for its age goes on and its value comes without the alarm changing. */
  function paintPresent() {
    const point = shown && isOpen(shown.row) ? presentOf(store, shown.row) : undefined;
    part.present.hidden = point === undefined;
    if (point === undefined) {
      delete element.dataset.present;
      return;
    }
    const now = Date.now();
    const linked = !document.body.classList.contains("stale");
    element.dataset.present = standing(point, now, linked);
    setText(part.present, inFull(point, now, format, linked));
  }

  function paintWhy(alarm) {
    const sheet = (id) => `/sites/${given.site.slug}/assets/${id}`;
    setChildren(part.why, [...endLines(alarm, format, sheet), ...whyLines(alarm, format, sheet)].map(told));
  }

  const unsubscribe = store.subscribe((change) => {
    if (change.selection) show(store.selected);
    if (!shown) {
      if (store.selected !== null && store.get(store.selected)) show(store.selected);
      return;
    }
    const row = store.get(shown.id) ?? change.rows?.find((told) => told.id === shown.id);
    if (row && row !== shown.row) {
      shown.row = row;
      paint(row);
      followed.show({ alarm: row.id, incident: row.incident?.id ?? null });
      tell(row.id);
      journal(row.id);
      tellPeople(row.id);
    } else if (row && change.ids?.size !== 0) paintBeside(row); // what it explains may be more by now
  });

  const ticks = setInterval(() => {
    paintPresent();
    people.tick();
  }, TICK_MS);
  const days = keepTimes(format, () => {
    if (!shown) return;
    paint(shown.row);
    tell(shown.id);
  });

  show(store.selected);
  return {
    show,
    toStep: followed.focus,
    unmount() {
      clearInterval(ticks);
      clearInterval(days);
      unsubscribe();
      followed.unmount();
      leave();
      clearChart(part.chart);
    },
  };
}
