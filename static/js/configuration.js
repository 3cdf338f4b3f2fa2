// Settings and scenarios: times in the site's zone, parts that stay fresh, and a question before what cannot be undone.

import { completeAssets } from "#js/assets/completion.js";
import { desk } from "#js/frame.js";
import { sayTimes } from "#js/times.js";

const FRESH = 5_000;
const { format, given } = desk;
const live = document.querySelector("[data-live]");

async function refresh() {
  if (document.hidden || live.contains(document.activeElement)) return; // never under somebody's hand
  const answer = await fetch(`?part=${live.dataset.live}`);
  if (!answer.ok) return;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  sayTimes(holder.content, format);
  live.replaceChildren(holder.content);
}

// On the document: parts that stay fresh bring forms of their own.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

sayTimes(document, format);
if (live) setInterval(refresh, FRESH);

const wanted = document.querySelector('input[list="assets-found"]');
if (wanted) completeAssets(wanted, given.site.slug);
