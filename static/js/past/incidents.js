// The board of incidents, and the page of one: asked for again when something of incidents or alarms is told.

import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";

const SOON_MS = 1000;
const { format, store } = desk;
const holder = document.getElementById("incidents");
const ask = piece(holder, { prepare: (content) => sayTimes(content, format) });
let due = 0;

store.subscribe(({ told }) => {
  if (!told?.incident && !told?.alarm) return;
  due ||= setTimeout(() => {
    due = 0;
    ask(`part=${holder.dataset.part}`);
  }, SOON_MS);
});
sayTimes(document, format);
keepTimes(format);
