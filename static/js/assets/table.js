// The table of assets: searches as one types, fetches the next rows as one scrolls, shows on the map the row one is on.

import { asOneTypes } from "#js/dom.js";
import { desk } from "#js/frame.js";
import { fetchPiece, piece } from "#js/piece.js";

const form = document.getElementById("filters");
const rows = document.getElementById("rows");
const scroll = document.getElementById("scroll");
const total = document.getElementById("total");
const map = document.getElementById("map");
const found = piece(rows);

async function search() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  if (!(await found(`${query}&part=rows`, { anyhow: true }))) return;
  scroll.scrollTop = 0;
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  settle();
}

/** After rows came: the total they tell, and the watch on the last one, which brings the next. */
function settle() {
  const told = rows.querySelector("[data-total]");
  if (told) {
    total.textContent = told.dataset.total;
    told.remove();
  }
  watching.disconnect();
  const more = rows.querySelector(".more");
  if (more) watching.observe(more);
}

const watching = new IntersectionObserver(
  async ([{ isIntersecting, target }]) => {
    if (!isIntersecting) return;
    watching.disconnect();
    const more = await fetchPiece(`?${target.dataset.next}&part=rows`);
    if (!more || !target.isConnected) return; // refused, or another search came meanwhile
    target.replaceWith(more);
    settle();
  },
  { root: scroll, rootMargin: "600px" },
);

asOneTypes(form, search);

function show(row) {
  if (!row?.dataset.lon) return;
  rows.querySelector(".here")?.classList.remove("here");
  row.classList.add("here");
  map.dispatchEvent(new CustomEvent("map:show", { detail: { lon: Number(row.dataset.lon), lat: Number(row.dataset.lat), zoom: 17.2 } }));
}

rows.addEventListener("click", ({ target }) => {
  if (!target.closest("a")) show(target.closest("tr"));
});
rows.addEventListener("focusin", ({ target }) => show(target.closest("tr")));
settle();

if (matchMedia("(min-width: 1100px)").matches) {
  const { mount } = await import("#js/map/index.js");
  mount(map, { site: desk.given.site, store: desk.store, select: () => undefined });
}
