// A piece of the page is replaced by the newest answer, and never while a hand is in it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { piece } from "#js/piece.js";

let asked;
const holder = {
  pressed: false,
  shown: "",
  matches: () => holder.pressed,
  contains: () => false,
  replaceChildren: (content) => (holder.shown = content),
};

beforeEach(() => {
  asked = [];
  Object.assign(holder, { pressed: false, shown: "" });
  globalThis.document = {
    hidden: false,
    activeElement: null,
    createElement: () => ({
      set innerHTML(text) {
        this.content = text;
      },
    }),
  };
  globalThis.fetch = () => new Promise((resolve) => asked.push((text) => resolve({ ok: true, text: async () => text })));
});

test("an answer that was overtaken stays off the page", async () => {
  const refresh = piece(holder);
  const [older, newer] = [refresh("a"), refresh("a")];
  asked[1]("newer");
  assert.equal(await newer, true);
  asked[0]("older");
  assert.equal(await older, false);
  assert.equal(holder.shown, "newer");
});

test("what was pressed while the answer was on its way stays, except for who asked", async () => {
  const refresh = piece(holder);
  const late = refresh("a");
  holder.pressed = true;
  asked[0]("late");
  assert.equal(await late, false);
  assert.equal(holder.shown, "");
  const mine = refresh("a", { anyhow: true });
  asked[1]("mine");
  assert.equal(await mine, true);
  assert.equal(holder.shown, "mine");
});
