// The list of rules: searches as one types, and says when in the site's own time.

import { asOneTypes } from "#js/dom.js";
import { desk } from "#js/frame.js";

const form = document.getElementById("filters");
const rows = document.getElementById("rows");
let asked = null;

function sayTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    if (!time.dataset.part) time.textContent = desk.format.when(new Date(time.dateTime));
  }
}

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
    sayTimes(holder.content);
    rows.replaceChildren(holder.content);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

asOneTypes(form, search);
sayTimes(document);
if ([...form.elements].some((each) => each.value !== (each.defaultValue ?? each.querySelector("[selected]")?.value ?? ""))) search(); // typed before we came
rows.querySelector(".here")?.scrollIntoView({ block: "nearest" });
