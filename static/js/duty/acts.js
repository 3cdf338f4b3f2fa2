// Buttons that say what they ask for: a method, a path, and a title where a reason is asked first.

import { openDialog } from "#js/dialog.js";
import { on } from "#js/dom.js";
import { insist } from "#js/insist.js";
import { forgetRefusal, showRefusal } from "#js/toast.js";

/** The reason that somebody gives in the dialog; null: they left it. */
async function reasonFor(title) {
  const dialog = document.getElementById("duty-reason");
  const form = dialog.querySelector("form");
  form.reset();
  dialog.querySelector("[data-part=title]").textContent = title;
  return (await openDialog(dialog)) ? form.elements.reason.value : null;
}

async function asked({ method, path, ask, body }) {
  if (!ask) return { method, path, body: body && JSON.parse(body) };
  const reason = await reasonFor(ask);
  if (reason === null) return null;
  if (method === "DELETE") return { method, path: `${path}?${new URLSearchParams({ reason })}` };
  return { method, path, body: { reason } };
}

/** Lets every `[data-method]` button of a part of the page do what it says, and calls `done` after it was done. */
export function actsOn(holder, done) {
  on(holder, "click", async ({ target }) => {
    const button = target.closest("[data-method]");
    if (!button) return;
    const act = await asked(button.dataset);
    if (act === null) return;
    button.disabled = true;
    try {
      await insist(act.method, act.path, act.body ?? (act.method === "POST" ? {} : undefined));
      forgetRefusal();
    } catch (error) {
      button.disabled = false;
      showRefusal(error);
      return;
    }
    await done(button);
  });
}
