// Conduite: puts the map, the list and the detail together, and gives every act its key.

import { acts } from "#js/act.js";
import * as detail from "#js/detail.js";
import { on, recall } from "#js/dom.js";
import { keepDrawer } from "#js/drawer.js";
import { desk } from "#js/frame.js";
import { before, headerId, incidentOf, isHeader } from "#js/grouping.js";
import { begin, keep } from "#js/habits.js";
import * as incident from "#js/incident.js";
import { incidentActs } from "#js/incident_acts.js";
import { bind } from "#js/keys.js";
import * as list from "#js/list.js";
import * as messagesBeside from "#js/messages/beside.js";
import { SEVERITIES } from "#js/nouns/alarm.js";
import { ordering } from "#js/orders/ask.js";
import * as ordersBeside from "#js/orders/beside.js";
import { split } from "#js/split.js";
import { createTour } from "#js/tour.js";
import { createView } from "#js/view.js";
import { mountViews } from "#js/views.js";
import { follow, openPane } from "#js/windows.js";

const { given, format, store } = desk;
const box = document.getElementById("desk");
const pane = (name) => document.getElementById(name);
const select = (id) => store.select(id);
begin(given.habits, pane("list") && pane("map") ? store : null);
const view = createView(store, { grouped: recall("grouping", "grouped") === "grouped", order: recall("order", "worst") });
const act = acts({ store, format, given });
const story = incidentActs({ store, format, given, ask: act.ask, done: act.done });

const shownList = pane("list") && list.mount(pane("list"), { store, view, select, format, regroup });
const shownDetail = pane("detail") && detail.mount(pane("detail"), { store, format, given, select });
const shownIncident = pane("incident") && incident.mount(pane("incident"), { store, format, given, select });
if (pane("desk-views")) mountViews(pane("desk-views"), { store, view, format, site: given.site.slug, sort: shownList.sort });
if (pane("split-x")) split(pane("split-x"), box, { least: 20, most: 75 });
if (pane("split-y")) {
  split(pane("split-y"), box, { least: 15, most: 85 });
  keepDrawer(box, { store, reveal: shownList.reveal });
}
follow(store, given.site.slug);
if (pane("tour")) createTour(pane("tour"), { store });
if (pane("map")) mountMap(pane("map"));

async function mountMap(element) {
  const map = await import("#js/map/index.js").catch(() => null);
  if (map) map.mount(element, { site: given.site, store, select });
  else if (box.dataset.panes !== "map") box.classList.add("mapless");
}

// --- what is acted on ---

const one = () => store.selected;
/** The incident that is selected as such, or null. */
const told = () => incidentOf(one());
const within = (id) =>
  isHeader(id)
    ? store
        .members(incidentOf(id))
        .filter(store.matches)
        .map((row) => row.id)
    : [id];
const chosen = () => (shownList?.marked.size ? [...shownList.marked] : one() === null ? [] : within(one()));

async function acknowledge() {
  if (await act.acknowledge(chosen(), shownList?.inSight)) shownList?.markNone();
}

async function shelve() {
  if (await act.shelve(chosen())) shownList?.markNone();
}

/** Of an incident as such, its own; else of the alarms that are chosen. */
function take() {
  return isHeader(one()) && !shownList?.marked.size ? story.take(told()) : act.take(chosen());
}

function comment() {
  return isHeader(one()) && !shownList?.marked.size ? story.comment(told()) : act.comment(chosen());
}

function unfilter() {
  const search = pane("search");
  if (search) search.value = "";
  store.unfilter();
}

function regroup() {
  view.grouped = !view.grouped;
  keep("grouping", view.grouped ? "grouped" : "flat");
  view.refresh();
  shownList.refresh();
}

function toggleSeverity(severity) {
  const severities = new Set(store.filters.severities);
  if (!severities.delete(severity)) severities.add(severity);
  store.filter({ severities });
}

function letGo() {
  if (shownList?.marked.size) return shownList.markNone();
  if (store.selected !== null) return select(null);
  return unfilter();
}

function openDetail() {
  if (one() === null) return false;
  const alone = box.dataset.panes;
  if (alone === "list" || alone === "map") window.open(location.href.replace(/[^/]+$/, "detail"), "vigie-detail", "popup,width=1280,height=800");
  else
    pane(isHeader(one()) ? "incident" : "detail")
      .querySelector("[data-act]")
      ?.focus();
  return true;
}

const order = pane("order-work") && given.verbs.includes("order") ? ordering({ format, given }) : null;
for (const element of document.querySelectorAll("[data-part=work-orders]")) {
  ordersBeside.mount(element, { store, format, given, about: lookedAt });
}
for (const element of document.querySelectorAll("[data-part=messages]")) {
  messagesBeside.mount(element, { store, format, given, about: lookedAt });
}

/** What the detail shows: an alarm with its incident, or an incident. */
function lookedAt() {
  const id = one();
  if (id === null) return {};
  return isHeader(id) ? { incident: incidentOf(id) } : { alarm: id, incident: store.get(id)?.incident?.id };
}

