// The map of a site: ground and inventory from tiles, open alarms on top, live. `mount` puts it into an element.

import { incidentOf, isHeader } from "#js/grouping.js";
import { createDrawing } from "#js/map/drawing.js";
import { createHeat } from "#js/map/heat.js";
import { supplyImages } from "#js/map/images.js";
import { createMarks } from "#js/map/marks.js";
import { createOverlay, outside, silentFeeds, unknownAlarms } from "#js/map/overlay.js";
import { keepPace } from "#js/map/pace.js";
import { buildPanel, message } from "#js/map/panel.js";
import { watchPointer } from "#js/map/pick.js";
import { buildStyle, narrow, readTokens, repaint, SITE } from "#js/map/style.js";
import { SEVERITIES } from "#js/nouns/alarm.js";
import { atRest } from "#js/rest.js";

const CLOSE = 16.8;
const REST_MS = 250;
const KEY_AGE = 120_000;
const UNKNOWN_MS = 2000;
const MOST_RINGS = 1000;

/** What the bar above and the legend below leave of the pane. */
const MARGIN = { top: 56, bottom: 52, left: 20, right: 20 };

/** Said when even the key, which brings the words, did not come. */
const UNREACHABLE = {
  fr: "La carte n'a pas pu être chargée. La liste est complète sans elle.",
  en: "The map could not be loaded. The list is complete without it.",
};

/**
 * mount(element, {site: {slug, key}, store, select}) → unmount
 *
 * `key` is the address of the map's key where it is not that of people. `select(alarmId | null, {assetId})` is called when the person picks something; the map follows `store.selected`, and goes where an
 * event `map:show` on the element says: {lon, lat, zoom?}.
 */
export function mount(element, { site, store, select }) {
  const ending = new AbortController();
  element.classList.add("map");
  start(element, { site, store, select, signal: ending.signal }).catch((error) => {
    if (ending.signal.aborted) return;
    console.error(error);
    element.dataset.state = "failed";
    const why = error.name === "GPUInitializationError" ? "unsupported" : "failed";
    message(element, element.vigieWords?.(why) ?? UNREACHABLE[document.documentElement.lang] ?? UNREACHABLE.fr);
  });
  return () => ending.abort();
}

/** A pane too small for the margin has none. */
const margin = (element) => (Math.min(element.clientWidth, element.clientHeight) > 300 ? MARGIN : 0);

