// Map, list and detail in windows of their own: what is selected in one is selected in all, of this browser.

import { on } from "#js/dom.js";

/** Keeps the selection of `store` the same in every window of the site; answers what ends it. */
export function follow(store, site) {
  const channel = new BroadcastChannel(`vigie.${site}`);
  let told = store.selected;
  const unsubscribe = store.subscribe((change) => {
    if (!change.selection || store.selected === told) return;
    told = store.selected;
    channel.postMessage({ type: "select", id: told });
  });
  const unlisten = on(channel, "message", ({ data }) => {
    if (data.type === "ask" && store.selected !== null) channel.postMessage({ type: "select", id: store.selected });
    if (data.type !== "select") return;
    told = data.id;
    store.select(data.id);
  });
  channel.postMessage({ type: "ask" });
  return () => {
    unsubscribe();
    unlisten();
    channel.close();
  };
}

/** Opens a camera in the one window that cameras have: whoever moved it to a screen finds there what is opened next. */
export function openCamera(event, address) {
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  window.open(address, "vigie-camera", "popup,width=960,height=620")?.focus();
}

/** Opens a pane in its own window, named so that a second click brings the same one forward. */
export function openPane(link) {
  window.open(link.href, `vigie-${link.dataset.window}`, "popup,width=1280,height=800");
}
