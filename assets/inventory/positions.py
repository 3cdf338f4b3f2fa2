"""Both coordinates of a place in one cell: WKT, two numbers with or without brackets, or a GeoJSON geometry.

Pure. A shape stands at a point inside it.
"""

import math
import re

import shapely

_PAIR = re.compile(r"[\[(]?\s*([+-]?\d+(?:[.,]\d+)?)\s*([;/ ,])\s*([+-]?\d+(?:[.,]\d+)?)\s*[\])]?")
_POINTS = re.compile(r"[\[(]?\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*[\])]?")
_WKT = re.compile(r"(?:SRID=\d+;)?\s*((?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\b", re.IGNORECASE)
_LONGEST = 1_000_000


def of(cell: str) -> tuple[float, float] | None:
    """(first, second) coordinate of a cell, None for what is no place. Decimal commas need another sign between the two."""
    if pair := _POINTS.fullmatch(cell):
        return float(pair[1]), float(pair[2])
    if (pair := _PAIR.fullmatch(cell)) and pair[2] != ",":
        return _number(pair[1]), _number(pair[3])
    if len(cell) > _LONGEST:
        return None
    try:
        if _WKT.match(cell):
            geometry = shapely.from_wkt(cell.partition(";")[2] if cell[:5].upper() == "SRID=" else cell)
        elif cell.startswith("{"):
            geometry = shapely.from_geojson(cell)
        else:
            return None
    except shapely.errors.GEOSException:
        return None
    if geometry is None or geometry.is_empty:
        return None
    inside = shapely.point_on_surface(geometry)
    x, y = float(shapely.get_x(inside)), float(shapely.get_y(inside))
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _number(said: str) -> float:
    return float(said.replace(",", "."))
