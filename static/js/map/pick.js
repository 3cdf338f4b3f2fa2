// The pointer on the map: what is under it is named, a click selects an alarm, opens a group or shows an asset's card.

import { watch } from "#js/cameras.js";
import { enlarged } from "#js/dom.js";
import { apart, middle } from "#js/map/gather.js";
import { LAYERS_OF_ASSETS } from "#js/map/style.js";
import { openCamera } from "#js/windows.js";

const REACH = 5;
const CAMERA = "camera";

const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

export function watchPointer(map, canvas, { key, say, store, overlay, marks, pick, isDrawing = () => false }) {
  const tip = canvas.appendChild(make("div", "map-tip"));
  const card = canvas.appendChild(make("div", "map-card"));
  tip.hidden = card.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  let waiting = null;
  let anchor = null;
  let stopPicture = () => {};

  /** {group} of alarms, {mark} of an asset all of whose alarms are silent, {feature} of an asset, or null. */
  function under(point) {
    const hit = marks.under(point);
    if (hit?.group?.marks.length === 1) return { mark: hit.group.marks[0] };
    if (hit) return hit;
    const box = [
      [point.x - REACH, point.y - REACH],
      [point.x + REACH, point.y + REACH],
    ];
    const [feature] = map.queryRenderedFeatures(box, { layers: LAYERS_OF_ASSETS });
    return feature ? { feature } : null;
  }

  const sentence = (row) => row.sentence[document.documentElement.lang] ?? row.sentence.fr;

  function describe({ group, mark, feature }) {
    if (group) return [say("alarms.other", { n: group.n }), ""];
    if (mark) {
      const row = store.get(mark.alarm);
      if (!row) return null;
      const beside = [row.asset.code, row.sector?.name, mark.n > 1 && say("alarms.other", { n: mark.n }), mark.unknown && say("unknown")];
      return [sentence(row), beside.filter(Boolean).join(" · ")];
    }
    const { properties } = feature;
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
    const found = point && !map.isMoving() && !isDrawing() ? under(point) : null;
    const words = found && describe(found);
    map.getCanvas().style.cursor = isDrawing() ? "crosshair" : words ? "pointer" : "";
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
    stopPicture();
    card.hidden = true;
    anchor = null;
  }

  function showCard(point, children, lngLat) {
    stopPicture();
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
    showCard(point, [make("h3", "", say("here", { n: rows.length })), ...rows.map(alarmButton)], lngLat);
    card.querySelector("button").focus({ preventScroll: true });
  }

  function openGroup(group, point) {
    const level = apart(group.marks, marks.level);
    if (level !== null) map.easeTo({ center: middle(group.marks), zoom: level + 0.2 + Math.log2(enlarged()), duration: 400 });
    else listAlarms(point, overlay.speaking(store, group.marks), [group.lon, group.lat]);
  }

  /** What a camera sees, kept new while its card is open; it opens large in the one window that cameras have. */
  function picture(id, title) {
    const address = key.camera.replace("/0", `/${id}`);
    const away = Object.assign(make("a", "map-picture"), { href: address, target: "vigie-camera", title: say("camera") });
    const image = Object.assign(make("img"), { alt: title });
    const lost = make("span", "lost", say("camera.lost"));
    away.append(image, lost, make("span", "unseen", say("camera")));
    away.addEventListener("click", (event) => openCamera(event, address));
    away.classList.add("dark");
    const stop = watch(image, `${address}/picture`, (seen) => away.classList.toggle("dark", !seen));
    return { away, stop };
  }

  function showAsset(feature, point) {
    const [title, detail] = describe({ feature });
    const link = Object.assign(make("a", "button", say("sheet")), { href: key.sheet.replace("/0", `/${feature.id}`) });
    const seen = feature.properties.kind === CAMERA ? picture(feature.id, title) : null;
    showCard(point, [make("h3", "", title), make("p", "", detail), seen?.away, link].filter(Boolean), feature.geometry.coordinates);
    stopPicture = seen?.stop ?? (() => {});
    pick(null, feature.id);
  }

  function onClick({ point }) {
    if (isDrawing()) return;
    closeCard();
    const { group, mark, feature } = under(point) ?? {};
    if (group) openGroup(group, point);
    else if (mark) {
      const rows = overlay.speaking(store, [mark]);
      if (rows.length > 1) listAlarms(point, rows, [mark.lon, mark.lat]);
      pick(mark.alarm, mark.asset);
    } else if (feature) showAsset(feature, point);
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
  return () => {
    stopPicture();
    canvas.removeEventListener("keydown", onKey);
  };
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
