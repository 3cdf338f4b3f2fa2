// Settings and scenarios: times in the site's zone, parts that stay fresh, and a question before what cannot be undone.

import { completeAssets } from "#js/assets/completion.js";
import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { sayTimes } from "#js/times.js";

const FRESH = 5_000;
const { format, given } = desk;
const live = document.querySelector("[data-live]");

// On the document: parts that stay fresh bring forms of their own.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

sayTimes(document, format);
if (live) {
  const refresh = piece(live, { prepare: (content) => sayTimes(content, format) });
  setInterval(() => refresh(`part=${live.dataset.live}`), FRESH);
}

const wanted = document.querySelector('input[list="assets-found"]');
if (wanted) completeAssets(wanted, given.site.slug);
