"""Between the plan's metres and WGS84 degrees: x runs along the great axis towards the river, y to its left."""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

LONGITUDE = 2.2380
LATITUDE = 48.8915
AXIS = math.radians(-26.0)
"""The axis leaves the arch towards the east-south-east."""

METRES_PER_DEGREE = 111_320.0
_METRES_PER_LONGITUDE = METRES_PER_DEGREE * math.cos(math.radians(LATITUDE))


def degrees(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes, rounded to the decimetre, of plan coordinates in metres."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    east = x * math.cos(AXIS) - y * math.sin(AXIS)
    north = x * math.sin(AXIS) + y * math.cos(AXIS)
    return np.round(LONGITUDE + east / _METRES_PER_LONGITUDE, 6), np.round(LATITUDE + north / METRES_PER_DEGREE, 6)


def compass(dx: float, dy: float) -> int:
    """Bearing in whole degrees, clockwise from north, of a direction on the plan."""
    east = dx * math.cos(AXIS) - dy * math.sin(AXIS)
    north = dx * math.sin(AXIS) + dy * math.cos(AXIS)
    return round(math.degrees(math.atan2(east, north))) % 360


def to_geojson(geometry: shapely.Geometry) -> dict[str, object]:
    """The GeoJSON geometry, in degrees, of a geometry in metres."""
    projected = shapely.transform(geometry, lambda xy: np.column_stack(degrees(xy[:, 0], xy[:, 1])))
    shape: dict[str, object] = projected.__geo_interface__
    return shape


def warp(geometries: Sequence[shapely.Geometry], core: shapely.Geometry, bank: float) -> list[shapely.Geometry]:
    """The same geometries bent by a slow swell that is nil in the core and on the river bank: old towns have no ruler."""

    def swell(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = xy[:, 0], xy[:, 1]
        away = shapely.distance(core, shapely.points(x, y))
        strength = np.clip(away / 260.0, 0, 1) * np.clip((bank - x) / 220.0, 0, 1)
        dx = 26 * np.sin(y / 190 + 0.4) + 13 * np.sin((x + 1.7 * y) / 118 + 2.1)
        dy = 24 * np.sin(x / 215 + 1.1) + 14 * np.sin((y - 1.4 * x) / 127 + 0.7)
        return np.column_stack([x + strength * dx, y + strength * dy])

    return [shapely.transform(shapely.segmentize(geometry, 14.0), swell) for geometry in geometries]
