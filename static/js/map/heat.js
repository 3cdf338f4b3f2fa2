// How often places called, as circles on the map: the surface of each is its count.

const SOURCE = "heat";
const [LEAST, LARGEST] = [5, 32]; // px, of the radius
const MANY = 10; // where none called as often, no circle is the largest

/** createHeat(map, color) → {show(places), recolour()}; places are [lon, lat, count]. The map's style has been read by then. */
export function createHeat(map, color) {
  const paint = () => ({
    "circle-radius": ["get", "radius"],
    "circle-color": color("focus"),
    "circle-opacity": 0.28,
    "circle-stroke-color": color("focus"),
    "circle-stroke-width": 1.5,
  });

  return {
    show(places) {
      const most = Math.max(MANY, ...places.map(([, , count]) => count));
      const features = places.map(([lon, lat, count]) => ({
        type: "Feature",
        geometry: { type: "Point", coordinates: [lon, lat] },
        properties: { radius: Math.max(LEAST, LARGEST * Math.sqrt(count / most)) },
      }));
      const data = { type: "FeatureCollection", features };
      if (map.getSource(SOURCE)) return map.getSource(SOURCE).setData(data);
      map.addSource(SOURCE, { type: "geojson", data });
      return map.addLayer({ id: SOURCE, type: "circle", source: SOURCE, paint: paint() });
    },

    recolour() {
      if (map.getLayer(SOURCE)) for (const [name, value] of Object.entries(paint())) map.setPaintProperty(SOURCE, name, value);
    },
  };
}
