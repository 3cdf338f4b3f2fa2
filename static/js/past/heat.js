// Heat of a period: the circles of the map, and the way from a row of the list to its place.

import { createAlarmStore } from "#js/alarms.js";
import { on } from "#js/dom.js";
import { desk } from "#js/frame.js";

const map = document.getElementById("map");
const places = JSON.parse(document.getElementById("places").textContent);
const store = createAlarmStore(); // empty: alarms of now are no part of it

map.addEventListener("map:ready", () => map.dispatchEvent(new CustomEvent("map:heat", { detail: places })));
on(document, "click", ({ target }) => {
  const button = target.closest("[data-lon]");
  if (button) map.dispatchEvent(new CustomEvent("map:show", { detail: { lon: Number(button.dataset.lon), lat: Number(button.dataset.lat) } }));
});
import("#js/map/index.js").then(
  ({ mount }) => mount(map, { site: desk.given.site, store, select: (id) => store.select(id) }),
  () => undefined,
);
