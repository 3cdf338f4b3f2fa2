import assert from "node:assert/strict";
import { test } from "node:test";
import { createAlarmStore } from "#js/alarms.js";
import { connect, linkState } from "#js/live.js";

function desk() {
  const sockets = [];
  const refused = [];
  class Socket {
    constructor(url) {
      this.url = url;
      sockets.push(this);
    }
    close() {}
  }
  const link = connect({ url: (since) => `ws:${since}`, store: createAlarmStore(), WebSocketClass: Socket, onRefused: (why) => refused.push(why) });
  return { sockets, refused, link };
}

for (const [code, why] of [
  [4401, "session"],
  [4403, "rights"],
  [4404, "rights"],
  [4400, "message"],
]) {
  test(`closed with ${code}, the link says why once and never tries again`, (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
    const { sockets, refused, link } = desk();
    sockets[0].onmessage({ data: JSON.stringify({ type: "refused", reason: "…" }) });
    sockets[0].onclose({ code });
    context.mock.timers.tick(120_000);
    link.retry();
    assert.deepEqual(refused, [why]);
    assert.equal(sockets.length, 1);
    assert.equal(link.state().state, "refused");
    link.close();
  });
}

test("closed otherwise, it comes back by itself", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  const { sockets, refused, link } = desk();
  sockets[0].onclose({ code: 1006 });
  context.mock.timers.tick(1_000);
  assert.equal(sockets.length, 2);
  sockets[1].onclose({ code: 4429 });
  context.mock.timers.tick(2_000);
  assert.equal(sockets.length, 3);
  assert.deepEqual(refused, []);
  link.close();
});

test("a refusal outlasts everything else the lamp could say", () => {
  assert.equal(linkState({ open: true, heardAt: 0, openedOnce: true, refused: true }, 10).state, "refused");
});
