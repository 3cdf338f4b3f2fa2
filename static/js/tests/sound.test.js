import assert from "node:assert/strict";
import test from "node:test";

import { createSound } from "#js/sound.js";
import { createVoice } from "#js/voice.js";

/** The locks of a browser with several windows: one holder of a name at a time, the others wait. */
function createLocks() {
  const held = new Map();
  const waiting = [];
  const give = (name) => {
    const next = waiting.findIndex((each) => each.name === name && !each.signal.aborted);
    if (next < 0 || held.has(name)) return;
    const [{ work, resolve }] = waiting.splice(next, 1);
    held.set(name, true);
    resolve(
      Promise.resolve(work()).then(() => {
        held.delete(name);
        give(name);
      }),
    );
  };
  return {
    request: (name, { signal }, work) =>
      new Promise((resolve) => {
        waiting.push({ name, signal, work, resolve });
        give(name);
      }),
    query: async () => ({ held: [...held.keys()].map((name) => ({ name })) }),
  };
}

/** A window whose browser lets it sound, or does not before a gesture. */
function openWindow(locks, { allowed, volume }) {
  class Context {
    state = allowed ? "running" : "suspended";
    currentTime = 0;
    async resume() {
      if (!allowed) return new Promise(() => {});
      this.state = "running";
      return undefined;
    }
    createOscillator = () => ({ frequency: {}, connect: (next) => next, start: () => (tones += 1), stop() {} });
    createGain = () => ({ gain: { setValueAtTime() {}, linearRampToValueAtTime: (loud) => loud && louds.push(loud) }, connect: (next) => next });
  }
  let tones = 0;
  const louds = [];
  const voice = createVoice({ locks });
  const sound = createSound({ AudioContextClass: Context, voice, muted: { until: 0 }, now: () => 1, volume });
  return { voice, sound, louds, tones: () => tones };
}

test("a window that may not sound leaves the voice to one that may, whichever opened first", async () => {
  const locks = createLocks();
  const silent = openWindow(locks, { allowed: false });
  silent.sound.begin();
  const able = openWindow(locks, { allowed: true });
  await able.sound.allow();
  await silent.voice.look();
  assert.equal(able.sound.state().state, "on");
  assert.equal(silent.sound.state().state, "elsewhere");
  assert.equal(silent.sound.play("critical"), false);
  assert.equal(able.sound.play("critical"), true);
  assert.equal(able.tones(), 4);
});

test("when no window can sound, each says so", async () => {
  const locks = createLocks();
  const windows = [openWindow(locks, { allowed: false }), openWindow(locks, { allowed: false })];
  for (const each of windows) {
    each.sound.begin();
    await each.voice.look();
    assert.equal(each.sound.state().state, "off");
  }
});

test("when the window that speaks can no longer, the next one speaks", async () => {
  const locks = createLocks();
  const [first, second] = [openWindow(locks, { allowed: true }), openWindow(locks, { allowed: true })];
  await first.sound.allow();
  await second.sound.allow();
  assert.deepEqual(
    [first, second].map((each) => each.sound.state().state),
    ["on", "elsewhere"],
  );
  first.voice.drop();
  await new Promise(setImmediate);
  assert.equal(second.sound.play("high"), true);
});

test("a test is heard from the very window, also while another one speaks", async () => {
  const locks = createLocks();
  const [first, second] = [openWindow(locks, { allowed: true }), openWindow(locks, { allowed: true })];
  await first.sound.allow();
  assert.equal(await second.sound.test(), true);
  assert.equal(second.tones(), 4);
});

test("the volume is of every tone, and never so low that an alarm is not heard", async () => {
  let turned = 1;
  const desk = openWindow(createLocks(), { allowed: true, volume: () => turned });
  await desk.sound.allow();
  desk.sound.play("low");
  turned = 0.5;
  desk.sound.play("low");
  turned = 0;
  desk.sound.play("low");
  assert.deepEqual(desk.louds, [0.12, 0.06, 0.024]);
});
