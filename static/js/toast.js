// Short messages in the corner: what was refused and why. They stay until read when they are bad.

import { Refused } from "#js/api.js";
import { clone, parts } from "#js/dom.js";
import { pageFormat } from "#js/format.js";

const SHOWN_MS = 6000;

/**
 * Shows a message; answers how to close it. `stays`: until then, as a bad one does until it is read; else it `lasts` some ms.
 * `act` {text, key, run}: a button in it, with its key if it has one. `onClose` is called however it ends.
 */
export function toast(title, text = "", { bad = false, stays = bad, lasts = SHOWN_MS, act = null, onClose = () => {} } = {}) {
  const element = clone("toast");
  const part = parts(element);
  part.title.textContent = title;
  part.text.textContent = text;
  part.text.hidden = text === "";
  element.classList.toggle("bad", bad);
  const box = document.getElementById("toasts");
  part.act.hidden = act === null;
  if (act) {
    part.act.append(act.text);
    if (act.key) part.act.append(" ", Object.assign(document.createElement("kbd"), { textContent: act.key }));
    part.act.addEventListener("click", act.run);
  }
  const close = () => {
    if (!element.isConnected) return;
    element.remove();
    onClose();
    if (!box.firstElementChild && box.matches(":popover-open")) box.hidePopover();
  };
  part.close.addEventListener("click", close);
  if (!stays) setTimeout(close, lasts);
  box.append(element);
  if (box.matches(":popover-open")) box.hidePopover(); // shown again, it comes above a dialog opened since
  box.showPopover();
  return { close };
}

let refusal = null;

/** What was refused before is no longer what matters: the next act was done. */
export function forgetRefusal() {
  refusal?.close();
  refusal = null;
}

/** Shows why a call failed; anything that is not a refusal is a defect and goes on. */
export function showRefusal(error) {
  if (!(error instanceof Refused)) throw error;
  const format = pageFormat();
  const away = [502, 503, 504].includes(error.status) ? "fault.away" : null;
  const known = away ?? { 0: "fault.network", 401: "fault.session", 403: error.detail ? null : "fault.rights" }[error.status];
  forgetRefusal();
  refusal = toast(format.say("fault.title"), known ? format.say(known) : error.detail || `HTTP ${error.status}`, { bad: true });
}