/** Writes to other rooms about what is looked at. */
function askEntity() {
  const id = one();
  if (id === null || !given.verbs.includes("messages")) return false;
  const about = isHeader(id) ? { incident: incidentOf(id) } : { alarm: id };
  location.assign(`/sites/${given.site.slug}/messages?${new URLSearchParams(about)}`);
  return true;
}

/** Work on what the selected alarm is about; of an incident, on its cause, or else on the worst of its alarms. */
function orderWork() {
  if (!order || one() === null) return false;
  const incident = isHeader(one()) ? store.incidents.get(told()) : null;
  const row = incident ? (store.get(incident.cause) ?? store.members(incident.id).sort(before)[0]) : store.get(one());
  if (!row) return false;
  order({ asset: row.asset, sector: row.sector, alarm: row.id, incident: incident?.id, fault: format.pick(row.sentence) });
  return true;
}

const acted = {
  acknowledge,
  shelve,
  unfilter,
  take,
  comment,
  "acknowledge-returned": () => act.acknowledgeReturned(),
  "close-incident": () => story.close(told()),
  "merge-incident": () => story.merge(told()),
  "split-incident": () => story.split(told(), [...shownIncident.chosen]),
  "show-incident": () => select(headerId(store.get(one()).incident.id)),
  "show-cause": () => select(store.get(one()).suppressed_by),
  "show-explained": () => store.filterOnly({ scope: "suppressed", cause: one() }),
  "shelve-chattering": () => act.shelveChattering(one()),
  "out-of-service": () => act.outOfService(one()),
  unselect: () => shownList.markNone(),
  "order-work": orderWork,
  "ask-entity": askEntity,
  close: () => select(null),
  help: () => pane("keys").showModal(),
};

on(document, "click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) acted[button.dataset.act]?.();
  const away = event.target.closest("[data-window]");
  if (away && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openPane(away);
  }
  const lamp = event.target.closest(".lamp");
  if (lamp) toggleSeverity(lamp.dataset.severity);
  const scope = event.target.closest(".counts [data-scope]");
  if (scope) store.filterOnly({ scope: store.filters.scope === scope.dataset.scope ? "open" : scope.dataset.scope });
  if (event.target.closest(".scope, .outside")) unfilter();
});

if (pane("search")) {
  on(pane("search"), "input", (event) => store.filter({ text: event.target.value.trim() }));
  // Enter goes on to what was found, so that J and A are keys again.
  on(pane("search"), "keydown", (event) => {
    if (event.key !== "Enter") return;
    shownList.focus();
    if (store.selected === null) shownList.move(1);
  });
}

const listKeys = shownList && {
  j: () => shownList.move(1),
  k: () => shownList.move(-1),
  ArrowDown: () => shownList.move(1),
  ArrowUp: () => shownList.move(-1),
  PageDown: () => shownList.move(shownList.page()),
  PageUp: () => shownList.move(-shownList.page()),
  Home: () => shownList.move(-Infinity),
  End: () => shownList.move(Infinity),
  "Shift+j": () => shownList.extend(1),
  "Shift+k": () => shownList.extend(-1),
  "Shift+ArrowDown": () => shownList.extend(1),
  "Shift+ArrowUp": () => shownList.extend(-1),
  x: () => shownList.toggleMark(one()),
  n: () => shownList.showNew(),
  u: () => shownList.nextWaiting(),
  f: () => shownList.freeze(),
  d: () => shownList.densify(),
  e: () => shownList.fold(),
  ArrowRight: () => shownList.fold(false),
  ArrowLeft: () => shownList.fold(true),
  g: regroup,
  "/": () => pane("search").focus(),
};

/** Draws on the map, if it is here: a zone that filters, which the same key takes away, or what is measured. */
function drawOnMap(what) {
  if (!pane("map")) return what === "zone" && store.filters.zone ? store.filter({ zone: null }) : false;
  return pane("map").dispatchEvent(new CustomEvent("map:draw", { detail: what }));
}

/** As a click would; false where there is none of it. */
function press(where) {
  const button = document.querySelector(where);
  button?.click();
  return button !== null;
}

// In a dialog Enter is a new line of what one writes; with Control it is done.
on(document, "keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("dialog form")?.querySelector("button.first")?.click();
});

bind({
  ...listKeys,
  a: acknowledge,
  s: shelve,
  c: comment,
  q: askEntity,
  p: take,
  z: () => act.undo(),
  o: openDetail,
  Enter: (event) => event.target.id === "grid" && openDetail(),
  i: orderWork,
  m: () => desk.toggleMute(),
  h: () => act.outOfService(one()),
  v: () => press("#detail .camera"),
  y: () => drawOnMap("zone"),
  b: () => drawOnMap("measure"),
  l: () => document.querySelector("#map .map-bar input")?.focus(),
  t: () => shownIncident?.toStep() || shownDetail?.toStep() || false,
  r: () => press('.counts [data-scope="shelved"]'),
  w: () => press(".top .feeds"),
  Escape: letGo,
  ...Object.fromEntries(SEVERITIES.map((severity, index) => [String(index + 1), () => toggleSeverity(severity)])),
});
