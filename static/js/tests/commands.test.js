// What every desk is told of commands: what is armed and by whom, and how much time is left.

import assert from "node:assert/strict";
import { test } from "node:test";

import { outlookLines } from "#js/commands/ask.js";
import { timeWords } from "#js/commands/rows.js";
import { armedWords, toSee } from "#js/commands/watch.js";
import { createFormat } from "#js/format.js";
import { isOpen } from "#js/nouns/command.js";

const words = {
  "armed.told": "{type} · {asset}: armed by {who}, {n}",
  "armed.asked": "{type} · {asset}: asked for by {who}",
  "command.waits": "{n} to confirm it",
  "command.left": "{n} left",
  "command.free": "free",
  "command.reached": "reached",
  "command.uncarried": "uncarried",
  "command.under_way": "under way",
  "command.unproven": "unproven",
  "command.proven": "{n}",
  "command.dangerous": "dangerous",
};
const format = createFormat({ language: "en", timezone: "Europe/Paris", words, names: { chef: "C. Roy" } });
const NOW = Date.parse("2026-11-27T10:00:00Z");
const command = (more) => ({
  id: 1,
  state: "armed",
  ended_at: null,
  second_person: false,
  type_name: { fr: "Remettre", en: "Reset" },
  asset: { name: "ESC-1" },
  armed_by: "chef",
  armed_desk: "Poste 2",
  actor_kind: "person",
  actor: "chef",
  desk: "",
  deadline: "2026-11-27T10:00:27Z",
  ...more,
});

test("what is armed is said with who has it in hand and for how long", () => {
  assert.equal(armedWords(command(), format, NOW), "Reset · ESC-1: armed by C. Roy · Poste 2, 27 s");
  assert.equal(armedWords(command(), format, NOW + 60_000), "Reset · ESC-1: armed by C. Roy · Poste 2, 0 s");
});

test("what waits for a second person is seen, and what goes by itself is not", () => {
  const asked = command({ id: 2, state: "requested", second_person: true });
  const seen = toSee([asked, command({ id: 3, state: "sent" }), command(), command({ id: 4, state: "authorised" })]);
  assert.deepEqual(
    seen.map(({ id }) => id),
    [1, 2],
  );
  assert.equal(armedWords(asked, format, NOW), "Reset · ESC-1: asked for by C. Roy");
});

test("the time of a command is what is left for the next step, and its end afterwards", () => {
  assert.equal(timeWords(command(), format, NOW), "27 s left");
  assert.equal(timeWords(command({ state: "accepted" }), format, NOW), "27 s to confirm it");
  assert.match(timeWords(command({ state: "confirmed", ended_at: "2026-11-27T10:00:03Z" }), format, NOW), /11:00:03$/);
});

test("a command is under way until it has ended", () => {
  assert.equal(isOpen(command()), true);
  assert.equal(isOpen(command({ ended_at: "2026-11-27T10:00:03Z" })), false);
});

test("what forbids a command comes first, and then what it is", () => {
  const offer = { proven: false, dangerous: true, second_person: false };
  const outlook = { blocks: [{ sentence: { fr: "Travaux.", en: "Works." } }], under_way: null, carried: true, reached: false };
  assert.deepEqual(
    outlookLines(offer, outlook, format).map(({ text }) => text),
    ["Works.", "unproven", "dangerous"],
  );
  assert.equal(outlookLines(offer, { ...outlook, blocks: [], reached: true }, format)[0].text, "reached");
});
