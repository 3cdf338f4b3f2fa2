// The pointer on the map: what is under it is named, a click selects an alarm, opens a cluster or shows an asset's card.

import { LAYERS_OF_ALARMS, LAYERS_OF_ASSETS } from "#js/map/style.js";

const REACH = 5;
const LEAVES = 12;

const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

export function watchPointer(map, canvas, { key, say, store, overlay, pick }) {
  const tip = canvas.appendChild(make("div", "map-tip"));
  const card = canvas.appendChild(make("div", "map-card"));
  tip.hidden = card.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  let waiting = null;
  let anchor = null;

  function under(point) {
    const box = [[point.x - REACH, point.y - REACH], [point.x + REACH, point.y + REACH]];
    const found = map.queryRenderedFeatures(box, { layers: [...LAYERS_OF_ALARMS, ...LAYERS_OF_ASSETS] });
    const alarms = found.filter((feature) => feature.layer.id === "alarm").sort((a, b) => a.properties.worst - b.properties.worst);
    return alarms[0] ?? found[0] ?? null;
  }

  const sentence = (row) => row.sentence[document.documentElement.lang] ?? row.sentence.fr;

  function describe(feature) {
    const { properties, layer } = feature;
    if (properties.cluster) return [say("alarms.other", { n: properties.n }), ""];
    if (layer.id === "alarm" || layer.id === "quiet") {
      const row = store.get(properties.alarm);
      if (!row) return null;
      return [sentence(row), [row.asset.code, row.sector?.name, properties.n > 1 && say("alarms.other", { n: properties.n })].filter(Boolean).join(" · ")];
    }
    const kind = key.kinds[properties.kind]?.name ?? properties.kind;
    const level = properties.level ? say("level", { n: properties.level }) : "";
    return [properties.name || properties.code, [kind, properties.code, level].filter(Boolean).join(" · ")];
  }

  function place(element, point) {
    const { clientWidth: width, clientHeight: height } = canvas;
    const { offsetWidth, offsetHeight } = element;
    const left = Math.max(8, Math.min(point.x + 14, width - offsetWidth - 8));
    const top = point.y + 16 + offsetHeight > height ? point.y - offsetHeight - 12 : point.y + 16;
    element.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(8, top))}px)`;
  }

  function hover() {
    const point = waiting;
    waiting = null;
    const feature = point && !map.isMoving() ? under(point) : null;
    const words = feature && describe(feature);
    map.getCanvas().style.cursor = words ? "pointer" : "";
    tip.hidden = !words || !card.hidden;
    if (tip.hidden) return;
    tip.replaceChildren(make("b", "", words[0]), make("span", "", words[1]));
    place(tip, point);
  }

  function onMove(event) {
    if (waiting === null) requestAnimationFrame(hover);
    waiting = event.point;
  }

  function leave() {
    tip.hidden = true;
  }

  function closeCard() {
    card.hidden = true;
    anchor = null;
  }

  function showCard(point, children, lngLat) {
    card.replaceChildren(...children);
    card.hidden = false;
    tip.hidden = true;
    anchor = lngLat;
    place(card, point);
  }

  function follow() {
    if (anchor) place(card, map.project(anchor));
  }

  function alarmButton(row) {
    const button = make("button", "map-alarm");
    button.type = "button";
    button.dataset.severity = row.severity;
    button.append(glyph(row.severity), make("span", "", sentence(row)), make("small", "", row.asset.code));
    button.addEventListener("click", () => {
      closeCard();
      pick(row.id, row.asset.id);
    });
    return button;
  }

  function listAlarms(point, rows, lngLat) {
    showCard(point, [make("h3", "", say("here", { n: rows.length })), ...rows.slice(0, LEAVES).map(alarmButton)], lngLat);
    card.querySelector("button").focus({ preventScroll: true });
  }

  async function openCluster(feature, point) {
    const source = map.getSource("alarms");
    const id = feature.properties.cluster_id;
    const center = feature.geometry.coordinates;
    const zoom = await source.getClusterExpansionZoom(id);
    if (zoom <= 17.5) return map.easeTo({ center, zoom: zoom + 0.2, duration: 400 });
    const leaves = await source.getClusterLeaves(id, LEAVES, 0);
    return listAlarms(point, leaves.flatMap((leaf) => overlay.rowsOf(store, leaf.properties.asset)), center);
  }

  function showAsset({ id, properties, geometry }, point) {
    const [title, detail] = describe({ properties, layer: { id: "asset" } });
    const link = Object.assign(make("a", "button", say("sheet")), { href: key.sheet.replace("/0", `/${id}`) });
    showCard(point, [make("h3", "", title), make("p", "", detail), link], geometry.coordinates);
    pick(null, id);
  }

  function onClick(event) {
    closeCard();
    const feature = under(event.point);
    if (!feature) return undefined;
    if (feature.properties.cluster) return openCluster(feature, event.point);
    if (feature.layer.id === "alarm" || feature.layer.id === "quiet") {
      const rows = overlay.rowsOf(store, feature.properties.asset);
      if (rows.length > 1) listAlarms(event.point, rows, feature.geometry.coordinates);
      return pick(feature.properties.alarm, feature.properties.asset);
    }
    return showAsset(feature, event.point);
  }

  function onKey(event) {
    if (event.key !== "Escape" || card.hidden) return;
    event.stopPropagation();
    closeCard();
    map.getCanvas().focus();
  }

  map.on("mousemove", onMove);
  map.on("mouseout", leave);
  map.on("click", onClick);
  map.on("move", follow);
  map.on("movestart", leave);
  canvas.addEventListener("keydown", onKey);
  return () => canvas.removeEventListener("keydown", onKey);
}

/** The shape of a severity, from the page's own symbols. */
export function glyph(severity) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#glyph-${severity}`);
  svg.setAttribute("viewBox", "0 0 14 14");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}
