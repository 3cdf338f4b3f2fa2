// The list of alarms: paints only the rows in sight of up to ten thousand, and never moves one under the hand.

import { asQuery } from "#js/alarms.js";
import { clone, on, parts, recall, setText } from "#js/dom.js";
import { headerId, incidentOf, isHeader } from "#js/grouping.js";
import { keep } from "#js/habits.js";
import { isWaiting } from "#js/nouns/alarm.js";
import { presentOf } from "#js/present.js";
import { fillAge, fillPresent, fillRow } from "#js/row.js";

const SPARE = 6;
const MOST_PRINTED = 1000;

/**
 * mount(element, {store, view, select, format, regroup}) → {unmount, marked, move, nextWaiting, inSight, extend, toggleMark, markNone, showNew, freeze, densify, fold, reveal}
 *
 * `marked` is the Set of alarm ids chosen for a bulk act; `store.selected` is the row the detail tells of. `regroup()` is asked for by
 * the button that groups alarms by incident, or no longer does.
 */
export function mount(element, { store, view, select, format, regroup }) {
  const grid = element.querySelector("#grid");
  const part = parts(element);
  const sizer = part.rows;
  const marked = new Set();
  const heads = grid.querySelector(".heads");
  const pool = [];
  let rowHeight = 29;
  let frame = 0;
  let anchor = null;
  let frozenAt = 0;
  let printed = false;
  let begun = false;

  element.dataset.density = recall("density", "roomy");

  // --- painting ---

  function schedule() {
    frame ||= requestAnimationFrame(paint);
  }

  /** The rows that came with the page stand until the live channel has said what there is. */
  function begin() {
    begun = true;
    sizer.replaceChildren();
    element.classList.add("live");
    measure();
  }

  function measure() {
    if (!begun) return;
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
    if (store.seq === null) return;
    if (!begun) begin();
    const { rows } = view;
    const first = printed ? 0 : Math.max(0, Math.floor(grid.scrollTop / rowHeight) - SPARE);
    const last = Math.min(rows.length, printed ? MOST_PRINTED : Math.ceil((grid.scrollTop + room()) / rowHeight) + SPARE);
    const height = `${rows.length * rowHeight}px`;
    if (sizer.style.height !== height) sizer.style.height = height;
    while (pool.length < last - first) grow();
    const now = Date.now();
    const linked = !document.body.classList.contains("stale");
    // A row keeps its element while it stays in sight: index modulo the pool, so scrolling rewrites only what came in.
    const used = new Set();
    let head = headOf(rows, first);
    for (let index = first; index < last; index += 1) {
      const row = pool[index % pool.length];
      used.add(row);
      row.hidden = false;
      if (rows[index].members !== undefined) head = rows[index].incident.id;
      else if (rows[index].incident?.id !== head) head = null;
      fillRow(row, rows[index], index, format, head !== null && !isHeader(rows[index].id));
      fillAge(row, now, format);
      fillPresent(row, rows[index], presentOf(store, rows[index].members === undefined ? rows[index] : rows[index].telling), now, format, linked);
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

  /** Under which incident's header the row at this place stands, if under one: those above it decide. */
  function headOf(rows, index) {
    const id = rows[index]?.incident?.id;
    if (id === undefined || isHeader(rows[index].id)) return null;
    for (let above = index - 1; above >= 0; above -= 1) {
      if (rows[above].members !== undefined) return rows[above].incident.id === id ? id : null;
      if (rows[above].incident?.id !== id) return null;
    }
    return null;
  }

  /** The heads say by what the list stands; that of the age turns it round. */
  function paintHeads() {
    for (const head of heads.querySelectorAll("[data-order]")) {
      const names = head.dataset.order.split(" ");
      const by = names.includes(view.order);
      const sorted = !by ? "none" : view.order === "newest" ? "descending" : "ascending";
      if (head.getAttribute("aria-sort") !== sorted) head.setAttribute("aria-sort", sorted);
    }
    setText(part.order, format.say(`order.${view.order}`));
  }

  function paintBar() {
    paintHeads();
    const { filtered, shown, returned, total } = store.sight();
    const counted = filtered ? format.say("list.shown", { n: shown, total }) : format.say("list.open", { n: shown });
    setText(part.total, store.seq === null ? "" : counted); // before the first word of the server it is not none
    part.scope.hidden = !filtered;
    setText(part.scope.firstElementChild, nameFilters());
    part.new.hidden = view.queued.length === 0;
    if (!part.new.hidden) {
      part.new.dataset.severity = view.queued[0].severity;
      setText(part.new, `${format.say("list.held", { n: view.outside })} ↑`);
    }
    if (part.returned) {
      part.returned.hidden = returned === 0;
      setText(part.returned, format.say("list.ended", { n: returned }));
      part.returned.setAttribute("aria-label", format.say("list.returned", { n: returned }));
    }
    part.empty.hidden = view.rows.length > 0 || store.seq === null;
    part["empty-calm"].hidden = filtered;
    part["empty-filtered"].hidden = !filtered;
    part.bulk.hidden = marked.size === 0;
    setText(part.selected, format.say("list.selected", { n: marked.size }));
    const frozen = view.isHeldFor("frozen");
    part.freeze.setAttribute("aria-pressed", frozen);
    part.frozen.hidden = !frozen;
    if (frozen) setText(part.frozen, format.say("list.frozen", { age: format.age(Date.now() - frozenAt) }));
    part.group.setAttribute("aria-pressed", view.grouped);
    part.density.setAttribute("aria-pressed", element.dataset.density === "compact");
    if (part.csv.search !== asQuery(store.filters)) part.csv.search = asQuery(store.filters);
    element.classList.toggle("frozen", frozen);
  }

  /** What the list is narrowed to, as its chip says it. */
  function nameFilters() {
    const { scope, severities, text, incident, cause, sector, named, zone } = store.filters;
    const story = incident !== null && format.say("incident.name", { number: String(store.incidents.get(incident)?.number ?? "") });
    const names = [scope !== "open" && format.say(`scope.${scope}`), story, cause && format.say("scope.cause", { n: String(cause) })];
    const levels = [...severities].map((name) => format.say(`severity.${name}`));
    const drawn = zone && format.say("filter.zone");
    return [...names, ...levels, text && format.quoted(text), sector && nameOfSector(sector), named, drawn].filter(Boolean).join(", ");
  }

  function nameOfSector(path) {
    for (const { sector } of store.alarms.values()) if (sector?.path === path) return sector.name;
    return path.split("/").at(-1);
  }

  // --- choosing ---

  const indexOf = (id) => view.rows.findIndex((row) => row.id === id);

  /** Height in which rows are seen: below the heads, which stay. */
  const room = () => grid.clientHeight - heads.offsetHeight;

  function reveal(id) {
    const index = indexOf(id);
    if (index < 0) return;
    const top = index * rowHeight;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + rowHeight > grid.scrollTop + room()) grid.scrollTop = top + rowHeight - room();
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

  /** The next row below that waits for somebody, from the top again after the last. */
  function nextWaiting() {
    const { rows } = view;
    const from = indexOf(store.selected) + 1;
    const next = [...rows.slice(from), ...rows.slice(0, from)].find((row) => row.members === undefined && isWaiting(row));
    if (!next) return;
    anchor = indexOf(next.id);
    select(next.id);
    reveal(next.id);
  }

  /** Whether the row of an alarm is before the person's eyes. */
  function inSight(id) {
    const index = indexOf(id);
    if (index < 0) return false;
    const top = index * rowHeight;
    return top + rowHeight / 2 >= grid.scrollTop && top + rowHeight / 2 <= grid.scrollTop + room();
  }

  function extend(step) {
    const from = indexOf(store.selected);
    if (from >= 0) mark(view.rows[from].id);
    move(step);
    if (store.selected !== null) mark(store.selected);
    schedule();
  }

  /** Alarms of these rows: of an incident, those that would stand beneath it. */
  function alarmsOf(id) {
    return isHeader(id)
      ? store
          .members(incidentOf(id))
          .filter(store.matches)
          .map((row) => row.id)
      : [id];
  }

  const mark = (id) => alarmsOf(id).forEach((each) => marked.add(each));

  function toggleMark(id) {
    if (id === null) return;
    const ids = alarmsOf(id);
    if (ids.every((each) => marked.has(each))) ids.forEach((each) => marked.delete(each));
    else mark(id);
    schedule();
  }

  /** Folds or unfolds the incident of the selected row. Answers false when it has none. */
  function fold(away) {
    const id = store.selected;
    const incident = isHeader(id) ? incidentOf(id) : (store.get(id)?.incident?.id ?? null);
    if (incident === null || !store.incidents.has(incident) || !view.grouped) return false;
    view.fold(incident, away);
    if (!view.isUnfolded(incident) && indexOf(id) < 0) select(headerId(incident));
    reveal(store.selected);
    schedule();
    return true;
  }

  function markNone() {
    marked.clear();
    schedule();
  }

  function markRange(from, to) {
    for (let index = Math.min(from, to); index <= Math.max(from, to); index += 1) mark(view.rows[index].id);
    schedule();
  }

  function showNew() {
    view.refresh();
    grid.scrollTop = 0;
    schedule();
  }

  /** On paper there is no scrolling: all rows are there. */
  function print(wanted) {
    printed = wanted;
    paint();
  }

  function freeze() {
    if (view.isHeldFor("frozen")) view.release("frozen");
    else view.hold("frozen");
    frozenAt = Date.now();
    schedule();
  }

  /** One line per alarm, or two where one is too short for its sentence. */
  function densify() {
    const top = view.rows[Math.round(grid.scrollTop / rowHeight)]?.id;
    element.dataset.density = element.dataset.density === "compact" ? "roomy" : "compact";
    keep("density", element.dataset.density);
    measure();
    grid.scrollTop = Math.max(0, indexOf(top)) * rowHeight;
    reveal(store.selected);
  }

  function sort(order) {
    view.order = order;
    keep("order", order);
    view.refresh();
    grid.scrollTop = 0;
    schedule();
  }

  function click(event) {
    const head = event.target.closest("[data-order]");
    if (head) {
      const names = head.dataset.order.split(" ");
      return sort(names[(names.indexOf(view.order) + 1) % names.length]);
    }
    const row = event.target.closest(".row");
    if (!row) return undefined;
    const id = row.dataset.id.startsWith("i") ? row.dataset.id : Number(row.dataset.id);
    const index = indexOf(id);
    if (event.target.closest("[data-part=silenced]")) return store.filterOnly({ scope: "suppressed", incident: incidentOf(id) });
    if (event.target.closest("[data-part=aside]")) return store.filterOnly({ scope: "shelved", incident: incidentOf(id) });
    if (event.target.closest("[data-part=fold]")) {
      select(id);
      return fold();
    }
    if (event.shiftKey && anchor !== null) markRange(anchor, index);
    else if (event.ctrlKey || event.metaKey) toggleMark(id);
    else {
      marked.clear();
      select(id);
    }
    if (!event.shiftKey) anchor = index;
    schedule();
    return undefined;
  }

  function pointer(inside) {
    if (inside === view.isHeldFor("pointer")) return;
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
    // A pointer that rests where the list has grown to is no hand in it: one that moves is.
    on(element, "pointermove", (event) => event.pointerType === "mouse" && pointer(true)),
    on(element, "pointerleave", () => pointer(false)),
    on(part.new, "click", showNew),
    ...["beforeprint", "afterprint"].map((type) => on(window, type, () => print(type === "beforeprint"))),
    on(part.freeze, "click", freeze),
    on(part.group, "click", regroup),
    on(part.density, "click", densify),
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
    nextWaiting,
    inSight,
    extend,
    toggleMark,
    markNone,
    showNew,
    freeze,
    densify,
    fold,
    alarmsOf,
    reveal,
    refresh: schedule,
    page: () => Math.max(1, Math.floor(room() / rowHeight) - 1),
    sort,
    focus: () => grid.focus({ preventScroll: true }),
    unmount() {
      endings.forEach((end) => end());
      resized.disconnect();
      clearInterval(ages);
      cancelAnimationFrame(frame);
    },
  };
}
