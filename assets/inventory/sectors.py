"""Which sector each position lies in: the innermost polygon that holds it.

Pure: polygons and positions in, slugs out.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import shapely

from assets.inventory.projection import Floats, Neighbourhood


class Sectors:
    """The polygons of a site. Takes (slug, path, GeoJSON geometry) triples; a broken geometry holds nothing."""

    def __init__(self, rows: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        listed = list(rows)
        written = np.array([msgspec.json.encode(geometry).decode() for _, _, geometry in listed], dtype=object)
        polygons = shapely.from_geojson(written, on_invalid="ignore") if listed else np.array([], dtype=object)
        depth = np.array([path.count("/") for _, path, _ in listed], dtype=np.int64)
        # Innermost last, so that it is the last to write its number: deeper in the tree, then smaller.
        order = np.lexsort((-shapely.area(polygons), depth)) if listed else np.array([], dtype=np.int64)
        self.slugs = [listed[index][0] for index in order]
        self._polygons = polygons[order]

    def neighbourhood(self, longitude: float, latitude: float) -> Neighbourhood:
        """Where the site is: the box of its sectors, else its centre, else unknown (a centre at (0, 0) was never set)."""
        west, south, east, north = shapely.total_bounds(self._polygons) if len(self._polygons) else [np.nan] * 4
        if np.isfinite(west):
            return Neighbourhood((float(west), float(south), float(east), float(north)))
        if (longitude, latitude) == (0, 0):
            return Neighbourhood(None)
        return Neighbourhood((longitude, latitude, longitude, latitude))

    def of(self, longitude: Floats | Sequence[float], latitude: Floats | Sequence[float]) -> list[str]:
        """Slug of the innermost sector of each position (equal-length columns, degrees), "" outside of all."""
        inside = np.full(len(longitude), -1)
        if len(inside) and len(self._polygons):
            # The tree holds the positions: the polygons, which are few and long, are then prepared once each.
            positions = shapely.STRtree(np.asarray(shapely.points(longitude, latitude)))
            polygon, position = positions.query(self._polygons, predicate="intersects")
            np.maximum.at(inside, position, polygon)
        names = [*self.slugs, ""]
        return [names[index] for index in inside]
