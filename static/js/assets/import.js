// The import pages: fields that go with the chosen way of reading, and an import under way that is asked about until it ends.

import { desk } from "#js/frame.js";
import { sayTimes } from "#js/times.js";

const PAUSE = 700;
const { format } = desk;
const run = document.getElementById("run");
const way = document.querySelector("[name=way]");

sayTimes(document, format);

function showWay() {
  for (const field of document.querySelectorAll("[data-way]")) field.hidden = field.dataset.way !== way.value;
}

async function ask() {
  const answer = await fetch("?part=state");
  if (answer.ok) {
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    run.replaceChildren(holder.content);
  }
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
