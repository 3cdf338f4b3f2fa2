// The help, by ? and F1 from every page: the keys over the desk, else the page of the help, in a window of its own so that nothing is left.

import { on } from "#js/dom.js";
import { bind } from "#js/keys.js";

export function keepHelp(address) {
  function open() {
    const keys = document.getElementById("keys");
    if (!keys) window.open(address, "vigie-help");
    else if (!document.querySelector("dialog:modal")) keys.showModal();
  }

  bind({ "?": open });
  on(document, "keydown", (event) => {
    if (event.key !== "F1") return;
    event.preventDefault();
    open();
  });
}
