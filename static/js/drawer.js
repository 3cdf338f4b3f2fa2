// The detail below the list is there only while it tells of something: else the list has its room.

/** A second click of a double one, or one that was on its way, is not meant for what has come under the pointer. */
const SETTLING_MS = 400;

/** keepDrawer(box, {store, reveal}): open with a selection and shut without; `reveal(id)` brings the row back into what is left of the list. */
export function keepDrawer(box, { store, reveal }) {
  let settling = 0;

  function follow() {
    const wanted = store.selected === null ? "shut" : "open";
    if (box.dataset.drawer === wanted) return;
    box.dataset.drawer = wanted;
    clearTimeout(settling);
    box.classList.toggle("settling", wanted === "open");
    if (wanted === "shut") return;
    settling = setTimeout(() => box.classList.remove("settling"), SETTLING_MS);
    reveal(store.selected);
  }

  store.subscribe((change) => change.selection && follow());
  follow();
}
