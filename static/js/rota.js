// The rota: positions and turns are added and removed, and calendars of other programs brought in.

import { actsOn } from "#js/duty/acts.js";
import { sends } from "#js/duty/forms.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { piece } from "#js/piece.js";

const { format, given } = desk;
const week = document.getElementById("rota-week");
const ask = piece(week);
const refresh = () => ask(new URLSearchParams({ day: week.dataset.day, part: "week" }), { anyhow: true });

sends("turn", async ({ position, who, starts, ends, weekdays, every, until, holidays, how, note }) => {
  const days = [...weekdays].filter((box) => box.checked).map((box) => Number(box.value));
  const told = { who: who.value, starts: starts.value, ends: ends.value, every: Number(every.value), holidays: holidays.value };
  if (days.length > 0) told.weekdays = days;
  if (until.value) told.until = until.value;
  if (how.value) told[how.value] = true;
  await insist("POST", `/positions/${position.value}/rota`, { ...told, note: note.value });
  await refresh();
});

sends("calendar", async ({ position, file }, form) => {
  const { turns, left_out } = await insist("PUT", `/positions/${position.value}/rota.ics`, file.files[0]);
  const result = form.querySelector("[data-part=result]");
  const said = document.createElement("p");
  said.textContent = result.dataset.taken.replace("{n}", format.number(turns));
  const lines = left_out.map(({ event, reason }) => {
    const line = document.createElement("li");
    line.textContent = `${event} : ${format.pick(reason)}`;
    return line;
  });
  const list = document.createElement("ul");
  list.append(...lines);
  result.replaceChildren(said, list);
  await refresh();
});

const slugOf = (name) =>
  name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);

sends("position", async ({ name_fr, name_en }) => {
  const told = { slug: slugOf(name_fr.value), name_fr: name_fr.value, name_en: name_en.value };
  await insist("POST", `/sites/${given.site.slug}/positions`, told);
  location.reload(); // the forms below name the positions
});

actsOn(week, (button) => (button.dataset.path.startsWith("/positions/") ? location.reload() : refresh()));
