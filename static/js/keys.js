// Keys of the desk: one table, ignored while somebody types or a dialog is open.

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
    if (event.isComposing || event.target.closest("dialog")) return;
    const name = keyName(event);
    if (event.target.closest(TYPING)) {
      if (name === "Escape") event.target.blur();
      return;
    }
    const act = name && table[name];
    if (act && act(event) !== false) event.preventDefault();
  }
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
