// The import pages: fields that go with the chosen way of reading, and an import under way that is asked about until it ends.

import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { sayTimes } from "#js/times.js";

const PAUSE = 700;
const { format } = desk;
const run = document.getElementById("run");
const refresh = run && piece(run, { prepare: (content) => sayTimes(content, format) });
const way = document.querySelector("[name=way]");

sayTimes(document, format);

function showWay() {
  for (const field of document.querySelectorAll("[data-way]")) field.hidden = field.dataset.way !== way.value;
}

async function ask() {
  await refresh("part=state");
  wait();
}

function wait() {
  if (run.querySelector('[data-busy="yes"]')) setTimeout(ask, PAUSE);
}

if (way) {
  way.addEventListener("change", showWay);
  showWay();
}
if (run) wait();
