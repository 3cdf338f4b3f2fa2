// Where the assets of a rule are, as dots on a plain ground: enough to see that it is the right quarter.

const MARGIN = 14;

export function drawSketch(canvas, places) {
  const { width, height } = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const tokens = getComputedStyle(document.documentElement);
  pen.clearRect(0, 0, width, height);
  if (!places.length || !width) return;
  const [west, east] = span(places.map(([lon]) => lon));
  const [south, north] = span(places.map(([, lat]) => lat));
  const stretch = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const fit = Math.min((width - 2 * MARGIN) / ((east - west) * stretch), (height - 2 * MARGIN) / (north - south));
  const radius = places.length > 1500 ? 1.1 : places.length > 200 ? 1.6 : 2.6;
  pen.fillStyle = tokens.getPropertyValue("--text");
  pen.globalAlpha = places.length > 1500 ? 0.4 : places.length > 200 ? 0.6 : 0.85;
  for (const [lon, lat] of places) {
    pen.beginPath();
    pen.arc(width / 2 + (lon - (west + east) / 2) * stretch * fit, height / 2 - (lat - (south + north) / 2) * fit, radius, 0, 7);
    pen.fill();
  }
}

/** Smallest and largest, never nearer than some two hundred metres. */
function span(values) {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const short = Math.max(0, 0.002 - (most - least)) / 2;
  return [least - short, most + short];
}
