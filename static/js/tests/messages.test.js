// Messages between rooms: what is left of their time, who owes an answer, and what a form makes of lines.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answersOf, named } from "#js/messages/compose.js";
import { owed, waiting } from "#js/messages/waiting.js";

const recipient = (members, told = {}) => ({ members, answered_at: null, acknowledged_at: null, ...told });
const row = (kind, recipients, told = {}) => ({ kind, closed_at: null, recipients, ...told });

test("a question waits for whoever answers for an entity until it has answered, also once it was read", () => {
  const read = recipient(["ana"], { acknowledged_at: "2026-01-01T00:00:00Z" });
  assert.equal(owed(row("question", [read]), "ana").length, 1);
  assert.equal(owed(row("question", [recipient(["ana"], { answered_at: "2026-01-01T00:00:00Z" })]), "ana").length, 0);
  assert.equal(owed(row("message", [read]), "ana").length, 0);
});

test("nothing waits for whoever is no member, nor when it is closed", () => {
  const rows = [row("message", [recipient(["ana"])]), row("message", [recipient(["bob"])]), row("message", [recipient(["ana"])], { closed_at: "x" })];
  assert.equal(waiting(rows, "ana"), 1);
  assert.equal(waiting(rows, "eve"), 0);
});

test("lines become answers with ids that differ, whatever they are written in", () => {
  assert.deepEqual(
    named("Oui\n\n  Évacué \nOui\n救").map(({ id }) => id),
    ["oui-1", "evacue-2", "oui-3", "r-4"],
  );
  assert.deepEqual(answersOf("choices", { choices: "Oui", fields: "" }), { choices: [{ value: "oui-1", label: { fr: "Oui", en: "Oui" } }] });
  assert.equal(answersOf("", { choices: "Oui", fields: "Nombre" }), null);
});
