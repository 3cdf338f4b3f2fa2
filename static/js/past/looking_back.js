// Looking back: the alarms of an instant of one day, on the map and in a list, as a slider says. Nothing here is live, and nothing acts.

import { createAlarmStore } from "#js/alarms.js";
import { call } from "#js/api.js";
import { clone, on, parts, setText } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { SEVERITIES } from "#js/nouns/alarm.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Hours written below the slider: each third. */
const TICK_HOURS = 3;
const ROWS = 300;

const { format, given } = desk;
const page = document.getElementById("looking-back");
const slider = document.getElementById("slider");
const instant = document.getElementById("instant");
const rows = document.getElementById("rows");
const store = createAlarmStore(); // of that instant; the frame keeps its own of now
const [start, last, end] = ["start", "last", "end"].map((name) => Date.parse(page.dataset[name]));
let asked = new AbortController();
let seq = 0;

const chosen = () => new Date(Math.min(start + Number(slider.value) * 1000, last));

/** A row as the map knows alarms; one that nobody heard is drawn as what is set aside. */
function asRow(alarm) {
  const silent = alarm.silenced !== "";
  return {
    ...{ id: alarm.id, seq, severity: alarm.severity, stake: "continuity", state: alarm.state, sentence: alarm.sentence, asset: alarm.asset },
    ...{ sector: alarm.sector, raised_at: alarm.raised_at, closed_at: null, incident: null, feed: null, feed_name: "", witness: null },
    ...{ taken_by: null, taken: alarm.taken, suppressed_by: null, shelved_until: silent ? "9999-01-01T00:00:00Z" : null, out_of_service_until: null },
  };
}

function stateOf({ silenced, state }) {
  if (silenced) return format.say(`instant.${silenced}`);
  return format.say(state === "returned" ? "tag.returned" : `state.${state}`);
}

function item(alarm, at) {
  const made = clone("stood-row");
  const part = parts(made);
  Object.assign(part.link.dataset, { severity: alarm.severity, state: alarm.silenced ? "silenced" : alarm.state });
  part.link.href = `/sites/${given.site.slug}/alarms/${alarm.id}`;
  part.glyph.setAttribute("href", `#glyph-${alarm.severity}`);
  setText(part.severity, format.say(`severity.${alarm.severity}`));
  setText(part.sentence, format.pick(alarm.sentence));
  setText(part.where, [alarm.asset?.code, alarm.sector?.name].filter(Boolean).join(" · "));
  setText(part.state, stateOf(alarm));
  setText(part.since, format.age(at - Date.parse(alarm.raised_at)));
  return made;
}

function paintCounts(counts) {
  const total = (passes) => counts.filter(passes).reduce((sum, { count }) => sum + count, 0);
  for (const severity of SEVERITIES) {
    const heard = total((each) => each.severity === severity && each.state !== "silenced");
    setText(document.querySelector(`[data-total="${severity}"]`), format.number(heard));
  }
  setText(document.querySelector("[data-total=silenced]"), format.number(total(({ state }) => state === "silenced")));
}

function paint({ at, alarms, counts, more }) {
  seq += 1;
  store.apply({ type: "snapshot", seq, rows: { alarm: alarms.map(asRow) }, more: false });
  rows.replaceChildren(...alarms.slice(0, ROWS).map((alarm) => item(alarm, Date.parse(at))));
  document.getElementById("calm").hidden = alarms.length > 0;
  document.getElementById("more").hidden = !more && alarms.length <= ROWS;
  paintCounts(counts);
}

async function look() {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  const at = chosen().toISOString();
  history.replaceState(null, "", `?at=${encodeURIComponent(at)}`);
  page.setAttribute("aria-busy", "true");
  try {
    paint(await call("GET", `/sites/${given.site.slug}/instant?${new URLSearchParams({ at })}`, undefined, { signal }));
    forgetRefusal();
    page.removeAttribute("aria-busy");
  } catch (error) {
    if (!signal.aborted) showRefusal(error);
  }
}

function sayInstant() {
  const at = chosen();
  instant.dateTime = at.toISOString();
  setText(instant, format.fully(at));
  slider.setAttribute("aria-valuetext", format.fully(at));
}

function writeHours() {
  const made = [];
  for (let hour = start; hour <= end; hour += TICK_HOURS * HOUR) {
    const tick = Object.assign(document.createElement("li"), { textContent: format.clock(new Date(hour)).slice(0, 5) });
    tick.style.setProperty("--at", `${((hour - start) / (end - start)) * 100}%`);
    made.push(tick);
  }
  document.getElementById("hours").replaceChildren(...made);
}

/** Seconds since the day began, at the minute after an instant: what is told in a minute is there at its end. */
const minuteAfter = (at) => String(Math.ceil((Math.min(at, last) - start) / MINUTE) * 60);

slider.max = String(Math.floor((end - start) / 1000));
slider.value = minuteAfter(Date.parse(page.dataset.at));
slider.addEventListener("input", () => {
  if (start + Number(slider.value) * 1000 > last) slider.value = minuteAfter(last); // what is to come is not there to be looked at
  sayInstant();
  look();
});
document.getElementById("day").addEventListener("change", ({ target }) => target.value && target.form.requestSubmit());
on(document, "keydown", (event) => {
  const free = event.key === "Escape" && !document.querySelector("dialog[open]") && !event.defaultPrevented;
  if (free && !document.querySelector("details.person[open]")) document.getElementById("now").click();
});
writeHours();
sayInstant();
look();
import("#js/map/index.js").then(
  ({ mount }) => mount(document.getElementById("map"), { site: given.site, store, select: (id) => store.select(id) }),
  () => undefined,
);
