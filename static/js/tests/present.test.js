import assert from "node:assert/strict";
import { test } from "node:test";
import { createAlarmStore } from "#js/alarms.js";
import { createFormat } from "#js/format.js";
import { briefly, inFull, presentOf, standing, valueText, witnessOf } from "#js/present.js";

const words = {
  "present.now": "Maintenant {value}, il y a {age}",
  "present.moving": "Maintenant {value} {trend}, il y a {age}",
  "present.falling": "en baisse",
  "present.last": "Dernière mesure {value}, il y a {age}",
  "present.bad": "Inconnu : mauvaise mesure, il y a {age}",
  "present.silent": "Inconnu : flux muet depuis {age}. Dernière mesure {value} à {when}",
  "present.unknown": "inconnu",
  "present.quiet": "Rien reçu depuis {age}",
  "present.quiet_briefly": "rien depuis {age}",
  "present.unusable_briefly": "inutilisable depuis {age}",
  "present.quiet_from": "Rien reçu depuis {when}",
  "present.unusable": "Rien d’utilisable depuis {age}",
  "present.hourly": "{value} par heure",
};
const format = createFormat({ language: "fr", timezone: "Europe/Paris", words });
const AT = Date.parse("2026-11-22T10:20:00Z");
const point = (changes) => ({
  ...{ point: 12, at: "2026-11-22T10:20:00.000Z", value: 1.24, unit: "m", interval: 60 },
  ...{ state: null, trend: "falling", quality: "good", silent_since: null, ...changes },
});
const plain = (text) => text.replaceAll("\u00a0", " ");
const full = (changes, after, linked) => plain(inFull(point(changes), AT + after * 1000, format, linked));

test("a value is told with its unit, its trend and its age, which goes on", () => {
  assert.equal(full({}, 40), "Maintenant 1,24 m ↓ en baisse, il y a 40 s");
  assert.equal(full({}, 60), "Maintenant 1,24 m ↓ en baisse, il y a 1 min");
  assert.equal(full({ trend: null }, 40), "Maintenant 1,24 m, il y a 40 s");
  assert.equal(plain(briefly(point(), AT + 40_000, format, true).text), "1,24 m ↓ · 40 s");
});

test("a point of a silent feed is unknown, and says since when", () => {
  const silent = { silent_since: "2026-11-22T10:20:10.000Z" };
  assert.equal(full(silent, 730), `Inconnu : flux muet depuis 12 min. Dernière mesure 1,24 m le ${format.when("2026-11-22T10:20:00Z")}`);
  assert.deepEqual(briefly(point(silent), AT + 730_000, format, true).text, "inconnu");
});

test("what is older than three intervals, or read by a page that no longer hears, is no present value", () => {
  assert.equal(standing(point(), AT + 180_000), "now");
  assert.equal(standing(point(), AT + 181_000), "last");
  assert.equal(standing(point({ interval: 5 }), AT + 60_000), "now", "a short interval is not mistrusted at once");
  assert.equal(full({}, 600), "Dernière mesure 1,24 m, il y a 10 min");
  assert.equal(full({}, 40, false), "Dernière mesure 1,24 m, il y a 40 s");
});

test("a bad reading leaves the value unknown", () => {
  assert.equal(full({ quality: "bad" }, 40), "Inconnu : mauvaise mesure, il y a 40 s");
});

test("a state is told by its name, and large numbers without decimals nobody reads", () => {
  assert.equal(valueText(point({ state: { fr: "ouverte", en: "open" }, unit: "" }), format), "ouverte");
  assert.equal(plain(valueText(point({ value: 1234.5, unit: "kWh" }), format)).replace(/\s/g, " "), "1 235 kWh");
  assert.equal(plain(valueText(point({ value: 230.44, unit: "V" }), format)), "230,4 V");
  assert.equal(plain(valueText(point({ value: 0.0123, unit: "mm/s" }), format)), "0,012 mm/s");
});

test("of a counter what it consumes is told, and how long that is known", () => {
  const counter = { value: 48_213.4, unit: "kWh", trend: null, rate: 12.34, rate_at: "2026-11-22T10:00:00Z" };
  assert.equal(full(counter, 40), "Maintenant 12,34 kWh par heure, il y a 20 min");
  assert.equal(plain(briefly(point(counter), AT + 40_000, format, true).text), "12,34 kWh par heure · 20 min");
  assert.equal(plain(valueText(point({ ...counter, rate: 0 }), format)), "0 kWh par heure");
});

test("of a sector's alarm the worst point of now is told by its code, and in full by its name", () => {
  const store = createAlarmStore();
  store.apply({ type: "present", points: [point({ alarm: 7, of: { code: "LIM-12", name: "Jauge du pont" } }), point({ value: 9 })] });
  const told = store.present.get(witnessOf({ id: 7, subject: "sector:nord", witness: 12 }));
  assert.equal(plain(briefly(told, AT + 40_000, format, true).text), "1,24 m ↓ LIM-12 · 40 s");
  assert.equal(plain(inFull(told, AT + 40_000, format, true)), "Maintenant 1,24 m ↓ en baisse, il y a 40 s — Jauge du pont");
  assert.equal(store.present.get(witnessOf({ id: 8, subject: "point:12", witness: 12 })).value, 9);
});

test("the store keeps the newest value of each point, and tells nobody", () => {
  const store = createAlarmStore();
  let told = 0;
  store.subscribe(() => (told += 1));
  assert.equal(store.apply({ type: "present", at: "2026-11-22T10:20:00.000Z", points: [point()] }), null);
  store.apply({ type: "present", at: "2026-11-22T10:20:02.000Z", points: [point({ value: 1.3 })] });
  assert.equal(store.present.get(12).value, 1.3);
  assert.equal(told, 0);
});

test("beside the alarm of a silence is since when nothing came, which goes on, and nothing once it has ended or begun anew", () => {
  const store = createAlarmStore();
  const row = { id: 9, subject: "feed:3", witness: null, state: "unacknowledged", raised_at: "2026-11-22T10:23:00.000Z" };
  store.apply({
    type: "present",
    points: [{ point: null, alarm: 9, raised_at: "2026-11-22T10:23:00.000Z", silent_since: "2026-11-22T10:20:00.000Z", speaks: false }],
  });
  const told = presentOf(store, row);
  assert.equal(inFull(told, AT + 730_000, format, true), "Rien reçu depuis 12 min");
  assert.deepEqual(briefly(told, AT + 40_000, format, true).text, "rien depuis 40 s");
  assert.equal(briefly({ ...told, speaks: true }, AT + 40_000, format, true).text, "inutilisable depuis 40 s");
  assert.equal(inFull({ ...told, speaks: true }, AT + 730_000, format, true), "Rien d’utilisable depuis 12 min");
  assert.equal(inFull(told, AT + 730_000, format, false), `Rien reçu depuis le ${format.when("2026-11-22T10:20:00Z")}`);
  assert.equal(presentOf(store, { ...row, state: "returned" }), undefined);
  assert.equal(presentOf(store, { ...row, raised_at: "2026-11-22T10:25:00.000Z" }), undefined, "that was the silence before");
});
