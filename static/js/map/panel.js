// What stands around the map: search, filters, key, zoom. Plain controls, by keyboard too.

import { byName } from "#js/alphabet.js";
import { setText } from "#js/dom.js";
import { glyph } from "#js/map/pick.js";
import { attachSearch } from "#js/map/search.js";
import { SEVERITIES } from "#js/nouns/alarm.js";
import { rove } from "#js/rove.js";

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== false) element.setAttribute(name, value === true ? "" : value);
  element.append(...children);
  return element;
}

/** Says something in the map's place; empty text takes it away. */
export function message(element, text) {
  let box = element.querySelector(":scope > .map-message");
  if (!box) box = element.appendChild(make("p", { class: "map-message", role: "status" }));
  box.textContent = text;
  box.hidden = text === "";
}

export function buildPanel(element, { map, key, say, filters, onFilters, showPlace, showSite, signal }) {
  const chips = new Map();
  const sectors = make("select", { class: "map-control", "aria-label": say("sector.all") }, make("option", { value: "" }, say("sector.all")));
  for (const { path, name } of key.sectors) sectors.append(make("option", { value: path }, `${"  ".repeat(path.split("/").length - 1)}${name}`));
  sectors.addEventListener("change", () => change({ sector: sectors.value }));

  const domains = make("div", { class: "map-chips", role: "group", "aria-label": say("domains") });
  const all = domains.appendChild(make("button", { type: "button", class: "map-control", "aria-pressed": "true" }, say("domain.all")));
  all.addEventListener("click", () => change({ domains: new Set() }));
  const named = (domain) => key.domains[domain] ?? domain;
  for (const domain of [...new Set(Object.values(key.kinds).map((kind) => kind.domain))].sort(byName(named))) {
    const chip = domains.appendChild(make("button", { type: "button", class: "map-control", "aria-pressed": "false" }, named(domain)));
    chips.set(domain, chip);
    chip.addEventListener("click", () => change({ domains: toggled(filters.domains, domain) }));
  }

  const legend = make("div", { class: "map-legend", role: "group", "aria-label": say("severity") });
  const levels = new Map();
  for (const severity of SEVERITIES) {
    const button = legend.appendChild(
      make("button", { type: "button", "data-severity": severity, "aria-pressed": "false" }, glyph(severity), say(`severity.${severity}`)),
    );
    levels.set(severity, button);
    button.addEventListener("click", () => change({ severities: toggled(filters.severities, severity) }));
  }
  legend.append(
    make("span", { class: "quiet-mark" }, make("i"), say("legend.quiet")),
    make("span", { class: "unknown-mark" }, make("i"), say("legend.unknown")),
    make("span", { class: "asset-mark" }, make("i"), say("legend.asset")),
  );
  const unplaced = legend.appendChild(make("span", { class: "unplaced", hidden: true }));
  const outside = legend.appendChild(make("strong", { class: "outside", hidden: true }));

  const zoom = make("div", { class: "map-zoom" });
  for (const [name, sign, act] of [
    ["zoom.in", "+", () => map.zoomIn()],
    ["zoom.out", "−", () => map.zoomOut()],
    ["home", "⌂", showSite],
  ]) {
    zoom.appendChild(make("button", { type: "button", "aria-label": say(name), title: say(name) }, sign)).addEventListener("click", act);
  }

  const search = attachSearch({ key, say, make, showPlace, signal });
  element.append(make("div", { class: "map-bar" }, search, sectors, scrolled(domains)), legend, zoom);
  rove(domains);
  rove(legend);

  function change(changes) {
    Object.assign(filters, changes);
    show(filters);
    onFilters();
  }

  function show({ sector, severities, domains: chosen }) {
    sectors.value = sector;
    all.setAttribute("aria-pressed", String(chosen.size === 0));
    for (const [domain, chip] of chips) chip.setAttribute("aria-pressed", String(chosen.has(domain)));
    for (const [severity, button] of levels) {
      button.setAttribute("aria-pressed", String(severities.has(severity)));
      button.classList.toggle("off", severities.size > 0 && !severities.has(severity));
    }
  }

  show(filters);
  return {
    show,
    /** An alarm without a place, or outside the filters, must not vanish: the map says how many it does not show. */
    count(rows, { n, critical }) {
      let nowhere = 0;
      for (const row of rows.alarms.values()) if (!row.asset) nowhere += 1;
      unplaced.hidden = nowhere === 0;
      outside.hidden = n === 0;
      const told = say(n === 1 ? "outside.one" : "outside", { n });
      setText(outside, critical ? say("outside.critical", { told, n: critical }) : told);
      setText(unplaced, say(nowhere === 1 ? "unplaced.one" : "unplaced", { n: nowhere }));
    },
  };
}

/** A row of chips with an arrow at each end at which some are out of sight; by keyboard the chips come into view by themselves. */
function scrolled(row) {
  const arrows = [
    ["‹", -1],
    ["›", 1],
  ].map(([sign, way]) => {
    const arrow = make("button", { type: "button", class: "map-control map-more", tabindex: "-1", "aria-hidden": "true", hidden: true }, sign);
    arrow.addEventListener("click", () => row.scrollBy({ left: way * row.clientWidth * 0.8, behavior: "auto" }));
    return arrow;
  });
  const look = () => {
    arrows[0].hidden = row.scrollLeft < 1;
    arrows[1].hidden = row.scrollLeft + row.clientWidth > row.scrollWidth - 1;
  };
  row.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(row);
  return make("div", { class: "map-row" }, arrows[0], row, arrows[1]);
}

function toggled(set, member) {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}
