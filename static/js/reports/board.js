// Reports: asked for again as the filters are; the figures of its charts come with the tables.

import { drawFigures } from "#js/chart.js";
import { asOneTypes } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";

const { format, given } = desk;
const holder = document.getElementById("report");
const filters = document.getElementById("report-filters");
const pdf = document.getElementById("report-pdf");
const csv = document.getElementById("report-csv");
const ask = piece(holder, { prepare: (content) => sayTimes(content, format), yields: () => false });
let drawing = new AbortController();

const wanted = () => new URLSearchParams([...new FormData(filters)].filter(([, value]) => value !== ""));

async function draw() {
  drawing.abort();
  drawing = new AbortController();
  const charts = holder.querySelector(".report-charts");
  if (!charts) return;
  const boxes = Object.fromEntries([...charts.querySelectorAll("[data-chart]")].map((box) => [box.dataset.chart, box]));
  await drawFigures(boxes, JSON.parse(document.getElementById("report-figures").textContent), { signal: drawing.signal });
}

/** Two days of one's own instead of a named period, or the other way round: what was chosen last counts. */
filters.addEventListener("input", ({ target }) => {
  if (target.name === "period") for (const name of ["from", "to"]) filters.elements[name].value = "";
});

asOneTypes(filters, async () => {
  history.replaceState(null, "", `?${wanted()}`);
  pdf.href = `/sites/${given.site.slug}/reports.pdf?${wanted()}`;
  csv.href = `/api/v1/sites/${given.site.slug}/reports/annunciations.csv?${wanted()}`;
  holder.setAttribute("aria-busy", "true");
  await ask(`${wanted()}&part=report&theme=${document.documentElement.dataset.theme}`, { anyhow: true });
  holder.removeAttribute("aria-busy");
  await draw();
});
sayTimes(document, format);
keepTimes(format);
draw();
