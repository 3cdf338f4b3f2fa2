// Every page of a site: the store, the live link, lamps, clock, sound, announcements. The page's own module takes `desk` from here.

import { setBeating } from "#js/beat.js";
import { client, on, parts, recall, remember, setText } from "#js/dom.js";
import { pageFormat } from "#js/format.js";
import { connect } from "#js/live.js";
import { createSound, worstOf } from "#js/sound.js";
import { SEVERITIES, createStore, isSilent } from "#js/store.js";

const given = client();
const format = pageFormat();
const store = createStore({ me: given.me });
const top = document.querySelector(".top");
const part = parts(top);

// --- lamps ---

const lamps = SEVERITIES.map((severity) => {
  const element = top.querySelector(`.lamp[data-severity="${severity}"]`);
  return { severity, element, ...parts(element) };
});

let painting = 0;

function paintLamps() {
  painting = 0;
  if (store.seq === null) return;
  const counts = store.counts();
  for (const lamp of lamps) {
    const { open, waiting } = counts[lamp.severity];
    setText(lamp.waiting, format.number(waiting));
    setText(lamp.open, format.number(open));
    lamp.element.classList.toggle("open", open > 0);
    lamp.element.classList.toggle("waiting", waiting > 0);
    lamp.element.setAttribute("aria-pressed", store.filters.severities.has(lamp.severity));
  }
  setText(part.shelved, format.number(counts.shelved));
  setText(part.suppressed, format.number(counts.suppressed));
  setText(part["feeds-well"], format.number(Math.max(0, given.feeds - counts.feeds.size)));
  top.querySelector(".feeds").classList.toggle("unwell", counts.feeds.size > 0);
  for (const button of top.querySelectorAll("[data-scope]")) button.setAttribute("aria-pressed", store.filters.scope === button.dataset.scope);
  const waiting = SEVERITIES.some((severity) => counts[severity].waiting > 0);
  setBeating(waiting);
  sound.repeat([...store.alarms.values()].some(calls));
  document.title = `${counts.critical.waiting ? `(${counts.critical.waiting}) ` : ""}${bareTitle}`;
}

const bareTitle = document.title;
const calls = (row) => row.severity === "critical" && row.state === "unacknowledged" && !isSilent(row);

// --- link and clock ---

const link = document.getElementById("link");
const clock = document.getElementById("clock");

function paintLink({ state, seconds }) {
  if (link.dataset.state !== state) link.dataset.state = state;
  const text = format.say(`link.${state}`, { n: seconds ?? 0 });
  setText(link.querySelector(".text"), state === "cut" && seconds !== null ? `${text} · ${format.age(seconds * 1000)}` : text);
  document.body.classList.toggle("stale", state === "cut" || state === "refused");
}

function paintClock() {
  const now = new Date();
  setText(clock, format.clock(now));
  clock.dateTime = now.toISOString();
  paintSound();
}

// --- sound ---

const muted = {
  get until() {
    return Number(recall("muted", "0"));
  },
  set until(moment) {
    remember("muted", String(moment));
  },
};
let leads = false;
navigator.locks.request("vigie-sound", () => {
  leads = true;
  return new Promise(() => {}); // held until this window closes
});
const sound = createSound({ AudioContextClass: AudioContext, muted, leads: () => leads, onChange: () => paintSound() });
const soundButton = document.getElementById("sound");

function paintSound() {
  const { state, left } = sound.state();
  soundButton.dataset.state = state;
  soundButton.querySelector("use").setAttribute("href", state === "on" ? "#icon-sound" : "#icon-silence");
  const shown = { on: "", off: format.say("sound.blocked"), muted: format.age(left) }[state];
  setText(part.text, shown);
  const name = format.say(`sound.${state}`, { n: format.age(left) });
  setText(part.name, name);
  soundButton.title = `${name} (M)`;
}

function toggleMute() {
  if (sound.state().state === "muted") sound.unmute();
  else sound.mute();
}

/** What has come to wait: said aloud for screen readers when critical, sounded by its severity. */
function callOut(change) {
  if (!change.rows) return;
  const fresh = change.rows.filter((row) => row.state === "unacknowledged" && !isSilent(row) && !known.has(row.id));
  for (const row of fresh) known.add(row.id);
  if (fresh.length === 0) return;
  sound.play(worstOf(fresh.map((row) => row.severity)));
  const critical = fresh.filter((row) => row.severity === "critical");
  if (critical.length) {
    document.getElementById("announcer").textContent = format.say("announce.critical", { sentence: format.pick(critical[0].sentence) });
  }
}

const known = new Set();

store.subscribe((change) => {
  if (change.ids === null) for (const id of store.alarms.keys()) known.add(id);
  callOut(change);
  painting ||= requestAnimationFrame(paintLamps);
});

// --- wiring ---

const scheme = location.protocol === "https:" ? "wss" : "ws";
const address = `${scheme}://${location.host}/ws/sites/${given.site.slug}/live`;
const live = connect({
  url: (seq) => (seq === null ? address : `${address}?since=${seq}`),
  store,
  onLink: paintLink,
  onRefused: sayRefused,
});

/** A page that cannot be live says why, stays, and offers what helps: it is never loaded again by itself. */
function sayRefused(why) {
  const bar = document.getElementById("refused");
  setText(parts(bar).why, format.say(`refused.${why}`));
  parts(bar).login.hidden = why !== "session";
  bar.hidden = false;
}

on(window, "online", () => live.retry());
on(document, "visibilitychange", () => document.visibilityState === "visible" && live.retry());
for (const type of ["pointerdown", "keydown"]) on(document, type, () => sound.allow(), { once: true });
on(soundButton, "click", () => (sound.state().state === "off" ? sound.allow() : toggleMute()));

const deskForm = document.getElementById("desk-form");
on(deskForm.elements.desk, "change", () => deskForm.requestSubmit());
const person = top.querySelector(".person");
on(document, "pointerdown", (event) => person.open && !person.contains(event.target) && (person.open = false));
on(person, "keydown", (event) => {
  if (event.key === "Escape") {
    person.open = false;
    person.querySelector("summary").focus();
  }
});

setInterval(paintClock, 1000);
paintClock();

export const desk = { given, format, store, live, sound, toggleMute };
