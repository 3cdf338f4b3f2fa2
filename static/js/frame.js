// Every page of a site: the store, the live link, lamps, clock, sound, announcements. The page's own module takes `desk` from here.

import { createAlarmStore } from "#js/alarms.js";
import { setBeating } from "#js/beat.js";
import { createCalls } from "#js/calls.js";
import { watchCommands } from "#js/commands/watch.js";
import { client, on, parts, recall, remember, setText } from "#js/dom.js";
import { pageFormat } from "#js/format.js";
import { keepHelp } from "#js/help.js";
import { keepKeys } from "#js/keys.js";
import { connect, VERSION } from "#js/live.js";
import { keepLoad } from "#js/load.js";
import { watchMessages } from "#js/messages/watch.js";
import { createNotices } from "#js/notices.js";
import { isSilent, SEVERITIES, worse } from "#js/nouns/alarm.js";
import { createPalette } from "#js/palette.js";
import { keepPressed } from "#js/pressed.js";
import { watchProcedures } from "#js/procedures/watch.js";
import { keepSilenceCount } from "#js/silence_count.js";
import { createSound, worstOf } from "#js/sound.js";
import { keepSteady } from "#js/steady.js";
import { keepTimes } from "#js/times.js";
import { toast } from "#js/toast.js";
import { createVoice } from "#js/voice.js";

const given = client();
const format = pageFormat();
const store = createAlarmStore({ me: given.me, names: given.names });
const top = document.querySelector(".top");
const part = parts(top);

// --- lamps ---

const lamps = SEVERITIES.map((severity) => {
  const element = top.querySelector(`.lamp[data-severity="${severity}"]`);
  return { severity, element, ...parts(element) };
});

const still = matchMedia("(prefers-reduced-motion: reduce)");
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
  paintOutside();
  setText(part.shelved, format.number(counts.shelved));
  setText(part.suppressed, format.number(counts.suppressed));
  paintFeeds();
  for (const button of top.querySelectorAll("[data-scope]")) button.setAttribute("aria-pressed", store.filters.scope === button.dataset.scope);
  const waiting = SEVERITIES.some((severity) => counts[severity].waiting > 0);
  setBeating(top.querySelector(".lamps"), waiting && !still.matches);
  sound.repeat([...store.alarms.values()].some(mustBeHeard));
  const { critical, high } = counts;
  document.title = `${critical.waiting ? `(${critical.waiting}) ` : high.waiting ? `▲ ${high.waiting} ` : ""}${bareTitle}`;
}

/** The lamps count what the filters of this window keep from sight, too. */
function paintOutside() {
  const { filtered, hidden, critical } = store.sight();
  part.outside.hidden = !filtered || hidden === 0;
  part.outside.classList.toggle("critical", critical > 0);
  const told = format.say("outside", { n: hidden });
  setText(part.outside, critical ? format.say("outside.critical", { told, n: critical }) : told);
}

/** How many feeds are well: their health, not their alarms. Unknown while the server cannot tell. */
function paintFeeds() {
  const { feeds } = store;
  if (feeds === undefined) return; // what the page came with
  setText(part["feeds-well"], feeds ? format.number(feeds.well) : "—");
  setText(part["feeds-all"], feeds ? format.number(feeds.all) : "—");
  top.querySelector(".feeds").classList.toggle("unwell", !feeds || feeds.well < feeds.all);
}

/** The positions that the person holds, beside their name. */
function paintPosition() {
  const mine = [...store.rows("holding").values()].filter(({ holder }) => holder === given.me);
  part.position.hidden = mine.length === 0;
  setText(part.position, mine.length ? `· ${mine.map(({ position }) => format.pick(position.name)).join(", ")}` : "");
}

const bareTitle = document.title;
const mustBeHeard = (row) => row.severity === "critical" && row.state === "unacknowledged" && !isSilent(row);

// --- link and clock ---

/** How often it is noted that the city was seen, for the page that stands here when the server cannot be reached. */
const SEEN_EVERY = 10_000;
const link = document.getElementById("link");
const clock = document.getElementById("clock");

let seenAt = 0;

function paintLink({ state, seconds }) {
  if (state === "live" && Date.now() - seenAt > SEEN_EVERY) remember("seen", String((seenAt = Date.now())));
  if (link.dataset.state !== state) link.dataset.state = state;
  const text = format.say(`link.${state}`, { n: seconds ?? 0 });
  setText(link.querySelector(".text"), state === "cut" && seconds !== null ? `${text} · ${format.age(seconds * 1000)}` : text);
  const cut = state === "cut" || state === "refused";
  if (cut && !document.body.classList.contains("stale")) lostAt();
  document.body.classList.toggle("stale", cut);
  const bar = document.getElementById("cut");
  bar.hidden = state !== "cut";
  if (!bar.hidden) setText(bar, format.say("cut", { age: format.age((seconds ?? 0) * 1000) }));
}

