// A line of readings as a small SVG: its own scale, grey, the last value marked. Pure but for the element it makes.

const WIDTH = 160;
const HEIGHT = 24;
const NS = "http://www.w3.org/2000/svg";

/** Path data for columns {at: [ms], mean: [number]}, or "" when there are fewer than two. */
export function path({ at, mean }, width = WIDTH, height = HEIGHT) {
  if (at.length < 2) return "";
  const low = Math.min(...mean);
  const high = Math.max(...mean);
  const span = high - low || 1;
  const start = at[0];
  const length = at[at.length - 1] - start || 1;
  return mean
    .map((value, index) => {
      const x = ((at[index] - start) / length) * (width - 4) + 2;
      const y = height - 3 - ((value - low) / span) * (height - 6);
      return `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

export function sparkline(columns) {
  const data = path(thinned(columns));
  if (!data) return null;
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(NS, "path");
  line.setAttribute("d", data);
  const dot = document.createElementNS(NS, "circle");
  const [, x, y] = /([\d.]+) ([\d.]+)$/.exec(data);
  dot.setAttribute("cx", x);
  dot.setAttribute("cy", y);
  dot.setAttribute("r", "1.8");
  svg.append(line, dot);
  return svg;
}

/** At most two points a pixel, by taking every nth: a sparkline shows a shape, not a peak. */
function thinned({ at, mean }) {
  const step = Math.ceil(at.length / (WIDTH * 2));
  return step <= 1 ? { at, mean } : { at: at.filter((_, index) => index % step === 0), mean: mean.filter((_, index) => index % step === 0) };
}
