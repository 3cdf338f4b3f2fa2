// The live part of the map: alarms, what is shelved, and the ring of the selection, on a canvas of their own above it.
//
// What alarms change is drawn here alone, but for the ground of a feed that falls silent. Without a graphics card a drawing of the map below holds the page for a third of a
// second, because the compositor reads the whole picture back; a drawing of this one takes milliseconds.

import { enlarged } from "#js/dom.js";
import { gather, levelOf, mercator, worldSize } from "#js/map/gather.js";
import { alarmPicture, circlePicture } from "#js/map/images.js";
import { RANK, SEVERITIES } from "#js/nouns/alarm.js";

const SPARE = 50; // px around the pane within which a mark may still reach into it
const STATES_FROM = 15; // zoom from which the tiles have assets one by one
const MARK = 15; // px: how far from its centre a mark is hit
const NEAR = 5; // px: how far beside a small one
const MANY = 8; // rings of full size would hide what they ring
const INK = 0.364; // of the letter's size: half the height of a capital, from its middle to its foot

/** A value between stops [zoom, value], straight from one to the next. */
function between(stops, zoom) {
  const after = stops.findIndex(([at]) => at > zoom);
  if (after === 0) return stops[0][1];
  if (after < 0) return stops.at(-1)[1];
  const [[z0, v0], [z1, v1]] = [stops[after - 1], stops[after]];
  return v0 + ((v1 - v0) * (zoom - z0)) / (z1 - z0);
}

const stateRadius = (zoom) =>
  between(
    [
      [15, 3],
      [17, 12],
      [19, 15],
    ],
    zoom,
  );
const quietRadius = (zoom) =>
  between(
    [
      [12, 2],
      [16, 4],
      [18, 7],
    ],
    zoom,
  );
const sizeOf = (n) => (n > 99 ? 1.25 : n > 1 ? 1.1 : 1);
const wordOf = ({ n, severity }, letters) => (n > 999 ? `${Math.round(n / 100) / 10}k` : n > 1 ? String(n) : letters[severity]);

/**
 * createMarks(map, {overlay, color, letters}) → {changed(), recolour(), ring(places), under(point), level, stop()}
 *
 * `under(point)` answers {group} for alarms, {mark} for what is shelved or suppressed, null where there is neither; points are px of
 * the pane. `ring(places)` takes [lon, lat] each.
 */
