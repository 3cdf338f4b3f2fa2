// Relève: positions are taken and given back, hand-overs given and accepted, instructions written and read; what others do appears.

import { on } from "#js/dom.js";
import { actsOn } from "#js/duty/acts.js";
import { sends } from "#js/duty/forms.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";

const SOON = 300;
const FRESH = 30_000; // who is expected changes with the clock, and nothing is journaled then
const NOUNS = ["holding", "handover", "instruction"];
const { format, given, store } = desk;
const board = document.getElementById("duty-board");
const forms = document.getElementById("duty-forms");
const ask = piece(board, { prepare: (content) => sayTimes(content, format) });
const askForms = piece(forms, { yields: () => [...forms.querySelectorAll("textarea")].some(({ value }) => value !== "") });
let due = 0;

async function refresh(how) {
  due = 0;
  const words = new URLSearchParams(location.search).get("words");
  await ask(words ? `${new URLSearchParams({ words, part: "board" })}` : "part=board", how);
}

const soon = () => {
  due ||= setTimeout(refresh, SOON);
};

/** After an act of one's own: the hand-over one may give depends on what one holds. */
async function done() {
  await refresh({ anyhow: true });
  if (await askForms("part=forms")) wire();
}

const chosen = (boxes) => [...(boxes?.length === undefined ? [boxes] : boxes)].filter((box) => box?.checked).map((box) => box.value);

function wire() {
  sends("give", async ({ position, note }) => {
    await insist("POST", `/positions/${position.value}/handovers`, { note: note.value });
    note.value = "";
    await done();
  });
  sends("instruction", async (fields, form) => {
    const { text, valid_from, valid_to, from_clock, to_clock, sector, must_read } = fields;
    const told = { text: text.value, must_read: must_read.checked, positions: chosen(fields.positions), roles: chosen(fields.roles) };
    for (const field of [valid_from, valid_to]) if (field.value) told[field.name] = format.instant(field.value).toISOString();
    for (const field of [from_clock, to_clock, sector]) if (field.value) told[field.name] = field.value;
    const days = chosen(fields.weekdays).map(Number);
    if (days.length > 0) told.weekdays = days;
    await insist("POST", `/sites/${given.site.slug}/instructions`, told);
    form.reset();
    await done();
  });
}

wire();
actsOn(board, done);
store.subscribe(({ ids, told }) => (ids === null || NOUNS.some((noun) => told?.[noun])) && soon());
on(document, "visibilitychange", soon); // what happened while nobody looked
setInterval(refresh, FRESH);
sayTimes(document, format);
keepTimes(format);
