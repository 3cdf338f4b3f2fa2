// The button that was pressed shows that its answer is on its way, however many answers those are, and only then.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keepPressed, markPressed } from "#js/pressed.js";

class Button {
  dataset = {};
  attributes = {};
  isConnected = true;
  closest = () => this;
  setAttribute = (name, value) => {
    this.attributes[name] = value;
  };
  removeAttribute = (name) => {
    delete this.attributes[name];
  };
  get busy() {
    return this.attributes["aria-busy"] === "true";
  }
}

const root = new EventTarget();
keepPressed(root);

function press(target) {
  const event = new Event("click");
  Object.defineProperty(event, "target", { value: target });
  root.dispatchEvent(event);
}

let button;
beforeEach(() => {
  button = new Button();
  press(button);
});

test("it is marked until the last of its answers is there", () => {
  const [one, other] = [markPressed(), markPressed()];
  assert.ok(button.busy);
  one();
  assert.ok(button.busy);
  other();
  assert.ok(!button.busy);
});

test("what is asked long after a press was not asked by it", () => {
  markPressed(performance.now() + 2_000)();
  assert.ok(!button.busy);
});

test("a press beside every button marks none, and neither does one that is gone", () => {
  press({ closest: () => null });
  markPressed();
  assert.ok(!button.busy);
  press(button);
  button.isConnected = false;
  markPressed();
  assert.ok(!button.busy);
});
