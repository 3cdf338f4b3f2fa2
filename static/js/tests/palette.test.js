import assert from "node:assert/strict";
import { test } from "node:test";
import { matches } from "#js/palette.js";

test("each word that is typed begins a word of the name, accents and capitals aside", () => {
  assert.ok(matches("Prendre en compte", "prend comp"));
  assert.ok(matches("Équipements", "equip"));
  assert.ok(matches("Main courante", ""));
  assert.ok(matches("Cacher l’incident", "incid"));
  assert.ok(!matches("Main courante", "rante"));
  assert.ok(!matches("Main courante", "main coupe"));
});
