// The list of rules: searches as one types, and says when in the site's own time.

import { asOneTypes } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { sayTimes } from "#js/times.js";

const form = document.getElementById("filters");
const rows = document.getElementById("rows");
const found = piece(rows, { prepare: (content) => sayTimes(content, desk.format), from: rows.dataset.from });

function search() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  if (rows.dataset.here) query.set("here", rows.dataset.here);
  query.set("part", "rows");
  return found(query, { anyhow: true });
}

asOneTypes(form, search);
sayTimes(document, desk.format);
if ([...form.elements].some((each) => each.value !== (each.defaultValue ?? each.querySelector("[selected]")?.value ?? ""))) search(); // typed before we came
rows.querySelector(".here")?.scrollIntoView({ block: "nearest" });
