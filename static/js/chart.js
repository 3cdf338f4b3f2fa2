// The chart of an alarm: Plotly, loaded when the first chart is wanted, under a policy that allows no inline style.

import { Refused, call } from "#js/api.js";
import { client } from "#js/dom.js";

const SHOWN = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: "reset", showTips: false };
let loading = null;

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
  await draw(element, `/alarms/${id}/chart?`, compact, signal);
}

/** A point over a period {from, to} (ISO 8601). Answers whether there was anything to draw, undefined when aborted. */
export function drawPointChart(element, id, period, { signal }) {
  return draw(element, `/points/${id}/chart?${new URLSearchParams(period)}&`, (layout) => ({ ...layout, autosize: true }), signal);
}

async function draw(element, path, fitted, signal) {
  const theme = document.documentElement.dataset.theme;
  const [library, figure] = await Promise.all([plotly(), call("GET", `${path}theme=${theme}`, undefined, { signal })]);
  if (signal.aborted) return undefined;
  if (figure.data.length === 0) return false;
  element.hidden = false;
  await library.react(element, figure.data, fitted(figure.layout), { ...SHOWN, locale: document.documentElement.lang });
  return figure.data.some((trace) => trace.x?.length > 0);
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
  if (globalThis.Plotly && element.firstElementChild) globalThis.Plotly.purge(element);
}
