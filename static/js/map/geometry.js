// Places on the map as figures: what lies in a zone, how long a line and how large a surface is. Pure.

const RADIUS = 6_371_008.8; // m: mean of the Earth's, by which a sphere as large has the same surface
const rad = (degrees) => (degrees * Math.PI) / 180;

/** Whether a place lies in a zone, given as its corners [lon, lat]. Lines that cross leave out what they enclose twice. */
export function inside(zone, lon, lat) {
  let within = false;
  for (let i = 0, before = zone.length - 1; i < zone.length; before = i++) {
    const [[x0, y0], [x1, y1]] = [zone[before], zone[i]];
    if (y0 > lat !== y1 > lat && lon < x1 + ((lat - y1) / (y0 - y1)) * (x0 - x1)) within = !within;
  }
  return within;
}

/** Metres along a line of places [lon, lat]. */
export function length(places) {
  let metres = 0;
  for (let i = 1; i < places.length; i += 1) {
    const [[lon0, lat0], [lon1, lat1]] = [places[i - 1], places[i]];
    const half = Math.sin(rad(lat1 - lat0) / 2) ** 2 + Math.cos(rad(lat0)) * Math.cos(rad(lat1)) * Math.sin(rad(lon1 - lon0) / 2) ** 2;
    metres += 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(half)));
  }
  return metres;
}

/** Square metres within these corners [lon, lat]. */
export function area(corners) {
  let twice = 0;
  for (let i = 0, before = corners.length - 1; i < corners.length; before = i++) {
    const [[lon0, lat0], [lon1, lat1]] = [corners[before], corners[i]];
    twice += rad(lon1 - lon0) * (2 + Math.sin(rad(lat0)) + Math.sin(rad(lat1)));
  }
  return (Math.abs(twice) * RADIUS ** 2) / 2;
}

/** The four corners of the rectangle between two places. */
export const rectangle = ([west, south], [east, north]) => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
];

/** 1 250 m, 12,3 km; 840 m², 1,25 km²: in the figures of a language. */
export function said(metres, language, square = false) {
  const [many, unit, small] = square ? [1e6, "km²", "m²"] : [1e4, "km", "m"];
  const value = metres < many ? metres : metres / (square ? 1e6 : 1000);
  const digits = metres < many ? (value < 100 && !square ? 1 : 0) : value < 100 ? 2 : 0;
  const figure = new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  return `${figure}\u00a0${metres < many ? small : unit}`;
}

/** A zone as text, "2.35120,48.85010;…": of an address or a saved view; and back, null for what is none. */
export const written = (zone) => zone.map((corner) => corner.map((degrees) => degrees.toFixed(5)).join()).join(";");

export function read(text) {
  const zone = text.split(";").map((corner) => corner.split(",").map(Number));
  return zone.length > 2 && zone.every((corner) => corner.length === 2 && corner.every(Number.isFinite)) ? zone : null;
}
