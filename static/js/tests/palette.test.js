import assert from "node:assert/strict";
import { test } from "node:test";
import { bare, matches } from "#js/palette.js";

test("each word that is typed begins a word of the name, accents and capitals aside", () => {
  assert.ok(matches("Prendre en compte", "prend comp"));
  assert.ok(matches("Équipements", "equip"));
  assert.ok(matches("Main courante", ""));
  assert.ok(matches("Cacher l’incident", "incid"));
  assert.ok(!matches("Main courante", "rante"));
  assert.ok(!matches("Main courante", "main coupe"));
});

test("an act is named without the key beside it", () => {
  assert.equal(bare("Regrouper par incident (G)", "G"), "Regrouper par incident");
  assert.equal(bare(" Commenter\n C ", "C"), "Commenter");
  assert.equal(bare("Plan D", "E"), "Plan D");
});
