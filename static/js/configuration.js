// Settings and scenarios: times in the site's zone, parts that stay fresh, and a question before what cannot be undone.

import { completeAssets } from "#js/assets/completion.js";
import { confirmed, isAsking } from "#js/confirm.js";
import { desk } from "#js/frame.js";
import { piece } from "#js/piece.js";
import { sayTimes } from "#js/times.js";

const FRESH = 5_000;
const { format, given } = desk;
const live = document.querySelector("[data-live]");
const agreed = new WeakSet(); // forms that are sent next without being asked about

// On the document: parts that stay fresh bring forms of their own.
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const question = form.dataset.confirm;
  if (!question || agreed.delete(form)) return;
  event.preventDefault();
  if (!(await confirmed(question, submitter))) return;
  agreed.add(form);
  form.requestSubmit(submitter);
});
document.dispatchEvent(new Event("vigie:asks"));

sayTimes(document, format);
if (live) {
  const refresh = piece(live, {
    prepare: (content) => sayTimes(content, format),
    yields: () => live.contains(document.activeElement) || isAsking(),
  });
  setInterval(() => refresh(`part=${live.dataset.live}`), FRESH);
}

const wanted = document.querySelector('input[list="assets-found"]');
if (wanted) completeAssets(wanted, given.site.slug);
