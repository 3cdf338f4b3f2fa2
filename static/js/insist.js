// What is asked again by itself while an engine of the control room is being started again: acts, which are idempotent, and what is opened meanwhile.

import { call, Refused } from "#js/api.js";
import { pageFormat } from "#js/format.js";
import { markPressed } from "#js/pressed.js";
import { toast } from "#js/toast.js";

const PATIENCE_MS = 30_000;
/** The control room's own answer, and those of a proxy that does not reach it. */
const PASSING = new Set([502, 503, 504]);

let waiting = 0;
let told = null;

/** As `call`, for half a minute; one message says so, however many acts wait, and the button that was pressed shows it. Throws Refused. */
export async function insist(method, path, body, options) {
  const end = Date.now() + PATIENCE_MS;
  const answered = markPressed();
  let waits = false;
  try {
    for (;;) {
      try {
        return await call(method, path, body, options);
      } catch (error) {
        const pause = Math.max(1, error.after ?? 0) * 1000;
        if (!(error instanceof Refused) || !PASSING.has(error.status) || Date.now() + pause > end) throw error;
        if (!waits) began();
        waits = true;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  } finally {
    answered();
    if (waits) ended();
  }
}

function began() {
  waiting += 1;
  const format = pageFormat();
  told ??= toast(format.say("wait.title"), format.say("wait.text"), { stays: true });
}

function ended() {
  waiting -= 1;
  if (waiting > 0) return;
  told.close();
  told = null;
}
