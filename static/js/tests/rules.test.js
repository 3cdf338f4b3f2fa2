// What a node of the schema asks for, and the small translations between what is written and what is meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { meantBy } from "#js/rules/fields.js";
import { empty, inUnits, meant, read, slugOf, steps } from "#js/rules/schema.js";

const schema = { $defs: { By: { title: "By", type: "object", properties: { metres: {} } }, Day: { enum: ["monday"] } } };

test("a node is read by its shape", () => {
  const shape = (node) => [read(schema, node).shape, read(schema, node).optional];
  assert.deepEqual(shape({ type: "number" }), ["number", false]);
  assert.deepEqual(shape({ anyOf: [{ type: "string" }, { type: "null" }] }), ["text", true]);
  assert.deepEqual(shape({ anyOf: [{ enum: ["a"] }, { $ref: "#/$defs/By" }] }), ["variants", false]);
  assert.deepEqual(shape({ anyOf: [{ $ref: "#/$defs/By" }, { type: "null" }] }), ["object", true]);
  assert.deepEqual(shape({ type: "array", items: { $ref: "#/$defs/By" } }), ["list", false]);
  assert.deepEqual(shape({ type: "array", items: { enum: ["a"] } }), ["flags", false]);
  assert.deepEqual(shape({ type: "array", items: { type: "number" } }), ["tokens", false]);
  assert.deepEqual(shape({ type: "object", additionalProperties: {} }), ["pairs", false]);
});

test("a path is cut into its steps", () => {
  assert.deepEqual(steps("limits[0].limit"), ["limits", 0, "limit"]);
  assert.deepEqual(steps(""), []);
});

test("nothing is empty, zero and false are not", () => {
  assert.deepEqual([undefined, null, "", [], {}].map(empty), [true, true, true, true, true]);
  assert.deepEqual([0, false, [0], { a: 1 }].map(empty), [false, false, false, false]);
});

test("seconds are told in their largest whole unit", () => {
  assert.deepEqual([0, 45, 120, 90, 7200, 86_400].map(inUnits), [
    [0, 1],
    [45, 1],
    [2, 60],
    [90, 1],
    [2, 3600],
    [1, 86_400],
  ]);
});

test("an attribute is what it looks like", () => {
  assert.deepEqual(["true", "false", "12,5", "-3", "AB-12", ""].map(meant), [true, false, 12.5, -3, "AB-12", ""]);
});

test("a name becomes a word of an address", () => {
  assert.equal(slugOf("Lampes éteintes sous l’armoire"), "lampes-eteintes-sous-l-armoire");
});

test("what is typed into a closed list is the one that it can only be, and nothing when it could be two", () => {
  const kinds = [
    ["lamp", "Candélabre"],
    ["camera", "Caméra"],
    ["anpr", "Caméra de lecture de plaques"],
    ["lift", "Ascenseur"],
  ];
  const slug = (typed, free = false) => meantBy(typed, kinds, free)?.[0];
  assert.equal(slug("candel"), "lamp");
  assert.equal(slug("LAMP"), "lamp");
  assert.equal(slug("caméra"), "camera");
  assert.equal(slug("plaque"), "anpr");
  assert.equal(slug("cam"), undefined);
  assert.equal(slug("lampadaire"), undefined);
  assert.equal(slug("candel", true), undefined);
});
