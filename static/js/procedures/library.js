// The library of procedures: searches as one types, brings in a playbook from a file.

import { asOneTypes } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { piece } from "#js/piece.js";
import { keepTimes, sayTimes } from "#js/times.js";
import { showRefusal, toast } from "#js/toast.js";

const form = document.getElementById("procedure-filters");
const refresh = piece(document.getElementById("procedure-rows"), { prepare: (content) => sayTimes(content, desk.format) });

asOneTypes(form, () => {
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  history.replaceState(null, "", `?${asked}`);
  asked.set("part", "rows");
  refresh(asked, { anyhow: true });
});
document.getElementById("playbook")?.addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  target.value = "";
  const site = `/sites/${desk.given.site.slug}`;
  try {
    const told = JSON.parse(await file.text());
    const saved = await insist("POST", `${site}/procedures/playbooks`, told);
    location.assign(`${site}/procedures/${saved.id}?version=${saved.newest}`);
  } catch (error) {
    if (error instanceof SyntaxError) toast(desk.format.say("fault.title"), desk.format.say("procedure.no_json"), { bad: true });
    else showRefusal(error);
  }
});
sayTimes(document, desk.format);
keepTimes(desk.format);
