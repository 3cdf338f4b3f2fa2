// A wall: asks every two seconds what stands, shows it, and says since when it is blind. It comes back by itself, also as another version.

import { createAlarmStore } from "#js/alarms.js";
import { watch } from "#js/cameras.js";
import { client, clone, parts, setText } from "#js/dom.js";
import { pageFormat } from "#js/format.js";
import { SEVERITIES } from "#js/nouns/alarm.js";

const EVERY_MS = 2000;
const PATIENCE_MS = 8000;
const CUT_MS = 8000;
/** Rows that are made: more than any screen has room for. */
const ROWS = 60;

const { site } = client();
const format = pageFormat();
const store = createAlarmStore();
const wall = document.getElementById("wall");
const link = document.getElementById("link");
const cut = document.getElementById("cut");
const clock = document.getElementById("clock");
const rows = document.getElementById("rows");
const pictures = document.getElementById("cameras");
const base = `/walls/${site.slug}`;
const began = Date.now();
let seq = null;
let heardAt = null;
let watched = "";
let stops = [];

function paintLamps(totals) {
  for (const severity of SEVERITIES) {
    const lamp = document.querySelector(`.wall-lamp[data-severity="${severity}"]`);
    const part = parts(lamp);
    setText(part.open, format.number(totals[`open_${severity}`]));
    setText(part.waiting, format.number(totals[`waiting_${severity}`]));
    lamp.classList.toggle("open", totals[`open_${severity}`] > 0);
    lamp.classList.toggle("waiting", totals[`waiting_${severity}`] > 0);
  }
  setText(document.getElementById("shelved"), format.number(totals.shelved));
  setText(document.getElementById("suppressed"), format.number(totals.suppressed));
}

function row(alarm) {
  const item = clone("wall-row");
  const part = parts(item);
  Object.assign(item.dataset, { severity: alarm.severity, state: alarm.state });
  item.querySelector("use").setAttribute("href", `#glyph-${alarm.severity}`);
  setText(part.severity, format.say(`severity.${alarm.severity}`));
  setText(part.sentence, format.pick(alarm.sentence));
  setText(part.where, [alarm.asset?.code ?? alarm.feed_name, alarm.sector?.name].filter(Boolean).join(" · "));
  setText(part.state, format.say(alarm.state === "returned" ? "tag.returned" : `state.${alarm.state}`));
  part.age.dateTime = alarm.raised_at;
  return item;
}

function paintRows(alarms) {
  if (!rows) return;
  rows.replaceChildren(...alarms.slice(0, ROWS).map(row));
  document.getElementById("calm").hidden = alarms.length > 0;
}

/** The pictures are begun anew only when the cameras are others: one that is looked at does not blink. */
function paintCameras(cameras) {
  if (!pictures) return;
  const wanted = cameras.map(({ id }) => id).join();
  document.getElementById("no-cameras").hidden = cameras.length > 0;
  if (wanted === watched) return;
  watched = wanted;
  for (const stop of stops) stop();
  const items = cameras.map(() => clone("wall-camera"));
  pictures.replaceChildren(...items);
  stops = cameras.map((camera, index) => {
    const part = parts(items[index]);
    setText(part.name, `${camera.code} · ${camera.name} · ${format.number(camera.distance, 0)} m`);
    part.picture.alt = `${camera.code} ${camera.name}`;
    return watch(part.picture, `${base}/cameras/${camera.id}`, (seen) => items[index].classList.toggle("dark", !seen));
  });
}

function paintAges() {
  const now = new Date();
  setText(clock, format.clock(now));
  for (const age of document.querySelectorAll(".wall-row time")) setText(age, format.age(now - new Date(age.dateTime)));
  const silence = Date.now() - (heardAt ?? began);
  const blind = silence > CUT_MS;
  link.dataset.state = blind ? "cut" : heardAt === null ? "opening" : "live";
  setText(link, format.say(`link.${link.dataset.state}`));
  document.body.classList.toggle("stale", blind);
  cut.hidden = !blind;
  if (blind) setText(cut, format.say("cut", { age: format.age(silence) }));
}

function take(told) {
  heardAt = Date.now();
  setText(document.getElementById("feeds"), told.feeds ? `${format.number(told.feeds.well)} / ${format.number(told.feeds.all)}` : "—");
  if (told.build !== wall.dataset.build) location.reload();
  if (!told.stands || told.stands.seq === seq) return;
  const { alarms, totals, cameras } = told.stands;
  seq = told.stands.seq;
  store.apply({ type: "snapshot", seq, rows: { alarm: alarms }, more: false });
  paintLamps(totals);
  paintRows(alarms);
  paintCameras(cameras);
}

async function ask() {
  try {
    const answer = await fetch(`${base}/state?seq=${seq ?? ""}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 403)
      location.reload(); // revoked: the page says so, and shows nothing any more
    else if (answer.ok) take(await answer.json());
  } catch {
    // nothing was heard: `paintAges` says since when
  }
  paintAges();
  setTimeout(ask, EVERY_MS);
}

async function mountMap(element) {
  const map = await import("#js/map/index.js").catch(() => null);
  map?.mount(element, { site, store, select: () => undefined });
}

if (document.getElementById("map")) mountMap(document.getElementById("map"));
navigator.serviceWorker?.register("/worker.js").catch(() => undefined);
setInterval(paintAges, 1000);
ask();