export function createMarks(map, { overlay, color, letters }) {
  const canvas = Object.assign(document.createElement("canvas"), { className: "map-marks" });
  canvas.setAttribute("aria-hidden", "true");
  map.getCanvasContainer().append(canvas);
  const context = canvas.getContext("2d");
  const scale = enlarged();
  const levelAt = (zoom) => levelOf(zoom - Math.log2(scale)); // larger marks are gathered as if further away
  const pictures = new Map();
  let ratio = 0; // pixels of the screen for one of the page's, of which the pictures are
  let paints = {};
  let camera = null; // of the map's last drawing: marks keep in step with what is seen below them
  let gathered = null; // {level, loud: groups, quiet: marks}
  let rings = [];
  let hits = [];
  let waiting = 0;

  function look() {
    const { lng, lat } = map.getCenter();
    const { x, y } = map.project([lng, lat]);
    const { clientWidth: width, clientHeight: height } = map.getCanvas();
    const zoom = map.getZoom();
    camera = { ...mercator(lng, lat), left: x, top: y, zoom, world: worldSize(zoom), width, height };
  }

  function seen({ x, y }) {
    return [(x - camera.x) * camera.world + camera.left, (y - camera.y) * camera.world + camera.top];
  }

  const within = (x, y) => x > -SPARE && y > -SPARE && x < camera.width + SPARE && y < camera.height + SPARE;

  function groups() {
    const level = levelAt(camera.zoom);
    if (gathered?.level === level) return gathered;
    const marks = [...overlay.marks.values()];
    const loud = gather(
      marks.filter((mark) => mark.severity !== null),
      level,
    ).sort((a, b) => RANK[a.severity] - RANK[b.severity]);
    gathered = { level, loud, quiet: marks.filter((mark) => mark.severity === null) };
    return gathered;
  }

  /** A picture drawn once for all the marks that look alike. */
  function picture(name, make) {
    if (!pictures.has(name)) pictures.set(name, make());
    return pictures.get(name);
  }

  function stamp(image, x, y, size) {
    context.drawImage(image, x - size / 2, y - size / 2, size, size);
  }

  function fit() {
    const [width, height] = [Math.round(camera.width * ratio), Math.round(camera.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
      Object.assign(canvas.style, { width: `${camera.width}px`, height: `${camera.height}px` });
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
  }

  function draw() {
    cancelAnimationFrame(waiting);
    waiting = 0;
    if (camera === null) look();
    if (ratio !== devicePixelRatio) begin();
    fit();
    const { loud, quiet } = groups();
    hits = [];
    if (camera.zoom >= STATES_FROM) for (const mark of overlay.marks.values()) drawState(mark);
    quiet.forEach(drawQuiet);
    rings.forEach(drawRing);
    loud.forEach(drawGroup);
  }

  function drawState(mark) {
    const [x, y] = seen(mark);
    if (!within(x, y)) return;
    const radius = Math.round(stateRadius(camera.zoom) * scale * 2) / 2;
    const token = mark.severity ?? "violet";
    const look = { radius, fill: paints[token], opacity: 0.16, stroke: paints[token], width: 1.5, strokeOpacity: 0.9 };
    stamp(
      picture(`state ${token} ${radius}`, () => circlePicture(look, ratio)),
      x,
      y,
      2 * radius + 4,
    );
  }

  function drawQuiet(mark) {
    const [x, y] = seen(mark);
    if (!within(x, y)) return;
    const radius = Math.round(quietRadius(camera.zoom) * scale * 2) / 2;
    const look = { radius, fill: paints["map-ground"], opacity: 0.5, stroke: paints.violet, width: 1.4, strokeOpacity: 1 };
    stamp(
      picture(`quiet ${radius}`, () => circlePicture(look, ratio)),
      x,
      y,
      2 * radius + 4,
    );
    hits.push({ x, y, radius: radius + NEAR, mark });
  }

  function drawRing(place) {
    const [x, y] = seen(place);
    if (!within(x, y)) return;
    const many = rings.length > MANY;
    context.strokeStyle = context.fillStyle = paints.focus;
    if (!many) {
      context.globalAlpha = 0.1;
      context.beginPath();
      context.arc(x, y, 46 * scale, 0, Math.PI * 2);
      context.fill();
      context.globalAlpha = 1;
    }
    context.lineWidth = many ? 1.6 : 2.5;
    context.beginPath();
    context.arc(x, y, (many ? 8 : 20) * scale + context.lineWidth / 2, 0, Math.PI * 2);
    context.stroke();
  }

  function drawGroup(group) {
    const [x, y] = seen(group);
    if (!within(x, y)) return;
    const { severity, n } = group;
    const [waits, size] = [group.waiting > 0, sizeOf(n) * scale];
    const [known, ended] = [!group.unknown, Boolean(group.ended)];
    const { image, width } = picture(`alarm ${severity} ${waits} ${known} ${ended} ${size}`, () =>
      alarmPicture({ severity, waiting: waits, known, ended }, (token) => paints[token], size * ratio),
    );
    context.globalAlpha = waits ? 1 : 0.92;
    stamp(image, x, y, width / ratio);
    context.globalAlpha = 1;
    const letter = (n > 999 ? 9 : 10.5) * scale;
    context.font = `700 ${letter}px Inter`;
    context.textAlign = "center";
    context.fillStyle = paints[known && !ended ? "on-severity" : "text"];
    context.fillText(wordOf(group, letters), x, y + letter * (INK + (severity === "high" ? 0.22 : 0)));
    hits.push({ x, y, radius: MARK * size, group });
  }

  /** Pictures of these colours and of this screen. */
  function begin() {
    pictures.clear();
    ratio = devicePixelRatio;
    const tokens = [...SEVERITIES, "violet", "map-ground", "focus", "on-severity", "text"];
    paints = Object.fromEntries(tokens.map((token) => [token, color(token)]));
  }

  function soon() {
    waiting ||= requestAnimationFrame(draw);
  }

  function follow() {
    look();
    draw();
  }

  map.on("render", follow);
  return {
    get level() {
      return levelAt(map.getZoom());
    },

    /** The overlay's marks are others than at the last drawing. */
    changed() {
      gathered = null;
      draw();
    },

    recolour() {
      begin();
      soon();
    },

    ring(places) {
      rings = places.map(([lon, lat]) => mercator(lon, lat));
      soon();
    },

    under(point) {
      const reached = (hit) => (hit.x - point.x) ** 2 + (hit.y - point.y) ** 2 <= hit.radius ** 2;
      return hits.findLast(reached) ?? null;
    },

    stop() {
      cancelAnimationFrame(waiting);
    },
  };
}
