// The countdown to the next step of an escalation.

import assert from "node:assert/strict";
import { test } from "node:test";

import { countdown } from "#js/notified.js";

const NOON = Date.parse("2026-03-01T12:00:00Z");

test("minutes and seconds are left, and none once it is due", () => {
  assert.equal(countdown("2026-03-01T12:04:07Z", NOON), "4:07");
  assert.equal(countdown("2026-03-01T11:59:00Z", NOON), "0:00");
});
