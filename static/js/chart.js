// The chart of an alarm: Plotly, loaded when the first chart is wanted, under a policy that allows no inline style.

import { call, Refused } from "#js/api.js";
import { client, enlarged } from "#js/dom.js";

const SHOWN = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: "reset", showTips: false };
let loading = null;

/** Plotly follows the window alone; a box that cameras or a splitter make narrower would cut off what is newest. */
const boxes = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target.firstElementChild && !target.hidden && target.clientWidth > 0) globalThis.Plotly?.Plots.resize(target);
});

/** Plotly writes its few rules into a style element of this name: given one that carries the page's nonce, it uses that. */
function giveStyleElement() {
  const style = document.createElement("style");
  style.id = "plotly.js-style-global";
  style.nonce = document.querySelector("script[nonce]").nonce;
  document.head.append(style);
}

function plotly() {
  loading ??= new Promise((resolve, reject) => {
    giveStyleElement();
    const script = document.createElement("script");
    script.src = client().plotly;
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Refused(0, ""));
    };
    document.head.append(script);
  });
  return loading;
}

/** Draws, or redraws in place. Throws Refused when the figure cannot be had. */
export async function drawAlarmChart(element, id, { signal }) {
  const drawn = await draw(element, `/alarms/${id}/chart?`, compact, signal);
  if (drawn === false && !element.firstElementChild) element.hidden = true; // there is nothing for which room was kept
}

/** A point over a period {from, to} (ISO 8601). Answers whether there was anything to draw, undefined when aborted. */
export function drawPointChart(element, id, period, { signal }) {
  return draw(element, `/points/${id}/chart?${new URLSearchParams(period)}&`, (layout) => ({ ...layout, autosize: true }), signal);
}

/** Several figures by name, each into the box of its name; a box without anything to draw stays hidden. */
export async function drawFigures(holders, figures, { signal }) {
  const library = await plotly();
  for (const [name, box] of Object.entries(holders)) {
    const { data, layout } = figures[name] ?? { data: [] };
    box.hidden = data.length === 0;
    if (box.hidden || signal.aborted) continue;
    await library.react(box, data, enlarge({ ...layout, autosize: true }, enlarged()), { ...SHOWN, locale: document.documentElement.lang });
    boxes.observe(box);
  }
}

async function draw(element, path, fitted, signal) {
  const theme = document.documentElement.dataset.theme;
  const [library, figure] = await Promise.all([plotly(), call("GET", `${path}theme=${theme}`, undefined, { signal })]);
  if (signal.aborted) return undefined;
  if (figure.data.length === 0) return false;
  element.hidden = false;
  await library.react(element, figure.data, enlarge(fitted(figure.layout), enlarged()), { ...SHOWN, locale: document.documentElement.lang });
  boxes.observe(element);
  return figure.data.some((trace) => trace.x?.length > 0);
}

/** Letters and margins grow with those of the page: on a wall of pixels they would be too small to be read. */
function enlarge(layout, by) {
  if (by === 1) return layout;
  const grown = (value, name) => {
    if (Array.isArray(value)) return value.map((each) => grown(each));
    if (typeof value === "number") return ["size", "standoff", "l", "r", "t", "b"].includes(name) ? value * by : value;
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, grown(each, key)]));
  };
  return grown({ font: { size: 12 }, ...layout });
}

/** The figure as the drawer has room for it: small titles, narrow margins, the height of its box. */
function compact(layout) {
  const small = (axis) => ({ ...axis, title: { ...axis?.title, font: { size: 11 }, standoff: 6 } });
  return {
    ...layout,
    autosize: true,
    font: { ...layout.font, size: 11 },
    margin: { l: 44, r: 10, t: 20, b: 34 },
    xaxis: small(layout.xaxis),
    yaxis: small(layout.yaxis),
  };
}

export async function clearChart(element) {
  element.hidden = true;
  boxes.unobserve(element);
  if (globalThis.Plotly && element.firstElementChild) globalThis.Plotly.purge(element);
}
