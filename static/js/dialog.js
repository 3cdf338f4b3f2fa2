// A dialog of the page that asks something: opened, and answered by its form or left.

const openings = new WeakMap(); // dialog → which opening it is open for

/**
 * Opens a dialog; answers whether its form was sent as "go". The event of a closing comes later than the closing: who opens it again
 * at once must not be answered by it.
 */
export function openDialog(dialog) {
  const opening = {};
  openings.set(dialog, opening);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => {
      const mine = openings.get(dialog) === opening;
      if (mine && dialog.open) return; // of the opening before
      dialog.removeEventListener("close", closed);
      resolve(mine && dialog.returnValue === "go");
    };
    dialog.addEventListener("close", closed);
  });
}
