// Passages of before: one is looked at when somebody asks for it, and the journal says so.

import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";
import * as file from "#js/passages/case.js";
import { sayTimes } from "#js/times.js";
import { showRefusal } from "#js/toast.js";

const { given, format } = desk;
const shownCase = file.mount(document.getElementById("case"), { format, given });
const filters = document.getElementById("history-filters");

on(document.getElementById("past"), "click", async ({ target }) => {
  const button = target.closest("[data-look]");
  if (!button) return;
  try {
    await shownCase.open(Number(button.dataset.look));
  } catch (error) {
    showRefusal(error);
    return;
  }
  for (const row of document.querySelectorAll("#past tr")) row.classList.toggle("here", row.dataset.passage === button.dataset.look);
});
on(filters, "change", () => filters.requestSubmit());
sayTimes(document, format);
