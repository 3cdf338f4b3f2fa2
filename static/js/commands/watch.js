// What every page says of commands: which are armed and by whom, which wait for a second person, and how much is forced.

import { whoOf } from "#js/commands/rows.js";
import { parts, setText } from "#js/dom.js";

const TICK_MS = 1000;

/** Commands that all desks must see, the longest armed first. Pure. */
export const toSee = (rows) =>
  [...rows].filter(({ state, second_person }) => state === "armed" || (state === "requested" && second_person)).sort((a, b) => a.id - b.id);

/** What is said of one of them. */
export function armedWords(row, format, now) {
  const told = { type: format.pick(row.type_name), asset: row.asset.name };
  if (row.state === "requested") return format.say("armed.asked", { ...told, who: whoOf(row, format) });
  const who = [format.person(row.armed_by), row.armed_desk].filter(Boolean).join(" · ");
  return format.say("armed.told", { ...told, who, n: format.age(Math.max(Date.parse(row.deadline) - now, 0)) });
}

/** watchCommands({store, format}): keeps the strip of armed commands and the count of what is forced. */
export function watchCommands({ store, format }) {
  const strip = document.getElementById("armed");
  const { "armed-lines": lines } = parts(strip);
  const forced = document.querySelector(".top .forced");
  const count = forced && parts(forced).forced;

  function paint() {
    const rows = toSee(store.rows("command").values());
    strip.hidden = rows.length === 0;
    const now = Date.now();
    while (lines.children.length > rows.length) lines.lastElementChild.remove();
    while (lines.children.length < rows.length) lines.append(document.createElement("li"));
    for (const [index, row] of rows.entries()) setText(lines.children[index], armedWords(row, format, now));
  }

  function paintForced() {
    const standing = [...store.rows("override").values()];
    forced.hidden = standing.length === 0;
    setText(count, format.number(standing.length));
    forced.classList.toggle(
      "overdue",
      standing.some(({ overdue_at }) => overdue_at),
    );
  }

  store.subscribe(({ changed }) => {
    if (changed === undefined) return;
    if (changed === null || changed.command?.size) paint();
    if (changed === null || changed.override?.size) paintForced();
  });
  setInterval(() => !strip.hidden && paint(), TICK_MS);
}
