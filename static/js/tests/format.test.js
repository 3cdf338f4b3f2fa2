import assert from "node:assert/strict";
import { test } from "node:test";

import { createFormat } from "#js/format.js";

const format = createFormat({ language: "fr", timezone: "Europe/Paris", words: {} });
const pick = (fr) => format.pick({ fr }).replaceAll("\u00a0", "~");

test("no line of a sentence begins with a sign or a unit", () => {
  assert.equal(pick("Borne rue Musset n° 3 : bloquée ; voir « Accès »"), "Borne rue Musset n°~3~: bloquée~; voir «~Accès~»");
  assert.equal(pick("Niveau d'eau 2,63 m > 2,50 m depuis 2 min"), "Niveau d'eau 2,63~m > 2,50~m depuis 2~min");
});

test("a table of texts is given as it is", () => {
  const codes = { 3: "en panne" };
  assert.equal(format.pick({ fr: codes }), codes);
});

const words = { raised: "apparue à {when}", since: "muet depuis {when}, {n} fois", until: "jusqu’à {when}", alone: "{when}" };
const french = createFormat({ language: "fr", timezone: "Europe/Paris", words });
const english = createFormat({ language: "en", timezone: "Europe/Paris", words: { raised: "raised at {when}", since: "silent since {when}" } });
const NOW = new Date("2026-11-22T20:00:00Z");

test("a time of another day carries its date, one of another year its year, in the site's zone", () => {
  assert.equal(french.when("2026-11-22T13:32:07Z", NOW), "14:32:07");
  assert.equal(french.when("2026-11-21T23:32:07Z", NOW), "00:32:07", "it is tomorrow already in Paris");
  assert.equal(french.when("2026-11-21T13:32:07Z", NOW), "21 nov. 14:32:07");
  assert.equal(french.when("2025-11-22T13:32:07Z", NOW), "22 nov. 2025 14:32:07");
  assert.equal(english.when("2026-11-21T13:32:07Z", NOW), "21 Nov 14:32:07");
});

test("a date takes another word before it than a time does", () => {
  const when = french.when("2026-11-21T13:32:07Z", NOW);
  assert.equal(french.say("raised", { when: "14:32:07" }), "apparue à 14:32:07");
  assert.equal(french.say("raised", { when }), "apparue le 21 nov. 14:32:07");
  assert.equal(french.say("since", { when, n: 2 }), "muet depuis le 21 nov. 14:32:07, 2 fois");
  assert.equal(french.say("until", { when }), "jusqu’au 21 nov. 14:32:07");
  assert.equal(french.say("alone", { when }), when);
  assert.equal(french.say("until", { when: "2 min" }), "jusqu’à 2 min");
  assert.equal(english.say("raised", { when: english.when("2026-11-21T13:32:07Z", NOW) }), "raised on 21 Nov 14:32:07");
  assert.equal(english.say("since", { when: "21 Nov 14:32:07" }), "silent since 21 Nov 14:32:07");
});

test("a person is told by name, and by the login without one", () => {
  const format = createFormat({ language: "fr", timezone: "Europe/Paris", words: {}, names: { op7: "Camille Roux" } });
  assert.equal(format.person("op7"), "Camille Roux");
  assert.equal(format.person("op8"), "op8");
});
