// The board of incidents, and the page of one: asked for again when something of them, their alarms or what is done about them is told.

import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";

const SOON_MS = 1000;
const NOUNS = ["incident", "alarm", "run", "work_order", "command"];
const { format, store } = desk;
const holder = document.getElementById("incidents");
const ask = piece(holder, { prepare: (content) => sayTimes(content, format) });
let due = 0;

store.subscribe(({ told }) => {
  if (!NOUNS.some((noun) => told?.[noun])) return;
  due ||= setTimeout(() => {
    due = 0;
    ask(`part=${holder.dataset.part}`);
  }, SOON_MS);
});
sayTimes(document, format);
keepTimes(format);
