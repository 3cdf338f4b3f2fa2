// Keys of the desk: one table, ignored while somebody types or a dialog is open; those of one character also for whoever switched them off.

import { call } from "#js/api.js";

const TYPING = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";

/** The name of a key press, as "a", "Shift+j", "Escape"; null when a modifier makes it the browser's. Pure. */
export function keyName(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.shiftKey && /^([a-z]|Arrow.*)$/.test(letter) ? `Shift+${letter}` : letter;
}

/** bind({key: act}) → unbind. An act that answers false leaves the key to the browser. */
export function bind(table) {
  function press(event) {
    // Until the next frame, focus stays in a field of the dialog that has just closed: that is nobody's typing any more.
    const dialog = event.target.closest("dialog");
    if (event.isComposing || dialog?.open) return;
    const name = keyName(event);
    if (!dialog && event.target.closest(TYPING)) {
      if (name === "Escape") event.target.blur();
      return;
    }
    if (name?.length === 1 && document.documentElement.dataset.keys === "off") return;
    const act = name && table[name];
    if (act && act(event) !== false) event.preventDefault();
  }
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}

/** keepKeys(box): whether keys of one character act, with the account; who dictates, or strikes beside the key, does without them. */
export function keepKeys(box) {
  const wanted = () => (box.checked ? "on" : "off");
  const take = () => {
    document.documentElement.dataset.keys = wanted();
  };
  box.addEventListener("change", async () => {
    take();
    await call("PATCH", "/me", { habits: { keys: wanted() } }).catch(() => {
      box.checked = !box.checked;
      take();
    });
  });
}
