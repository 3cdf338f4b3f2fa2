// Forms of duty: sent by what the page gives, and what is refused stays as it was typed.

import { on } from "#js/dom.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

/** Sends a form, where the page has it, by `act`, which takes its elements and itself. */
export function sends(id, act) {
  const form = document.getElementById(id);
  if (!form) return;
  on(form, "submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button.first");
    button.disabled = true;
    try {
      await act(form.elements, form);
      forgetRefusal();
    } catch (error) {
      showRefusal(error);
    } finally {
      button.disabled = false;
    }
  });
}
