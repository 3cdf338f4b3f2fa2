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
