// The list of rules: searches as one types, and says when in the site's own time.

import { asOneTypes } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { sayTimes } from "#js/times.js";

const form = document.getElementById("filters");
const rows = document.getElementById("rows");
let asked = null;

async function search() {
  asked?.abort();
  asked = new AbortController();
  const address = new URL(rows.dataset.from, location.href);
  for (const [name, value] of new FormData(form)) if (value !== "") address.searchParams.set(name, value);
  address.searchParams.set("part", "rows");
  try {
    const answer = await fetch(address, { signal: asked.signal });
    if (!answer.ok) return;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    sayTimes(holder.content, desk.format);
    rows.replaceChildren(holder.content);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

asOneTypes(form, search);
sayTimes(document, desk.format);
if ([...form.elements].some((each) => each.value !== (each.defaultValue ?? each.querySelector("[selected]")?.value ?? ""))) search(); // typed before we came
rows.querySelector(".here")?.scrollIntoView({ block: "nearest" });
