// The question before what cannot be undone: in a dialog of the page, whose button says what it does.

import { openDialog } from "#js/dialog.js";
import { setText } from "#js/dom.js";

const dialog = document.getElementById("confirm");
const [title, question, go] = ["h2", ".about", '[value="go"]'].map((each) => dialog.querySelector(each));

export const isAsking = () => dialog.open;

/** Whether whoever pressed `button` goes on. What is pressed without a thought, Enter or Escape, changes nothing. */
export function confirmed(text, button) {
  const act = button.textContent.trim().replace(/…$/, "");
  setText(title, act);
  setText(go, act);
  setText(question, text);
  return openDialog(dialog);
}
