// The map's pictures, drawn on canvas from paths when one is first asked for: severities, kinds, fields of view.

import { GLYPHS } from "#js/map/glyphs.js";

const RATIO = 2;

function canvas(size) {
  const element = new OffscreenCanvas(size * RATIO, size * RATIO);
  const context = element.getContext("2d");
  context.scale(RATIO, RATIO);
  return context;
}

const pixels = (context, size) => context.getImageData(0, 0, size * RATIO, size * RATIO);

/** The outline of a severity around a centre, with the radius of its circle. */
function outline(severity, x, y, radius) {
  const path = new Path2D();
  if (severity === "critical") {
    path.moveTo(x, y - radius * 1.12);
    path.lineTo(x + radius * 1.12, y);
    path.lineTo(x, y + radius * 1.12);
    path.lineTo(x - radius * 1.12, y);
  } else if (severity === "high") {
    path.moveTo(x, y - radius * 1.1);
    path.lineTo(x + radius * 1.12, y + radius * 0.85);
    path.lineTo(x - radius * 1.12, y + radius * 0.85);
  } else if (severity === "medium") path.rect(x - radius * 0.84, y - radius * 0.84, radius * 1.68, radius * 1.68);
  else path.arc(x, y, radius * 0.92, 0, Math.PI * 2);
  path.closePath();
  return path;
}

/**
 * {image, width in its pixels} of an alarm. Waiting for an acknowledgement: full, with a ring of its own shape. Acknowledged: the
 * shape alone. Back to normal: hollow; not known whether it still is so: hollow and dashed; both as in the list. `scale` is pixels of the picture for one of its grid
 * of 38.
 */
export function alarmPicture({ severity, waiting, known, ended }, color, scale) {
  const width = Math.ceil(38 * scale);
  const image = new OffscreenCanvas(width, width);
  const context = image.getContext("2d");
  const at = width / 2 / scale;
  context.scale(scale, scale);
  context.lineJoin = "round";
  if (waiting) {
    context.strokeStyle = color(severity);
    context.lineWidth = 1.4;
    context.stroke(outline(severity, at, at, 14));
  }
  context.strokeStyle = color("map-ground");
  context.lineWidth = 4;
  const shape = outline(severity, at, at, 10.5);
  context.stroke(shape);
  const hollow = ended || !known;
  context.fillStyle = color(hollow ? "map-ground" : severity);
  context.fill(shape);
  if (hollow) {
    context.strokeStyle = color(severity);
    context.lineWidth = 1.8;
    if (!known) context.setLineDash([3, 2.2]);
    context.stroke(shape);
  }
  return { image, width };
}

/** A circle with its rim outside its radius, on a square 4 px wider than it is. */
export function circlePicture({ radius, fill, opacity, stroke, width, strokeOpacity }, ratio) {
  const size = 2 * radius + 4;
  const image = new OffscreenCanvas(Math.ceil(size * ratio), Math.ceil(size * ratio));
  const context = image.getContext("2d");
  context.scale(image.width / size, image.height / size);
  context.beginPath();
  context.arc(size / 2, size / 2, radius, 0, Math.PI * 2);
  context.globalAlpha = opacity;
  context.fillStyle = fill;
  context.fill();
  context.beginPath();
  context.arc(size / 2, size / 2, radius + width / 2, 0, Math.PI * 2);
  context.globalAlpha = strokeOpacity;
  context.lineWidth = width;
  context.strokeStyle = stroke;
  context.stroke();
  return image;
}

function glyph(name, color) {
  const size = 24;
  const context = canvas(size);
  context.beginPath();
  context.roundRect(1.5, 1.5, 21, 21, 5);
  context.fillStyle = color("raised");
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = color("line-strong");
  context.stroke();
  context.translate(4, 4);
  context.scale(16 / 24, 16 / 24);
  context.lineWidth = 2.1;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = color("muted");
  context.stroke(new Path2D(GLYPHS[name] ?? GLYPHS.unknown));
  return pixels(context, size);
}

function hatch(color) {
  const size = 26;
  const context = canvas(size);
  context.beginPath();
  context.arc(13, 13, 12, 0, Math.PI * 2);
  context.clip();
  context.strokeStyle = color("muted");
  context.lineWidth = 1.3;
  for (let at = -26; at < 26; at += 4) {
    context.beginPath();
    context.moveTo(at, 26);
    context.lineTo(at + 26, 0);
    context.stroke();
  }
  context.lineWidth = 2;
  context.stroke(outline("low", 13, 13, 13));
  return pixels(context, size);
}

/** A field of view that looks north: 128 px at scale 1 from its centre to its rim. */
function fieldOfView(degrees, color) {
  const size = 256;
  const element = new OffscreenCanvas(size, size);
  const context = element.getContext("2d");
  const half = (Math.min(degrees, 359.9) * Math.PI) / 360;
  context.beginPath();
  context.moveTo(128, 128);
  context.arc(128, 128, 126, -Math.PI / 2 - half, -Math.PI / 2 + half);
  context.closePath();
  context.globalAlpha = 0.16;
  context.fillStyle = context.strokeStyle = color("text");
  context.fill();
  context.globalAlpha = 0.4;
  context.lineWidth = 1.5;
  context.stroke();
  return context.getImageData(0, 0, size, size);
}

function draw(id, color) {
  const [family, name] = id.split(/-(.*)/s);
  if (family === "glyph") return [glyph(name, color), { pixelRatio: RATIO }];
  if (family === "fov") return [fieldOfView(Number(name), color), { pixelRatio: 1 }];
  return id === "hatch" ? [hatch(color), { pixelRatio: RATIO }] : null;
}

/** Gives the map its pictures as it asks for them; answers a function that draws them again in other colours. */
export function supplyImages(map, color) {
  const given = new Set();
  map.setMissingStyleImageResolver((id) => {
    const drawn = draw(id, color);
    if (!drawn || map.hasImage(id)) return;
    given.add(id);
    map.addImage(id, drawn[0], drawn[1]);
  });
  return () => {
    for (const id of given) map.updateImage(id, draw(id, color)[0]);
  };
}