/** The picture ages from here on, and says so: by a sound, and by a notice when nobody looks. */
function lostAt() {
  sound.cut();
  notices.show("cut", format.say("link.cut"), given.site.name);
}

function paintClock() {
  const now = new Date();
  voice.look();
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
const voice = createVoice({ onChange: () => paintSound() });
const volume = document.getElementById("volume");
volume.value = recall("volume", "100");
const sound = createSound({
  ...{ AudioContextClass: AudioContext, voice, muted, onChange: () => paintSound() },
  volume: () => (Number(recall("volume", "100")) || 100) / 100, // of every window of this browser
});
const soundButton = document.getElementById("sound");

function paintSound() {
  const { state, left } = sound.state();
  soundButton.dataset.state = state;
  const audible = state === "on" || state === "elsewhere";
  soundButton.querySelector("use").setAttribute("href", audible ? "#icon-sound" : "#icon-silence");
  const short = { on: "sound.short", elsewhere: "sound.short", off: "sound.blocked", muted: "sound.quiet" }[state];
  setText(part.text, format.say(short, { n: format.age(left) }));
  const name = format.say(`sound.${state}`, { n: format.age(left) });
  setText(part.name, name);
  soundButton.title = `${name} (M)`;
}

function toggleMute() {
  if (sound.state().state === "muted") sound.unmute();
  else sound.mute();
}

const calls = createCalls();
const notices = createNotices();

/** What has come to call: sounded by its severity, said aloud for screen readers, and shown by the system while the window is hidden. */
function callOut(rows) {
  const fresh = calls.of(rows);
  if (fresh.length === 0) return;
  const worst = worstOf(fresh.map((row) => row.severity));
  sound.play(worst);
  const [first] = [...fresh].sort(worse);
  const sentence = format.pick(first.sentence);
  if (worst === "critical") document.getElementById("announcer").textContent = format.say("announce.critical", { sentence });
  if (worst === "critical" || worst === "high") notices.show(first.id, `${format.say(`severity.${worst}`)} · ${given.site.name}`, sentence);
}

store.subscribe((change) => {
  if (change.ids === null || change.told?.holding) paintPosition();
  // What came while nothing was heard of the control room calls as soon as it is known.
  if (change.ids === null) callOut([...store.alarms.values()]);
  else if (change.rows) callOut(change.rows);
  if (!change.selection) painting ||= requestAnimationFrame(paintLamps);
});

// --- wiring ---

const scheme = location.protocol === "https:" ? "wss" : "ws";
const address = `${scheme}://${location.host}/ws/sites/${given.site.slug}/live?version=${VERSION}`;
const live = connect({
  url: (seq) => (seq === null ? address : `${address}&since=${seq}`),
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
sound.begin();
for (const type of ["pointerdown", "keydown"]) on(document, type, () => sound.allow(), { once: true });
on(volume, "change", () => {
  remember("volume", volume.value);
  sound.test();
});
on(document.getElementById("sound-test"), "click", async () => {
  const heard = await sound.test();
  toast(format.say(heard ? "sound.test_done" : "sound.test_failed"), "", { bad: !heard });
});
keepKeys(document.getElementById("single-keys"));
const notice = document.getElementById("notice-permission");
notice.hidden = notices.can() !== "default";
on(notice, "click", async () => {
  await notices.ask();
  notice.hidden = notices.can() !== "default";
});
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

const inForce = document.querySelector('.rail [data-part="in-force"]');
keepLoad(top.querySelector(".load"), { store, format, site: given.site.slug, me: given.me });
if (inForce) keepSilenceCount(inForce, { store, format, site: given.site.slug });

watchCommands({ store, format });
watchProcedures({ store, format, given, notices });
watchMessages({ store, format, given, notices });
createPalette(document.getElementById("palette"), document.getElementById("find"));
keepHelp(`/sites/${given.site.slug}/help`);
keepSteady(top);
keepPressed();
document.querySelector('.tabs [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
navigator.serviceWorker?.register("/worker.js").catch(() => undefined); // without it, a page that cannot be had is the browser's own
setInterval(paintClock, 1000);
keepTimes(format);
paintClock();

export const desk = { given, format, store, live, sound, toggleMute };
