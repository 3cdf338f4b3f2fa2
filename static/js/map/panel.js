// What stands around the map: search, filters, key, zoom. Plain controls, by keyboard too.

import { setText } from "#js/dom.js";
import { glyph } from "#js/map/pick.js";
import { attachSearch } from "#js/map/search.js";

const SEVERITIES = ["critical", "high", "medium", "low"];

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
  for (const domain of new Set(Object.values(key.kinds).map((kind) => kind.domain))) {
    const chip = domains.appendChild(make("button", { type: "button", class: "map-control", "aria-pressed": "false" }, key.domains[domain] ?? domain));
    chips.set(domain, chip);
    chip.addEventListener("click", () => change({ domains: toggled(filters.domains, domain) }));
  }

  const legend = make("div", { class: "map-legend", role: "group", "aria-label": say("severity") });
  const levels = new Map();
  for (const severity of SEVERITIES) {
    const button = legend.appendChild(make("button", { type: "button", "data-severity": severity, "aria-pressed": "false" }, glyph(severity), say(`severity.${severity}`)));
    levels.set(severity, button);
    button.addEventListener("click", () => change({ severities: toggled(filters.severities, severity) }));
  }
  legend.append(
    make("span", { class: "quiet-mark" }, make("i"), say("legend.quiet")),
    make("span", { class: "unknown-mark" }, make("i"), say("legend.unknown")),
    make("span", { class: "asset-mark" }, make("i"), say("legend.asset")),
  );
  const unplaced = legend.appendChild(make("span", { class: "unplaced", hidden: true }));

  const zoom = make("div", { class: "map-zoom" });
  for (const [name, sign, act] of [["zoom.in", "+", () => map.zoomIn()], ["zoom.out", "−", () => map.zoomOut()],
    ["home", "⌂", showSite]]) {
    zoom.appendChild(make("button", { type: "button", "aria-label": say(name), title: say(name) }, sign)).addEventListener("click", act);
  }

  const search = attachSearch({ key, say, make, showPlace, signal });
  element.append(make("div", { class: "map-bar" }, search, sectors, domains), legend, zoom);

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
    /** An alarm without a place must not vanish: the map says how many it cannot show. */
    count(rows) {
      let nowhere = 0;
      for (const row of rows.alarms.values()) if (!row.asset) nowhere += 1;
      unplaced.hidden = nowhere === 0;
      setText(unplaced, say(nowhere === 1 ? "unplaced.one" : "unplaced", { n: nowhere }));
    },
  };
}

function toggled(set, member) {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}
