// The commands of an asset on its sheet, with what the journal says of each.

import { Refused } from "#js/api.js";
import * as panel from "#js/commands/panel.js";
import { desk } from "#js/frame.js";
import { insist } from "#js/insist.js";
import { journalLine } from "#js/journal.js";
import { showRefusal } from "#js/toast.js";

const MOST = 20;
const { format, given, store } = desk;
const element = document.getElementById("commands");
panel.mount(element, { store, format, given, most: MOST }).show(JSON.parse(element.dataset.asset));

element.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-lines]");
  if (!button) return;
  const item = button.closest("[data-command]");
  const list = item.querySelector('[data-part="journal"]');
  const open = list.hidden;
  button.setAttribute("aria-expanded", open);
  list.hidden = !open;
  if (!open) return;
  try {
    const { results } = await insist("GET", `/commands/${item.dataset.command}/journal?limit=50`);
    list.replaceChildren(...results.map((entry) => journalLine(entry, format)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    showRefusal(error);
  }
});
