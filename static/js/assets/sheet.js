// The sheet of an asset: values that stay fresh, a line of the last day beside each, one chart with its period, the place.

import { call } from "#js/api.js";
import { watch } from "#js/cameras.js";
import { drawPointChart } from "#js/chart.js";
import { desk } from "#js/frame.js";
import { inZone } from "#js/assets/zone.js";
import { sparkline } from "#js/assets/sparkline.js";

const FRESH = 30_000;
const DAY = 86_400_000;
const { format, given, store } = desk;
const sheet = document.getElementById("sheet");
const points = document.getElementById("points");
const ranges = document.getElementById("ranges");
const chart = document.getElementById("chart");
const none = document.getElementById("chart-none");
const title = document.getElementById("chart-title");
const picture = document.getElementById("picture");
if (picture) watch(picture, picture.dataset.address, (seen) => (document.getElementById("picture-lost").hidden = seen));
const lines = new Map(); // point → its sparkline
let chosen = null;
let drawing = null;

function sayTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.textContent = format.when(moment);
    time.title = `${format.when(moment)} ${format.zone(moment)}`;
  }
}

async function spark(row) {
  const id = row.dataset.point;
  if (!lines.has(id)) {
    const from = new Date(Date.now() - DAY).toISOString();
    lines.set(id, call("GET", `/points/${id}/readings?from=${from}&times=epoch`).then(sparkline, () => null));
  }
  const drawn = await lines.get(id);
  if (drawn) row.querySelector(".spark").replaceChildren(drawn.cloneNode(true));
}

function settle() {
  sayTimes(points);
  for (const row of points.querySelectorAll("[data-point]")) {
    spark(row);
    row.classList.toggle("here", row.dataset.point === chosen);
  }
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch("?part=points");
  if (!answer.ok) return;
  const focused = document.activeElement?.closest("[data-point]")?.dataset.point;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  points.replaceChildren(holder.content);
  if (focused) points.querySelector(`[data-point="${focused}"] button`)?.focus();
  settle();
}

function period() {
  const { from, to, hours } = Object.fromEntries(new FormData(ranges));
  if (from && to) return [inZone(from, given.site.timezone), inZone(to, given.site.timezone)];
  const end = new Date();
  return [new Date(end - Number(hours) * 3_600_000), end];
}

async function draw() {
  if (chosen === null) return;
  drawing?.abort();
  drawing = new AbortController();
  const [from, to] = period();
  if (!(from < to)) return;
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
ranges.addEventListener("change", ({ target }) => {
  if (target.name === "hours") ranges.from.value = ranges.to.value = "";
  draw();
});
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });

sayTimes(document);
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
