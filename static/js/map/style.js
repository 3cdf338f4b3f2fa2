// The map's style from the colours of the theme: the ground in greys, the inventory in grey. Alarms are not in it: see marks.js.
//
// There is no `glyphs` address on purpose: without one MapLibre draws letters from the page's own fonts, offline.

import { enlarged } from "#js/dom.js";

const FONT = ["Inter"];

export const SITE = "site";
export const LAYERS_OF_ASSETS = ["asset-glyph", "asset-dot"];

/** Colours by token name, as the theme of the page has them now. */
export function readTokens(element) {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

const byZoom = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];
const isArea = ["==", ["geometry-type"], "Polygon"];
const isLine = ["==", ["geometry-type"], "LineString"];

function area(id, source, color, opacity = 1) {
  return { id, type: "fill", source: SITE, "source-layer": source, filter: isArea, paint: { "fill-color": color, "fill-opacity": opacity } };
}

function line(id, source, color, width, more = {}, filter = isLine) {
  const layout = { "line-cap": more["line-dasharray"] ? "butt" : "round", "line-join": "round" };
  return { id, type: "line", source: SITE, "source-layer": source, filter, layout, paint: { "line-color": color, "line-width": width, ...more } };
}

function ground(color) {
  const block = color("map-block");
  const rank = (low, high) => ["match", ["get", "rank"], 4, high * 1.25, 3, high, 2, low, low * 0.5];
  return [
    area("land", "land", block, 0.35),
    area("green", "green", color("map-block"), 0.9),
    area("slab", "slab", block, 0.8),
    area("esplanade", "esplanade", color("map-street"), 0.35),
    area("water", "water", color("map-water")),
    line("water-line", "water", color("map-water"), byZoom(12, 1.5, 16, 6, 19, 20)),
    line("tunnel", "tunnel", color("map-street-major"), byZoom(12, 1, 16, 5, 19, 16), { "line-dasharray": [2, 1.2], "line-opacity": 0.75 }),
    line(
      "street",
      "street",
      ["case", [">=", ["get", "rank"], 3], color("map-street-major"), color("map-street")],
      byZoom(12, rank(0.5, 1.2), 15, rank(1.7, 3.2), 17, rank(6, 11), 20, rank(32, 56)),
    ),
    line("rail", "rail", color("map-street-major"), byZoom(12, 0.8, 17, 2.4), { "line-dasharray": [6, 2] }),
    area("level", "level", block, 0.7),
    area("building", "building", block),
    line("building-edge", "building", color("map-street"), byZoom(14, 0.3, 17, 0.9), {}, isArea),
  ];
}

function names(color, scale) {
  const halo = { "text-halo-color": color("map-ground"), "text-halo-width": 1.4, "text-color": color("muted") };
  return [
    {
      id: "street-name",
      type: "symbol",
      source: SITE,
      "source-layer": "street",
      minzoom: 15.5,
      filter: ["has", "name"],
      layout: {
        "symbol-placement": "line",
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": 11 * scale,
        "symbol-spacing": 420,
        "text-max-angle": 30,
      },
      paint: { ...halo, "text-opacity": 0.8 },
    },
    line("sector-edge", "sector", color("line-strong"), byZoom(12, 0.8, 17, 1.6), { "line-dasharray": [4, 3] }, isArea),
    {
      id: "sector-name",
      type: "symbol",
      source: SITE,
      "source-layer": "sector_label",
      maxzoom: 17,
      layout: {
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": 12 * scale,
        "text-letter-spacing": 0.03,
        "text-max-width": 9,
        "text-padding": 6,
      },
      paint: { ...halo, "text-color": color("text"), "text-opacity": 0.75 },
    },
  ];
}

