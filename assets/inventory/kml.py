"""KML (OGC 12-007), or KMZ, as a table: one row a placemark, with its name, its data, and a place inside its geometry.

Pure.
"""

import io
import re
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import shapely
from defusedxml.common import DefusedXmlException

from assets.inventory import packed
from assets.inventory.failures import BrokenContainer, ForbiddenXml, Reason, Refusal, TooManyCells, TooManyColumns, TooManyRows
from assets.inventory.packed import elements, local
from assets.inventory.projection import WGS84
from assets.inventory.table import FEATURE_ID, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Table

KIND = "a KML document"
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|kml)")


def holds(data: bytes) -> bool:
    return _BEGINS.match(data) is not None and b"<kml" in data[:4096]


def parse(data: bytes) -> Table:
    """The table of a document. Raises BrokenContainer, ForbiddenXml, TooMany…"""
    try:
        return read(io.BytesIO(data))
    except DefusedXmlException as error:
        raise ForbiddenXml() from error
    except (ParseError, LookupError, ValueError) as error:
        raise BrokenContainer(kind=KIND, reason=str(error)[:200]) from error


def read(stream: IO[bytes]) -> Table:
    columns: dict[str, list[Any]] = {}
    rows: list[int] = []
    places: list[tuple[float, float]] = []
    refused: list[Refusal] = []
    shapes = 0
    for row, (_, placemark) in enumerate(elements(stream, "Placemark"), 1):
        if row > MAX_ROWS:
            raise TooManyRows(limit=MAX_ROWS)
        try:
            place, shaped = _place(placemark)
        except ValueError:
            refused.append(Refusal(row, Reason.BROKEN_GEOMETRY))
            continue
        for name, value in _values(placemark).items():
            column = columns.setdefault(name, [])
            column += [None] * (len(rows) - len(column))
            column.append(value)
        if len(columns) > MAX_COLUMNS:
            raise TooManyColumns(limit=MAX_COLUMNS)
        rows.append(row)
        if len(columns) * len(rows) > MAX_CELLS:
            raise TooManyCells(limit=MAX_CELLS)
        places.append(place)
        shapes += shaped
    for column in columns.values():
        column += [None] * (len(rows) - len(column))
    x, y = np.array(places, np.float64).reshape(-1, 2).T
    return Table(columns, rows, "kml", "utf-8", True, x=x, y=y, crs=WGS84, shapes=shapes, refused=refused)


def _values(placemark: Element) -> dict[str, Any]:
    found: dict[str, Any] = {FEATURE_ID: placemark.get("id")} if placemark.get("id") else {}
    for child in placemark:
        if local(child.tag) in ("name", "description", "address"):
            found[local(child.tag)] = child.text or ""
    for element in placemark.iter():
        if local(element.tag) == "Data":
            found[element.get("name", "")] = next((one.text or "" for one in element if local(one.tag) == "value"), "")
        elif local(element.tag) == "SimpleData":
            found[element.get("name", "")] = element.text or ""
    return {name: value for name, value in found.items() if name}


def _place(placemark: Element) -> tuple[tuple[float, float], bool]:
    """Where the first geometry of a placemark stands, and whether it is a shape. Raises ValueError."""
    for element in placemark.iter():
        name = local(element.tag)
        if name in ("Point", "LineString", "Polygon"):
            said = next((one.text or "" for one in element.iter() if local(one.tag) == "coordinates"), "")
            points = [tuple(map(float, pair.split(",")[:2])) for pair in said.split()]
            if not points or any(len(point) != 2 for point in points):
                raise ValueError("no coordinates")
            if name == "Point":
                return (points[0][0], points[0][1]), False
            shape = shapely.Polygon(points) if name == "Polygon" and len(points) > 3 else shapely.MultiPoint(points)
            inside = shapely.point_on_surface(shape)
            return (float(shapely.get_x(inside)), float(shapely.get_y(inside))), True
    return (float("nan"), float("nan")), False


def of_archive(data: bytes) -> Table:
    """The table of the first document of a KMZ."""
    with packed.opened(data, KIND) as archive:
        name = next(one for one in archive.namelist() if one.lower().endswith(".kml"))
        try:
            with archive.open(name) as stream:
                return read(stream)
        except (LookupError, ValueError) as error:
            raise BrokenContainer(kind=KIND, reason=str(error)[:200]) from error
