// A dialog that is opened again at once is not answered by the event of its first closing, which comes later than the closing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openDialog } from "#js/dialog.js";

/** As a browser's: `open` is false at once, and the event comes when it comes. */
class Dialog extends EventTarget {
  open = false;
  returnValue = "";
  showModal() {
    this.open = true;
  }
  close(value) {
    this.open = false;
    if (value !== undefined) this.returnValue = value;
  }
  told() {
    this.dispatchEvent(new Event("close"));
  }
}

test("the answer is whether the form was sent", async () => {
  const dialog = new Dialog();
  const left = openDialog(dialog);
  dialog.close();
  dialog.told();
  assert.equal(await left, false);
  const sent = openDialog(dialog);
  dialog.close("go");
  dialog.told();
  assert.equal(await sent, true);
});

test("opened again before the first closing was told, it is answered once, by its second closing", async () => {
  const dialog = new Dialog();
  const first = openDialog(dialog);
  dialog.close();
  const second = openDialog(dialog);
  dialog.told(); // of the first
  assert.equal(await first, false);
  dialog.close("go");
  dialog.told();
  assert.equal(await second, true);
});
