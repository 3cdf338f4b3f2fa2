"""How rows are found by where they lie: boxes and polygons in degrees, by the GiST index of PostgreSQL's own points."""

from collections.abc import Iterable

import shapely
from django.db.models import BooleanField, FloatField, Func, Q, TextField, Value
from shapely.geometry.base import BaseGeometry

from assets.models import GeometricPoint


class _Box(Func):
    """PostgreSQL's box of two corners."""

    function = "box"
    output_field = TextField()


class _Polygon(Func):
    """PostgreSQL's polygon, from its text."""

    template = "%(expressions)s::polygon"
    output_field = TextField()


class _Inside(Func):
    """Whether a point is in a box or a polygon, their edges included; with the GiST index of assets."""

    template = "%(expressions)s"
    arg_joiner = " <@ "
    output_field = BooleanField()


class Apart(Func):
    """Distance between two points in degrees; with the GiST index, the nearest first without sorting all."""

    template = "%(expressions)s"
    arg_joiner = " <-> "
    output_field = FloatField()


def position(asset: str = "") -> GeometricPoint:
    """Where the row is; `asset` is the lookup that leads to its asset, with its underscores."""
    return GeometricPoint(f"{asset}longitude", f"{asset}latitude")


def place(longitude: float, latitude: float) -> GeometricPoint:
    return GeometricPoint(Value(longitude, FloatField()), Value(latitude, FloatField()))


def in_box(west: float, south: float, east: float, north: float, asset: str = "") -> Q:
    """A filter for what lies in a box, its edges included; one whose west is east of its east crosses the 180th meridian."""
    if west > east:
        return in_box(west, south, 180.0, north, asset) | in_box(-180.0, south, east, north, asset)
    return Q(_Inside(position(asset), _Box(place(west, south), place(east, north))))


def meeting(area: BaseGeometry, asset: str = "") -> Q:
    """A filter for what lies in an area or on its edge: polygons, points and collections of them. Raises ValueError."""
    if area.is_empty:
        return Q(pk__in=())
    match area:
        case shapely.Point():
            return in_box(area.x, area.y, area.x, area.y, asset)
        case shapely.LineString() if 0 in (area.bounds[2] - area.bounds[0], area.bounds[3] - area.bounds[1]):
            return in_box(*area.bounds, asset)
        case shapely.Polygon() if area.equals(area.envelope):
            return in_box(*area.bounds, asset)
        case shapely.Polygon():
            filter_ = Q(_Inside(position(asset), _polygon(area.exterior.coords)))
            for hole in area.interiors:
                filter_ &= ~Q(_Inside(position(asset), _polygon(hole.coords)))
            return filter_
        case shapely.MultiPolygon() | shapely.MultiPoint() | shapely.GeometryCollection():
            filter_ = Q(pk__in=())
            for part in area.geoms:
                filter_ |= meeting(part, asset)
            return filter_
    raise ValueError(f"no point lies in a {area.geom_type}")


def _polygon(ring: Iterable[tuple[float, ...]]) -> _Polygon:
    return _Polygon(Value("(" + ",".join(f"({each[0]!r},{each[1]!r})" for each in ring) + ")", TextField()))
