// The sheet of an asset: values that stay fresh, a line of the last day beside each, one chart with its period, the place.

import { call } from "#js/api.js";
import { sparkline } from "#js/assets/sparkline.js";
import { inZone } from "#js/assets/zone.js";
import { watch } from "#js/cameras.js";
import { drawPointChart } from "#js/chart.js";
import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { sayTimes } from "#js/times.js";
import { openCamera } from "#js/windows.js";

const FRESH = 30_000;
const DAY = 86_400_000;
const FIRST_HOURS = 24;
const { format, given, store } = desk;
const sheet = document.getElementById("sheet");
const points = document.getElementById("points");
const ranges = document.getElementById("ranges");
const chart = document.getElementById("chart");
const csv = document.getElementById("chart-csv");
const none = document.getElementById("chart-none");
const reversed = document.getElementById("chart-reversed");
const title = document.getElementById("chart-title");
const picture = document.getElementById("picture");
if (picture) picture.parentElement.addEventListener("click", (event) => openCamera(event, picture.parentElement.href));
if (picture) watch(picture, picture.dataset.address, (seen) => (document.getElementById("picture-lost").hidden = seen));
let focused; // the point in whose row the keyboard was when the rows were replaced
const ask = piece(points, { prepare: () => (focused = document.activeElement?.closest("[data-point]")?.dataset.point), yields: () => false });
const lines = new Map(); // point → its sparkline
let chosen = null;
let drawing = null;

async function spark(row) {
  const id = row.dataset.point;
  if (!lines.has(id)) {
    const from = new Date(Date.now() - DAY).toISOString();
    lines.set(
      id,
      call("GET", `/points/${id}/readings?from=${from}&times=epoch`).then(sparkline, () => null),
    );
  }
  const drawn = await lines.get(id);
  if (drawn) row.querySelector(".spark").replaceChildren(drawn.cloneNode(true));
}

function settle() {
  sayTimes(points, format);
  for (const row of points.querySelectorAll("[data-point]")) {
    spark(row);
    row.classList.toggle("here", row.dataset.point === chosen);
  }
}

async function refresh() {
  if (!(await ask("part=points"))) return;
  if (focused) points.querySelector(`[data-point="${focused}"] button`)?.focus();
  settle();
}

/** What is asked for: the last hours, or a period of one's own as soon as both its ends are given; null for one that ends before it begins. */
function period() {
  const { from, to, hours } = Object.fromEntries(new FormData(ranges));
  if (from && to) {
    const own = [inZone(from, given.site.timezone), inZone(to, given.site.timezone)];
    return own[0] < own[1] ? own : null;
  }
  const end = new Date();
  return [new Date(end - Number(hours ?? FIRST_HOURS) * 3_600_000), end];
}

/** A period of one's own puts out the light of the fixed ones. */
function choosePeriod({ target }) {
  if (target.name === "hours") ranges.from.value = ranges.to.value = "";
  else if (ranges.from.value && ranges.to.value) for (const each of ranges.querySelectorAll("[name=hours]")) each.checked = false;
  draw();
}

async function draw() {
  if (chosen === null) return;
  drawing?.abort();
  drawing = new AbortController();
  const asked = period();
  reversed.hidden = asked !== null;
  for (const name of ["from", "to"]) ranges[name].setAttribute("aria-invalid", asked === null);
  chart.hidden = csv.hidden = asked === null;
  if (asked === null) {
    none.hidden = true;
    return;
  }
  const [from, to] = asked;
  csv.href = `/api/v1/points/${chosen}/readings.csv?${new URLSearchParams({ from: from.toISOString(), to: to.toISOString() })}`;
  title.textContent = points.querySelector(`[data-point="${chosen}"]`)?.dataset.name ?? title.textContent;
  try {
    const drawn = await drawPointChart(chart, chosen, { from: from.toISOString(), to: to.toISOString() }, { signal: drawing.signal });
    if (drawn !== undefined) none.hidden = drawn;
  } catch (error) {
    if (error.name !== "AbortError") none.hidden = false;
  }
}

function choose(id) {
  chosen = id;
  for (const row of points.querySelectorAll("[data-point]")) row.classList.toggle("here", row.dataset.point === chosen);
  draw();
}

points.addEventListener("click", ({ target }) => {
  const row = target.closest("[data-point]");
  if (row) choose(row.dataset.point);
});
ranges.addEventListener("change", choosePeriod);
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });

sayTimes(document, format);
settle();
setInterval(refresh, FRESH);
const first = points.querySelector("[data-point]");
if (first) choose(first.dataset.point);

const { mount } = await import("#js/map/index.js");
const map = document.getElementById("map");
mount(map, { site: { ...given.site }, store, select: () => undefined });
const place = { lon: Number(sheet.dataset.lon), lat: Number(sheet.dataset.lat), zoom: 17.4 };
new MutationObserver((_, watch) => {
  if (map.dataset.state !== "ready") return;
  watch.disconnect();
  map.dispatchEvent(new CustomEvent("map:show", { detail: place }));
}).observe(map, { attributeFilter: ["data-state"] });
