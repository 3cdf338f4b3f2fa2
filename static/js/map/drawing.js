// Drawing on the map: a zone that filters, a line or a surface that is measured. By pointer, and by keyboard at a cross in the middle.

import { setText } from "#js/dom.js";
import { area, length, rectangle, said, written } from "#js/map/geometry.js";

const DRAGGED = 6; // px: below that it was a click
const MOST = 30; // corners
const SVG = "http://www.w3.org/2000/svg";

function make(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/**
 * createDrawing(element, map, {say, zoned}) → {active, toggle(what), show(zone, told), stop()}
 *
 * `what` is "zone" or "measure"; `zoned(corners | null)` is called when a zone is drawn or taken away; `show` draws the zone that
 * filters, with what it lets through in words. While something is drawn clicks are its corners.
 */
export function createDrawing(element, map, { say, zoned, signal }) {
  const svg = map.getCanvasContainer().appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("class", "map-drawing");
  svg.setAttribute("aria-hidden", "true");
  const bar = element.appendChild(make("div", "map-draw"));
  bar.hidden = true;
  bar.setAttribute("role", "group");
  const told = bar.appendChild(make("p", "map-figures"));
  told.setAttribute("role", "status");
  const chip = element.appendChild(make("button", "map-zone"));
  chip.type = "button";
  chip.hidden = true;
  chip.setAttribute("aria-keyshortcuts", "Y");
  chip.title = say("zone.away");
  chip.addEventListener("click", () => zoned(null));
  const tools = { zone: tool("zone", "▱", "Y"), measure: tool("measure", "↔", "B") };
  const buttons = {
    corner: button("draw.corner", () => add(map.getCenter())),
    back: button("draw.back", back),
    done: button("draw.done", finish),
    cancel: button("draw.cancel", end),
  };
  const cross = element.appendChild(make("div", "map-cross"));
  cross.setAttribute("aria-hidden", "true");
  cross.hidden = true;
  let what = null;
  let corners = [];
  let zone = null;
  let pressed = null; // where the pointer went down, of a rectangle
  let hand = null; // where the pointer is
  let over = false; // what is measured stays to be read, with no corner more

  function tool(name, sign, key) {
    const one = make("button", "map-tool", sign);
    one.type = "button";
    one.title = `${say(`draw.${name}`)} (${key})`;
    one.setAttribute("aria-label", say(`draw.${name}`));
    one.setAttribute("aria-pressed", "false");
    one.setAttribute("aria-keyshortcuts", key);
    one.addEventListener("click", () => toggle(name));
    element.querySelector(".map-zoom").append(one);
    return one;
  }

  function button(name, act) {
    const one = bar.appendChild(make("button", "button", say(name)));
    one.type = "button";
    one.addEventListener("click", act);
    return one;
  }

  function toggle(name) {
    if (name === "zone" && zone && what === null) return zoned(null);
    if (what === name) return end();
    end();
    what = name;
    over = false;
    bar.hidden = cross.hidden = false;
    bar.setAttribute("aria-label", say(`draw.${name}`));
    tools[name].setAttribute("aria-pressed", "true");
    if (name === "zone") map.dragPan.disable();
    map.doubleClickZoom.disable();
    element.classList.add("drawn-on");
    map.getCanvas().focus({ preventScroll: true });
    draw();
    return undefined;
  }

  function end() {
    if (what) tools[what].setAttribute("aria-pressed", "false");
    [what, corners, pressed, hand] = [null, [], null, null];
    bar.hidden = cross.hidden = true;
    map.dragPan.enable();
    map.doubleClickZoom.enable();
    element.classList.remove("drawn-on");
    draw();
  }

  function add({ lng, lat }) {
    if (over) [over, corners] = [false, []];
    if (corners.length < MOST) corners.push([lng, lat]);
    draw();
  }

  function back() {
    corners.pop();
    over = false;
    draw();
  }

  function finish() {
    if (what === "zone" && corners.length > 2) {
      const drawn = corners;
      end();
      zoned(drawn);
    } else if (what === "measure" && corners.length > 1) {
      over = true;
      hand = null;
      draw();
    }
  }

  /** What is drawn now, in words: never a figure of what is not drawn. */
  function figures() {
    if (what === "zone") return corners.length > 2 ? say("draw.zone.done") : say("draw.zone.begin");
    if (corners.length < 2) return say("draw.measure.begin");
    const { lang } = document.documentElement;
    const distance = say("draw.distance", { told: said(length(corners), lang) });
    if (corners.length < 3) return distance;
    return `${distance} · ${say("draw.area", { told: said(area(corners), lang, true) })}`;
  }

  const points = (places) => places.map((place) => map.project(place)).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);

  function shape(tag, places, name) {
    const one = document.createElementNS(SVG, tag);
    one.setAttribute("points", points(places).join(" "));
    one.setAttribute("class", name);
    return one;
  }

  function draw() {
    const shapes = [];
    if (zone && what !== "zone") shapes.push(shape("polygon", zone, "zone"));
    const drawn = pressed && hand ? rectangle(pressed, hand) : [...corners, ...(hand && corners.length && !over ? [hand] : [])];
    if (drawn.length > 2) shapes.push(shape("polygon", drawn, what === "zone" ? "zone" : "surface"));
    else if (drawn.length === 2) shapes.push(shape("polyline", drawn, "line"));
    for (const point of points(corners)) {
      const dot = document.createElementNS(SVG, "circle");
      const [x, y] = point.split(",");
      for (const [name, value] of Object.entries({ cx: x, cy: y, r: 4 })) dot.setAttribute(name, value);
      shapes.push(dot);
    }
    svg.replaceChildren(...shapes);
    if (what === null) return;
    setText(told, figures());
    buttons.back.disabled = corners.length === 0;
    buttons.done.disabled = corners.length < (what === "zone" ? 3 : 2) || over;
  }

  const at = ({ lngLat }) => [lngLat.lng, lngLat.lat];
  const far = (event) => pressed && Math.hypot(...["x", "y"].map((axis) => map.project(pressed)[axis] - event.point[axis])) > DRAGGED;

  map.on("mousedown", (event) => {
    if (what === "zone" && event.originalEvent.button === 0 && corners.length === 0) pressed = at(event);
  });
  map.on("mousemove", (event) => {
    if (what === null || over) return;
    hand = !pressed || far(event) ? at(event) : null;
    draw();
  });
  map.on("mouseup", (event) => {
    if (!pressed) return;
    const [from, dragged] = [pressed, far(event)];
    pressed = null;
    if (!dragged) return;
    corners = rectangle(from, at(event));
    finish();
  });
  map.on("click", (event) => what && event.originalEvent.detail < 2 && add(event.lngLat));
  map.on("dblclick", () => what && finish());
  map.on("move", draw);

  const keys = { " ": () => add(map.getCenter()), Enter: finish, Backspace: back, Escape: end };
  element.addEventListener(
    "keydown",
    (event) => {
      const act = what !== null && keys[event.key];
      const typing = event.target.closest("input, select, button") && event.key !== "Escape";
      if (!act || typing) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    { signal },
  );

  return {
    get active() {
      return what !== null;
    },
    toggle,

    /** The zone that filters, and what its chip says. */
    show(shown, words) {
      const another = (zone && written(zone)) !== (shown && written(shown));
      zone = shown;
      chip.hidden = zone === null;
      setText(chip, zone ? `${words} ✕` : "");
      tools.zone.classList.toggle("on", zone !== null);
      if (another) draw();
    },
  };
}
