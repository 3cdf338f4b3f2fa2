// The sheet of one procedure: begun by hand or as an exercise, brought into force, retired, printed.

import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { keepTimes, sayTimes } from "#js/times.js";
import { showRefusal } from "#js/toast.js";

const { format, given } = desk;
const { procedure, slug, version } = document.getElementById("procedure-sheet").dataset;
const site = `/sites/${given.site.slug}`;

async function begin(exercise) {
  const run = await insist("POST", `${site}/runs`, { procedure: slug, exercise });
  location.assign(`${site}/procedures/runs/${run.id}`);
}

const acts = {
  begin: (how) => begin(how === "exercise"),
  activate: () => insist("POST", `/procedures/${procedure}/activation`, { version: Number(version) }).then(() => location.assign(location.pathname)),
  retire: () => insist("DELETE", `/procedures/${procedure}/activation`).then(() => location.assign(location.pathname)),
  print: () => window.print(),
};

on(document, "click", async ({ target }) => {
  const button = target.closest("button");
  const what = Object.keys(acts).find((each) => each in (button?.dataset ?? {}));
  if (!what) return;
  button.disabled = true;
  try {
    await acts[what](button.dataset[what]);
  } catch (error) {
    showRefusal(error);
  } finally {
    button.disabled = false;
  }
});
sayTimes(document, format);
keepTimes(format);
