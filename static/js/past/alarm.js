// The life of one alarm: why and the chart are asked for once, what happened again whenever something is told of it.

import { call, Refused } from "#js/api.js";
import { drawAlarmChart } from "#js/chart.js";
import { told } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import * as notified from "#js/notified.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";
import { endLines, whyLines } from "#js/why.js";

const SOON_MS = 400;
const { format, given, store } = desk;
const page = document.getElementById("alarm-life");
const id = Number(page.dataset.alarm);
const { signal } = new AbortController();
const story = document.getElementById("life-story");
const ask = piece(story, { prepare: (content) => sayTimes(content, format) });
const people = notified.mount(document.getElementById("life-notified"), { format });
const sheet = (asset) => `/sites/${given.site.slug}/assets/${asset}`;
let due = 0;

async function unlessRefused(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

async function tell() {
  const alarm = await insist("GET", `/alarms/${id}`, undefined, { signal });
  document.getElementById("why").replaceChildren(...[...whyLines(alarm, format, sheet), ...endLines(alarm, format, sheet)].map(told));
}

async function draw() {
  const box = document.getElementById("chart-box");
  const figure = await call("GET", `/alarms/${id}/chart?theme=${document.documentElement.dataset.theme}`, undefined, { signal });
  if (figure.data.length === 0) return;
  box.hidden = false;
  await drawAlarmChart(document.getElementById("life-chart"), id, { signal });
}

const about = (entry) => entry.about.alarm?.includes(id);

store.subscribe(({ told: rows, entries = [] }) => {
  if (!rows?.alarm?.some((row) => row.id === id) && !entries.some(about)) return;
  due ||= setTimeout(() => {
    due = 0;
    ask("part=story");
    unlessRefused(tell);
  }, SOON_MS);
});
sayTimes(document, format);
keepTimes(format);
unlessRefused(tell);
unlessRefused(draw);
unlessRefused(() => people.show(id, signal));
