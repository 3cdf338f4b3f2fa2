// The list of alarms: paints only the rows in sight of up to ten thousand, and never moves one under the hand.

import { clone, on, parts, setText } from "#js/dom.js";
import { fillAge, fillRow } from "#js/row.js";

const SPARE = 6;

/**
 * mount(element, {store, view, select, format}) → {unmount, marked, move, extend, toggleMark, markNone, showNew, freeze, reveal}
 *
 * `marked` is the Set of ids chosen for a bulk act; `store.selected` is the row the detail tells of.
 */
export function mount(element, { store, view, select, format }) {
  const grid = element.querySelector("#grid");
  const part = parts(element);
  const sizer = part.rows;
  const marked = new Set();
  const pool = [];
  let rowHeight = 29;
  let frame = 0;
  let anchor = null;

  sizer.replaceChildren();
  element.classList.add("live");

  // --- painting ---

  function schedule() {
    frame ||= requestAnimationFrame(paint);
  }

  function measure() {
    const probe = pool[0] ?? grow();
    probe.hidden = false;
    rowHeight = probe.getBoundingClientRect().height || rowHeight;
    schedule();
  }

  function grow() {
    const row = clone("alarm-row");
    pool.push(row);
    sizer.append(row);
    return row;
  }

  function paint() {
    frame = 0;
    const { rows } = view;
    const first = Math.max(0, Math.floor(grid.scrollTop / rowHeight) - SPARE);
    const last = Math.min(rows.length, Math.ceil((grid.scrollTop + grid.clientHeight) / rowHeight) + SPARE);
    const height = `${rows.length * rowHeight}px`;
    if (sizer.style.height !== height) sizer.style.height = height;
    while (pool.length < last - first) grow();
    const now = Date.now();
    // A row keeps its element while it stays in sight: index modulo the pool, so scrolling rewrites only what came in.
    const used = new Set();
    for (let index = first; index < last; index += 1) {
      const row = pool[index % pool.length];
      used.add(row);
      row.hidden = false;
      fillRow(row, rows[index], index, format);
      fillAge(row, now, format);
      const place = `translateY(${index * rowHeight}px)`;
      if (row.style.transform !== place) row.style.transform = place;
      const current = rows[index].id === store.selected;
      row.classList.toggle("current", current);
      row.classList.toggle("marked", marked.has(rows[index].id));
      row.setAttribute("aria-selected", current || marked.has(rows[index].id));
    }
    for (const row of pool) {
      if (used.has(row)) continue;
      row.hidden = true;
      row.classList.remove("current", "marked");
    }
    grid.setAttribute("aria-rowcount", rows.length + 1);
    const active = rows.findIndex((row) => row.id === store.selected);
    if (active >= first && active < last) grid.setAttribute("aria-activedescendant", `alarm-${store.selected}`);
    else grid.removeAttribute("aria-activedescendant");
    paintBar();
  }

  function paintBar() {
    const { scope, severities, text } = store.filters;
    const filtered = scope !== "open" || severities.size > 0 || text !== "";
    const total = store.alarms.size;
    setText(part.total, filtered ? format.say("list.shown", { n: view.rows.length, total }) : format.say("list.open", { n: view.rows.length }));
    part.scope.hidden = !filtered;
    const names = [scope === "open" ? null : format.say(`scope.${scope}`), ...[...severities].map((name) => format.say(`severity.${name}`)), text && format.quoted(text)];
    setText(part.scope.firstElementChild, names.filter(Boolean).join(", "));
    const waiting = view.queued.length;
    part.new.hidden = waiting === 0;
    if (waiting) {
      part.new.dataset.severity = view.queued[0].severity;
      setText(part.new, `${format.say("list.new", { n: waiting })} ↑`);
    }
    part.empty.hidden = view.rows.length > 0 || store.seq === null;
    part["empty-calm"].hidden = filtered;
    part["empty-filtered"].hidden = !filtered;
    part.bulk.hidden = marked.size === 0;
    setText(part.selected, format.say("list.selected", { n: marked.size }));
    const frozen = view.isHeldFor("frozen");
    part.freeze.setAttribute("aria-pressed", frozen);
    element.classList.toggle("frozen", frozen);
  }

  // --- choosing ---

  const indexOf = (id) => view.rows.findIndex((row) => row.id === id);

  function reveal(id) {
    const index = indexOf(id);
    if (index < 0) return;
    const top = index * rowHeight;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + rowHeight > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + rowHeight - grid.clientHeight;
    schedule();
  }

  function move(step) {
    if (view.rows.length === 0) return;
    const last = view.rows.length - 1;
    const selected = indexOf(store.selected);
    const from = selected >= 0 ? selected : step > 0 ? -1 : last + 1; // the first step enters the list at its near end
    const to = Math.min(last, Math.max(0, from + step));
    anchor = to;
    select(view.rows[to].id);
    reveal(view.rows[to].id);
  }

  function extend(step) {
    const from = indexOf(store.selected);
    if (from >= 0) marked.add(view.rows[from].id);
    move(step);
    if (store.selected !== null) marked.add(store.selected);
    schedule();
  }

  function toggleMark(id) {
    if (id === null) return;
    if (!marked.delete(id)) marked.add(id);
    schedule();
  }

  function markNone() {
    marked.clear();
    schedule();
  }

  function markRange(from, to) {
    for (let index = Math.min(from, to); index <= Math.max(from, to); index += 1) marked.add(view.rows[index].id);
    schedule();
  }

  function showNew() {
    view.refresh();
    grid.scrollTop = 0;
    schedule();
  }

  function freeze() {
    if (view.isHeldFor("frozen")) view.release("frozen");
    else view.hold("frozen");
    schedule();
  }

  function click(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    const id = Number(row.dataset.id);
    const index = indexOf(id);
    if (event.shiftKey && anchor !== null) markRange(anchor, index);
    else if (event.ctrlKey || event.metaKey) toggleMark(id);
    else {
      marked.clear();
      select(id);
    }
    if (!event.shiftKey) anchor = index;
    schedule();
  }

  function pointer(inside) {
    if (inside) view.hold("pointer");
    else view.release("pointer");
    schedule();
  }

  const holdSelection = () => (store.selected === null ? view.release("selection") : view.hold("selection"));

  // --- wiring ---

  const endings = [
    store.subscribe((change) => {
      if (change.selection) holdSelection();
      view.update(change);
      for (const id of marked) if (!store.alarms.has(id)) marked.delete(id);
      schedule();
    }),
    on(grid, "scroll", schedule, { passive: true }),
    on(grid, "click", click),
    // The whole pane: on its way to the bar of new alarms the pointer must not let the list go, and the bar with it.
    on(element, "pointerenter", (event) => event.pointerType === "mouse" && pointer(true)),
    on(element, "pointerleave", () => pointer(false)),
    on(part.new, "click", showNew),
    on(part.freeze, "click", freeze),
  ];
  const resized = new ResizeObserver(measure);
  resized.observe(grid);
  const ages = setInterval(schedule, 1000);

  holdSelection();
  view.refresh();
  measure();

  return {
    marked,
    move,
    extend,
    toggleMark,
    markNone,
    showNew,
    freeze,
    reveal,
    refresh: schedule,
    page: () => Math.max(1, Math.floor(grid.clientHeight / rowHeight) - 1),
    focus: () => grid.focus({ preventScroll: true }),
    unmount() {
      endings.forEach((end) => end());
      resized.disconnect();
      clearInterval(ages);
      cancelAnimationFrame(frame);
    },
  };
}
