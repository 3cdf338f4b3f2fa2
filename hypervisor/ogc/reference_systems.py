"""Reference systems in which positions are given and asked for: OGC API Features part 2. Kept in CRS84, computed by PROJ."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pyproj
import shapely

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_CODES = (4326, 3857, 2154, *range(3942, 3951), 5490, 2972, 2975)
"""WGS 84, web maps, Lambert-93 and the nine conic zones, and what is used in the Antilles, Guiana and Réunion."""
SYSTEMS = {CRS84: "OGC:CRS84", **{f"{_EPSG}{code}": f"EPSG:{code}" for code in _CODES}}
"""By the URI that the standard names each one by. Axes are in the order of the authority: EPSG:4326 has latitude first."""
_DEGREES, _METRES = 7, 3
_EVERY_METRES, _EVERY_DEGREES = 500.0, 0.005
"""How far apart the corners of an area are at most before it is transformed: straight there is not straight here."""
MOST_CORNERS = 4_000


class Unknown(Exception):
    """It is not the URI of a system that is offered."""


def code_of(uri: str) -> str:
    """What PROJ calls it. Raises Unknown."""
    if uri not in SYSTEMS:
        raise Unknown(uri)
    return SYSTEMS[uri]


def outward(uri: str) -> Callable[[shapely.Geometry], shapely.Geometry]:
    """A function from CRS84 to a system, in the order of its axes. Raises Unknown."""
    code = code_of(uri)
    transform = None if uri == CRS84 else _transformer(SYSTEMS[CRS84], code)
    digits = _DEGREES if _in_degrees(code) else _METRES

    def moved(corners: np.ndarray) -> np.ndarray:
        corners = corners if transform is None else np.column_stack(transform(corners[:, 0], corners[:, 1]))
        return np.round(corners, digits)

    return lambda geometry: shapely.transform(geometry, moved)


def inward(uri: str, area: shapely.Geometry) -> shapely.Geometry:
    """An area of a system in CRS84. Raises Unknown, and ValueError for what lies nowhere there or is too wide."""
    code = code_of(uri)
    if uri == CRS84:
        return area
    west, south, east, north = area.bounds
    step = max(_EVERY_DEGREES if _in_degrees(code) else _EVERY_METRES, (east - west + north - south) / MOST_CORNERS)
    transform = _transformer(code, SYSTEMS[CRS84])
    corners = shapely.segmentize(area, step)
    moved = shapely.transform(corners, lambda each: np.column_stack(transform(each[:, 0], each[:, 1])))
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise ValueError("outside of the reference system")
    return moved


@cache
def _transformer(source: str, target: str) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    return pyproj.Transformer.from_crs(source, target).transform


@cache
def _in_degrees(code: str) -> bool:
    return pyproj.CRS.from_user_input(code).is_geographic
