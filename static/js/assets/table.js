// The table of assets: searches as one types, fetches the next rows as one scrolls, shows on the map the row one is on.

import { asOneTypes } from "#js/dom.js";
import { desk } from "#js/frame.js";

const form = document.getElementById("filters");
const rows = document.getElementById("rows");
const scroll = document.getElementById("scroll");
const total = document.getElementById("total");
const map = document.getElementById("map");
let asked = null;

async function fetchRows(query, signal) {
  const answer = await fetch(`?${query}&part=rows`, { signal });
  if (!answer.ok) throw new Error(`rows: ${answer.status}`);
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content;
}

async function search() {
  asked?.abort();
  asked = new AbortController();
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  try {
    const found = await fetchRows(query, asked.signal);
    rows.replaceChildren(found);
    scroll.scrollTop = 0;
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    settle();
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
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
    const found = await fetchRows(target.dataset.next, undefined);
    target.replaceWith(found);
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