function inventory(color, metre, scale) {
  const asset = (id, type, more) => ({ id, type, source: SITE, "source-layer": "assets", ...more });
  return [
    {
      id: "density",
      type: "circle",
      source: SITE,
      "source-layer": "density",
      maxzoom: 15,
      paint: { "circle-color": color("map-asset"), "circle-radius": densityRadius(["get", "n"]), "circle-opacity": 0.6 },
    },
    asset("fov", "symbol", {
      minzoom: 16.5,
      filter: ["has", "fov"],
      layout: {
        "icon-image": ["concat", "fov-", ["to-string", ["*", 10, ["round", ["/", ["get", "fov"], 10]]]]],
        "icon-rotate": ["get", "bearing"],
        "icon-rotation-alignment": "map",
        "icon-pitch-alignment": "map",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        // The picture is 128 px from its centre to the rim; a metre is 2^zoom × 512 px / the length of the parallel.
        "icon-size": [
          "interpolate",
          ["exponential", 2],
          ["zoom"],
          12,
          ["*", ["get", "range"], metre / 128],
          22,
          ["*", ["get", "range"], (metre * 1024) / 128],
        ],
      },
      paint: { "icon-opacity": ["interpolate", ["linear"], ["zoom"], 16.5, 0, 17, 0.75] },
    }),
    asset("asset-dot", "circle", {
      maxzoom: 17,
      paint: {
        "circle-color": color("map-asset"),
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 15, 1.3, 17, 3],
        "circle-opacity": ["interpolate", ["linear"], ["zoom"], 16.6, 0.95, 17, 0],
      },
    }),
    asset("asset-unknown", "symbol", {
      minzoom: 15.5,
      filter: ["boolean", false],
      layout: {
        "icon-image": "hatch",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 15.5, 0.45, 17.5, 1],
      },
    }),
    asset("asset-glyph", "symbol", {
      minzoom: 16.6,
      layout: {
        "icon-image": ["concat", "glyph-", ["get", "glyph"]],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 16.6, 0.6 * scale, 18, scale],
        "icon-allow-overlap": ["step", ["zoom"], false, 17.5, true],
        "icon-padding": 0,
        "text-optional": true,
        "text-field": ["step", ["zoom"], "", 18, ["get", "code"]],
        "text-font": FONT,
        "text-size": 10.5 * scale,
        "text-offset": [0, 1.25],
        "text-anchor": "top",
      },
      paint: {
        "text-color": color("muted"),
        "text-halo-color": color("map-ground"),
        "text-halo-width": 1.3,
        "icon-opacity": ["interpolate", ["linear"], ["zoom"], 16.6, 0, 17, 1],
      },
    }),
  ];
}

/** The whole style. `key` is the map's key as the server gives it; `color` answers a token's colour; `scale`: of letters and glyphs. */
export function buildStyle(key, color, scale = enlarged()) {
  const metre = (512 * 2 ** 12) / (40_075_017 * Math.cos((key.centre[1] * Math.PI) / 180));
  const sources = {
    [SITE]: { type: "vector", tiles: [new URL(key.tiles, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], maxzoom: key.max_zoom },
  };
  const layers = [{ id: "ground", type: "background", paint: { "background-color": color("map-ground") } }];
  if (key.raster) {
    sources.raster = { type: "raster", tiles: [key.raster.url], tileSize: 256, attribution: key.raster.attribution };
    layers.push({
      id: "raster",
      type: "raster",
      source: "raster",
      paint: { "raster-saturation": -0.85, "raster-brightness-max": color("color-scheme") === "dark" ? 0.35 : 1 },
    });
  }
  layers.push(...(key.raster ? [] : ground(color)), ...names(color, scale).slice(key.raster ? 1 : 0), ...inventory(color, metre, scale));
  return { version: 8, sources, layers };
}

/** Paint follows the theme; data and filters stay as they are. */
export function repaint(map, style) {
  for (const { id, paint } of style.layers) for (const [name, value] of Object.entries(paint ?? {})) map.setPaintProperty(id, name, value);
}

/** The filters of the map as MapLibre's: which assets are drawn, and how large a cell's dot is for the domains chosen. */
export function narrow(map, { sectors, domains }) {
  const inside = sectors ? [["in", ["get", "sector"], ["literal", sectors]]] : [];
  const chosen = domains.size ? [["in", ["get", "domain"], ["literal", [...domains]]]] : [];
  for (const id of LAYERS_OF_ASSETS) map.setFilter(id, ["all", ...inside, ...chosen]);
  map.setFilter("fov", ["all", ["has", "fov"], ...inside, ...chosen]);
  const count = domains.size ? ["+", 0, ...[...domains].map((name) => ["coalesce", ["get", name], 0])] : ["get", "n"];
  map.setFilter("density", ["all", [">", count, 0], ...inside]);
  map.setPaintProperty("density", "circle-radius", densityRadius(count));
}

function densityRadius(count) {
  const size = (scale) => ["interpolate", ["linear"], ["sqrt", count], 1, 1.1 * scale, 4, 2.2 * scale, 10, 3.4 * scale];
  return ["interpolate", ["linear"], ["zoom"], 12, size(0.8), 15, size(1.2)];
}
