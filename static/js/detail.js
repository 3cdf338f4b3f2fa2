// The detail of the selected alarm: told at once from the row, then why, chart, cameras and journal as they come.

import { Refused } from "#js/api.js";
import { showCameras } from "#js/cameras.js";
import { clearChart, drawAlarmChart } from "#js/chart.js";
import { parts, setText, told } from "#js/dom.js";
import { isHeader } from "#js/grouping.js";
import { insist } from "#js/insist.js";
import { journalLine } from "#js/journal.js";
import { isOpen } from "#js/store.js";
import { endLines, whyLines } from "#js/why.js";

const CHART_MS = 5000;

/** mount(element, {store, format, given}) → {show(id), unmount} */
export function mount(element, { store, format, given }) {
  const box = element.querySelector("[data-part=told]");
  const part = { ...parts(box), told: box, nothing: element.querySelector("[data-part=nothing]") };
  const glyphUse = part.glyph;
  const buttons = {
    acknowledge: box.querySelector('[data-act="acknowledge"]'),
    take: box.querySelector('[data-act="take"]'),
  };
  let shown = null; // {id, row, abort, stopCameras, chartTimer}

  function leave() {
    if (!shown) return;
    shown.abort.abort();
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
    shown = { id, row, abort: new AbortController(), stopCameras: () => {}, chartTimer: 0 };
    part.why.replaceChildren();
    part.journal.replaceChildren();
    part["chart-fault"].hidden = true;
    clearChart(part.chart);
    paint(row);
    box.querySelector(".case").scrollTop = 0;
    fetchAll(row);
  }

  function fetchAll(row) {
    tell(row.id);
    journal(row.id);
    cameras(row);
    const { signal } = shown.abort;
    chart(row.id, signal);
    if (row.point !== null) shown.chartTimer = setInterval(() => document.visibilityState === "visible" && chart(row.id, signal), CHART_MS);
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
      const alarm = await insist("GET", `/alarms/${id}`, undefined, { signal });
      shown.explains = alarm.suppresses;
      shown.byHours = alarm.ended?.kind === "calendar";
      paint(shown.row);
      paintWhy(alarm);
    });

  const journal = (id) =>
    late(async (signal) => {
      const { results } = await insist("GET", `/alarms/${id}/journal?limit=50`, undefined, { signal });
      part.journal.replaceChildren(...results.map((entry) => journalLine(entry, format)));
    });

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
    const matter = box.querySelector(".matter");
    matter.classList.add("sightless");
    part["cameras-box"].hidden = true;
    if (!row.asset) return;
    late(async (signal) => {
      const near = await insist("GET", `/assets/${row.asset.id}/cameras`, undefined, { signal });
      if (near.length === 0) return;
      part["cameras-box"].hidden = false;
      matter.classList.remove("sightless");
      shown.stopCameras = showCameras(part.cameras, near, given.site.slug, format);
    });
  };

  // --- painting ---

  function paint(row) {
    element.dataset.severity = row.severity;
    glyphUse.setAttribute("href", `#glyph-${row.severity}`);
    setText(part.sentence, format.pick(row.sentence));
    setText(part.sub, subtitle(row));
    part.flags.replaceChildren(...flags(row).map(([text, aside]) => flag(text, aside)));
    const action = format.pick(row.suggested_action);
    part["action-box"].hidden = action === "";
    setText(part.action, action);
    if (buttons.acknowledge) buttons.acknowledge.disabled = row.state === "acknowledged" || !isOpen(row);
    const beside = [
      row.incident && ["show-incident", format.say("incident.name", { number: String(row.incident.number) })],
      row.suppressed_by && store.get(row.suppressed_by) && ["show-cause", format.say("detail.show_cause")],
      shown.explains > 0 && ["show-explained", format.say("detail.explains", { n: shown.explains })],
    ].filter(Boolean);
    part.beside.replaceChildren(...beside.map(([act, text]) => chip(act, text)));
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
    const asset = row.asset ? `${row.asset.name} ${row.asset.name.includes(row.asset.code) ? "" : row.asset.code}`.trim() : row.feed;
    const sector = row.sector && format.say("detail.sector", { name: row.sector.name });
    const raised = format.say("detail.raised", { when: `${format.when(row.raised_at)} ${format.zone(new Date(row.raised_at))}` });
    const now = row.eased_to && format.say("detail.eased", { severity: format.say(`severity.${row.eased_to}`) });
    return [asset, sector, format.say(`severity.${row.severity}`), now, raised].filter(Boolean).join(" · ");
  }

  function flags(row) {
    const lateness = Date.parse(row.learned_at) - Date.parse(row.raised_at);
    return [
      [format.say(row.state === "returned" && shown.byHours ? "state.hours" : `state.${row.state}`)],
      row.acknowledged_by && [format.say("detail.acknowledged", { who: row.acknowledged_by, when: format.when(row.acknowledged_at) })],
      row.taken_by && [format.say("detail.taken", { who: row.taken_by, when: format.when(row.taken_at) })],
      row.returned_at && [format.say(shown.byHours ? "detail.hours" : "detail.returned", { when: format.when(row.returned_at) })],
      row.occurrences > 1 && [format.say("detail.occurrences", { n: row.occurrences - 1 })],
      row.first_raised_at !== row.raised_at && [format.say("detail.first", { when: format.when(row.first_raised_at) })],
      lateness > 300_000 && [format.say("detail.learned", { when: format.when(row.learned_at), n: format.age(lateness) })],
      row.shelved_until && [format.say("detail.shelved", { when: format.when(row.shelved_until), reason: row.shelved_reason }), true],
      row.out_of_service_until && [
        format.say("detail.out_of_service", { when: format.when(row.out_of_service_until), reason: row.out_of_service_reason }),
        true,
      ],
      row.suppressed_by && [format.say("detail.suppressed", { n: `${row.suppressed_by}` }), true],
    ].filter(Boolean);
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

  function paintWhy(alarm) {
    const sheet = (id) => `/sites/${given.site.slug}/assets/${id}`;
    part.why.replaceChildren(...[...endLines(alarm, format, sheet), ...whyLines(alarm, format, sheet)].map(told));
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
      tell(row.id);
      journal(row.id);
    }
  });

  show(store.selected);
  return {
    show,
    unmount() {
      unsubscribe();
      leave();
      clearChart(part.chart);
    },
  };
}
