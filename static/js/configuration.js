// Settings and scenarios: times in the site's zone, parts that stay fresh, and a question before what cannot be undone.

import { desk } from "#js/frame.js";

const FRESH = 5_000;
const { format } = desk;
const live = document.querySelector("[data-live]");

function sayTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) time.textContent = format.when(new Date(time.dateTime));
}

async function refresh() {
  if (document.hidden || live.contains(document.activeElement)) return; // never under somebody's hand
  const answer = await fetch(`?part=${live.dataset.live}`);
  if (!answer.ok) return;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  sayTimes(holder.content);
  live.replaceChildren(holder.content);
}

// On the document: parts that stay fresh bring forms of their own.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

sayTimes(document);
if (live) setInterval(refresh, FRESH);