async function readKey(site, signal) {
  const answer = await fetch(site.key ?? `/tiles/${site.slug}/key.json`, { signal, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the map's key: ${answer.status}`);
  return answer.json();
}

/** The library, with its workers already on their way; its megabyte comes while the key and the letters do. */
async function readLibrary() {
  const library = await import("maplibre-gl");
  library.prewarm();
  return library;
}

async function start(element, { site, store, select, signal }) {
  const fonts = Promise.all([document.fonts.load('400 24px "Inter"'), document.fonts.load('700 24px "Inter"')]);
  const [key, { Map: Chart, ScaleControl, AttributionControl }] = await Promise.all([readKey(site, signal), readLibrary(), fonts]);
  const say = (name, fields = {}) => (key.words[name] ?? name).replace(/\{(\w+)\}/g, (whole, field) => fields[field] ?? whole);
  element.vigieWords = say;
  if (signal.aborted) return undefined;

  const canvas = element.appendChild(Object.assign(document.createElement("div"), { className: "map-canvas" }));
  const color = readTokens(document.documentElement);
  const map = new Chart({
    container: canvas,
    style: buildStyle(key, color),
    ...(key.bounds ? { bounds: key.bounds, fitBoundsOptions: { padding: margin(element) } } : { center: key.centre, zoom: key.zoom }),
    minZoom: 9,
    maxZoom: 20.5,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: false,
    fadeDuration: 0,
    maxPitch: 0,
    locale: { "Map.Title": say("map") },
  });
  const waiting = element.appendChild(Object.assign(document.createElement("p"), { className: "map-wait", textContent: say("loading") }));
  map.once("load", () => waiting.remove());
  const busy = (yes) => element.setAttribute("aria-busy", yes);
  busy(true);
  for (const type of ["dataloading", "movestart"]) map.on(type, () => busy(true));
  map.on("idle", () => busy(false)); // at rest, and every tile it asked for is drawn
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-right");
  if (key.raster?.attribution) map.addControl(new AttributionControl({ compact: true }), "bottom-right");
  const redraw = supplyImages(map, color);
  const sizing = new ResizeObserver(() => map.resize());
  sizing.observe(element);
  const stops = [() => map.remove(), () => sizing.disconnect()];
  signal.addEventListener("abort", () => stops.reverse().forEach((stop) => stop()));

  const theme = new MutationObserver(() => {
    redraw();
    marks.recolour();
    repaint(map, buildStyle(key, color));
    heat.recolour();
    applyFilters();
  });
  theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  stops.push(() => theme.disconnect());

  const filters = {
    domains: domainsOf(store.filters.kinds),
    kinds: store.filters.kinds,
    sector: store.filters.sector,
    severities: store.filters.severities,
    zone: store.filters.zone,
  };
  const panel = buildPanel(element, { map, key, say, filters, onFilters: filtersChanged, showPlace, showSite, signal });
  const zoned = (zone) => store.filter({ zone });
  const drawing = createDrawing(element, map, { say, zoned, signal });
  element.addEventListener("map:draw", ({ detail }) => drawing.toggle(detail), { signal });
  const letters = Object.fromEntries(SEVERITIES.map((name) => [name, say(`severity.${name}`)[0].toUpperCase()]));
  const overlay = createOverlay();
  const heat = createHeat(map, color);
  const marks = createMarks(map, { overlay, color, letters });
  stops.push(() => marks.stop());
  let silent = "[]";
  let pending = null; // null: nothing to do; {ids: Set | null}
  const flying = atRest(flyToSelection, REST_MS);
  stops.push(() => flying.stop());
  let picked = null; // what was selected here: the map does not fly to what is under the pointer

  await map.once("style.load"); // alarms before streets: they do not wait for the tiles
  element.dataset.state = "ready";
  const pace = keepPace(map);
  stops.push(() => pace.stop());
  for (const type of ["wheel", "scroll", "keydown"]) document.addEventListener(type, workElsewhere, { capture: true, passive: true, signal });
  applyFilters();
  ask(null);
  stops.push(
    store.subscribe(({ ids, selection, filters: filtering }) => {
      pace.busy();
      if (filtering) followFilters();
      if (ids === null || ids.size) ask(ids);
      if (selection) showSelection();
    }),
  );
  element.addEventListener("map:heat", ({ detail }) => heat.show(detail), { signal });
  element.dispatchEvent(new CustomEvent("map:ready"));
  const shown = ({ detail }) => showPlace([detail.lon, detail.lat], detail.zoom);
  element.addEventListener("map:show", shown, { signal });
  stops.push(watchPointer(map, canvas, { key, say, store, overlay, marks, pick, isDrawing: () => drawing.active }));
  showSelection();
  const timer = setInterval(refreshKey, KEY_AGE);
  stops.push(() => clearInterval(timer));
  let unknown = new Set();
  const looking = setInterval(lookAtUnknown, UNKNOWN_MS);
  stops.push(() => clearInterval(looking));
  map.getCanvas().addEventListener("webglcontextlost", () => message(element, say("failed")));
  map.getCanvas().addEventListener("webglcontextrestored", () => message(element, ""));
  return undefined;

  function pick(alarm, asset) {
    picked = alarm;
    select(alarm, { assetId: asset });
  }

  function workElsewhere({ target }) {
    if (!element.contains(target)) pace.busy();
  }

  /** Gathers what changes until the list has painted it: a storm of a thousand rows is one update, in a task of its own. */
  function ask(ids) {
    if (pending === null) requestAnimationFrame(() => setTimeout(flush));
    if (pending === null) pending = { ids: ids && new Set(ids) };
    else if (ids === null || pending.ids === null) pending.ids = null;
    else for (const id of ids) pending.ids.add(id);
  }

  function flush() {
    const { ids } = pending;
    pending = null;
    if (signal.aborted) return;
    if (overlay.update(store, ids, filters)) marks.changed();
    markUnknown();
    panel.count(store, outside(store, filters));
    sayZone();
  }

  /** What a drawn zone lets through and what it keeps from sight, critical ones by themselves. */
  function sayZone() {
    const { shown, hidden, critical } = store.sight();
    const told = say("zone", { n: shown, out: hidden });
    drawing.show(filters.zone, filters.zone && (critical ? say("zone.critical", { told, n: critical }) : told));
  }

  function markUnknown() {
    const feeds = JSON.stringify(silentFeeds(store, key.feeds));
    if (feeds === silent) return;
    silent = feeds;
    map.setFilter("asset-unknown", ["in", ["get", "feed"], ["literal", JSON.parse(feeds)]]);
  }

  /** A feed that falls silent or speaks again changes no alarm: the marks of its points are asked for here. */
  function lookAtUnknown() {
    const now = unknownAlarms(store);
    const changed = [...now, ...unknown].filter((id) => now.has(id) !== unknown.has(id));
    unknown = now;
    if (changed.length) ask(new Set(changed));
  }

  function applyFilters() {
    const inside = (sector) => sector.path === filters.sector || sector.path.startsWith(`${filters.sector}/`);
    narrow(map, { sectors: filters.sector ? key.sectors.filter(inside).map(({ id }) => id) : null, domains: filters.domains });
  }

  function filtersChanged() {
    applyFilters();
    ask(null);
    if (store.filters.sector !== filters.sector) store.filter({ sector: filters.sector });
    if (store.filters.severities !== filters.severities) store.filter({ severities: filters.severities });
    filterKinds();
  }

  /** The list shows the kinds of the domains that are chosen on the map, and says so. */
  function filterKinds() {
    const kinds = Object.entries(key.kinds)
      .filter(([, { domain }]) => filters.domains.has(domain))
      .map(([kind]) => kind);
    if (kinds.length === filters.kinds.size && kinds.every((kind) => filters.kinds.has(kind))) return;
    filters.kinds = new Set(kinds);
    store.filter({ kinds: filters.kinds, named: [...filters.domains].map((domain) => key.domains[domain] ?? domain).join(", ") });
  }

  function followFilters() {
    const { sector, severities, kinds, zone } = store.filters;
    sayZone();
    if (filters.sector === sector && filters.severities === severities && filters.kinds === kinds && filters.zone === zone) return;
    if (filters.kinds !== kinds) filters.domains = domainsOf(kinds);
    Object.assign(filters, { sector, severities, kinds, zone });
    panel.show(filters);
    applyFilters();
    ask(null);
  }

  /** Kinds are chosen by their domains. */
  function domainsOf(kinds) {
    return new Set([...kinds].map((kind) => key.kinds[kind]?.domain).filter(Boolean));
  }

  function showSite() {
    if (key.bounds) map.fitBounds(key.bounds, { padding: margin(element), duration: 600 });
    else map.flyTo({ center: key.centre, zoom: key.zoom, maxDuration: 900 });
  }

  function showPlace(place, zoom) {
    marks.ring([place]);
    goTo(place, zoom);
  }

  /** The ring is there at once; the map flies when the key rests: each step of a flight holds the keys of the list. */
  function showSelection() {
    marks.ring(isHeader(store.selected) ? [] : placesSelected());
    if (store.selected === picked) flying.stop();
    else flying.soon();
    picked = null;
  }

  /** [lon, lat] of the selected alarm, or of each asset of the selected incident. */
  function placesSelected() {
    const id = store.selected;
    const rows = isHeader(id) ? store.members(incidentOf(id)) : [store.get(id)];
    const seen = new globalThis.Map(rows.filter((row) => row?.asset).map(({ asset }) => [asset.id, [asset.lon, asset.lat]]));
    return [...seen.values()].slice(0, MOST_RINGS);
  }

  function flyToSelection() {
    const places = placesSelected();
    if (isHeader(store.selected)) showTogether(places);
    else if (places.length) follow(places[0], Math.max(map.getZoom(), 15.5));
  }

  function showTogether(places) {
    marks.ring(places);
    if (places.length === 0) return;
    const [lons, lats] = [0, 1].map((axis) => places.map((place) => place[axis]));
    const bounds = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    map.fitBounds(bounds, { padding: 80, maxZoom: 16.5, duration: pace.slow ? 0 : 600 });
  }

  /** After the selection: in one step where each drawing of a flight would hold the keys of the list. */
  function follow(center, zoom) {
    if (pace.slow) map.jumpTo({ center, zoom });
    else goTo(center, zoom);
  }

  function goTo(center, zoom = CLOSE) {
    const near = map.getBounds().contains(center) && Math.abs(map.getZoom() - zoom) < 0.5;
    if (near) map.easeTo({ center, zoom, duration: 250 });
    else map.flyTo({ center, zoom, maxDuration: 900 });
  }

  async function refreshKey() {
    if (document.hidden) return;
    const fresh = await readKey(site, signal).catch(() => null);
    if (!fresh || fresh.version === key.version || signal.aborted) return;
    Object.assign(key, fresh);
    map.getSource(SITE).setTiles(buildStyle(key, color).sources[SITE].tiles);
  }
}
