"""A zipped Shapefile as a table: geometries of .shp, columns of .dbf, projection of .prj, encoding of .cpg.

Pure. ESRI Shapefile Technical Description (1998) and dBase III.
"""

import struct
import zipfile
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from assets.inventory import packed, text
from assets.inventory.failures import (
    BrokenContainer,
    InventoryFailure,
    Reason,
    Refusal,
    SeveralLayers,
    TooManyCells,
    TooManyColumns,
    TooManyRows,
    UnknownLayer,
)
from assets.inventory.table import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Table

KIND = "a Shapefile"
_NULL, _POINTS, _MANY, _LINES, _AREAS = (0,), (1, 11, 21), (8, 18, 28), (3, 13, 23), (5, 15, 25)
_LIKELY_EPSG = 70  # how sure PROJ must be that a description is this number
_NOWHERE = (float("nan"), float("nan"))
Place = tuple[float, float]


def parse(data: bytes, layer: str = "") -> Table:
    """The table of a layer, the only one unless it is named. Raises what `packed` does, SeveralLayers, UnknownLayer."""
    with packed.opened(data, KIND) as archive:
        parts = {PurePosixPath(name.lower()): name for name in archive.namelist() if not name.startswith("__MACOSX")}
        layers = {path.stem: path for path in parts if path.suffix == ".shp"}
        named = ", ".join(list(layers)[:30])
        if layer and layer.lower() not in layers:
            raise UnknownLayer(layer=layer, layers=named)
        if not layer and len(layers) > 1:
            raise SeveralLayers(layers=named)
        path = layers[layer.lower()] if layer else next(iter(layers.values()))
        try:
            return _table(archive, parts, path)
        except (struct.error, IndexError, ValueError, OverflowError, shapely.errors.GEOSException) as error:
            raise BrokenContainer(kind=KIND, reason=str(error)[:200]) from error


def _table(archive: zipfile.ZipFile, parts: dict[PurePosixPath, str], path: PurePosixPath) -> Table:
    def part(suffix: str) -> bytes:
        name = parts.get(path.with_suffix(suffix))
        return archive.read(name) if name else b""

    attributes = part(".dbf")
    if not attributes:
        raise BrokenContainer(kind=KIND, reason="no .dbf part")
    encoding, certain = _encoding(part(".cpg"), attributes)
    columns, deleted = _columns(attributes, encoding)
    places = _places(part(".shp"))
    if len(places) != len(deleted):
        raise BrokenContainer(kind=KIND, reason=".shp and .dbf differ in length")
    kept = [index for index, place in enumerate(places) if place is not None and not deleted[index]]
    refused = [
        Refusal(index + 1, Reason.BROKEN_GEOMETRY) for index, place in enumerate(places) if place is None and not deleted[index]
    ]
    found = [places[index] or (_NOWHERE, False) for index in kept]
    x, y = np.array([place for place, _ in found], np.float64).reshape(-1, 2).T
    return Table(
        {name: [cells[index] for index in kept] for name, cells in columns.items()}, [index + 1 for index in kept], "shp",
        encoding, certain, x=x, y=y, crs=_epsg(part(".prj")), shapes=sum(shaped for _, shaped in found), refused=refused,
    )  # fmt: skip


def _encoding(named: bytes, attributes: bytes) -> tuple[str, bool]:
    word = named.decode("ascii", "replace").strip()
    try:
        return text.canonical(f"cp{word}" if word.isdigit() else word.replace("ANSI ", "cp")), True
    except InventoryFailure:
        found = text.detect_encoding(attributes[struct.unpack_from("<H", attributes, 8)[0] :])
        return found, found == "utf-8"


def _epsg(described: bytes) -> int | None:
    try:
        return CRS.from_wkt(described.decode("utf-8", "replace")).to_epsg(_LIKELY_EPSG) if described else None
    except CRSError:
        return None


def _columns(data: bytes, encoding: str) -> tuple[dict[str, list[Any]], list[bool]]:
    """Cells by column, and which records are deleted."""
    count, begin, length = struct.unpack_from("<IHH", data, 4)
    described = [data[place : place + 32] for place in range(32, begin - 1, 32) if data[place] != 0x0D]
    if count > MAX_ROWS:
        raise TooManyRows(limit=MAX_ROWS)
    if len(described) > MAX_COLUMNS:
        raise TooManyColumns(limit=MAX_COLUMNS)
    if count * len(described) > MAX_CELLS:
        raise TooManyCells(limit=MAX_CELLS)
    if begin + count * length > len(data):
        raise ValueError("the .dbf part is cut")
    columns: dict[str, list[Any]] = {}
    place = 1
    for field in described:
        name, kind, width = field[:11].partition(b"\0")[0].decode(encoding, "replace").strip(), chr(field[11]), field[16]
        starts = range(begin + place, begin + place + count * length, length)
        columns[name] = [_cell(data[start : start + width].decode(encoding, "replace"), kind) for start in starts]
        place += width
    return columns, [data[begin + index * length] == 0x2A for index in range(count)]


def _cell(said: str, kind: str) -> Any:
    said = said.strip("\0 ")
    if kind in "NF" and said:
        value = text.number(said, ".")
        return None if value is None else int(value) if value.is_integer() and abs(value) < 1e15 else value
    if kind == "D" and len(said) == 8:
        return f"{said[:4]}-{said[4:6]}-{said[6:]}"
    if kind == "L":
        return {"T": True, "Y": True, "F": False, "N": False}.get(said.upper())
    return said or None


def _places(data: bytes) -> list[tuple[Place, bool] | None]:
    """Of each record its place and whether it is a shape; None for what cannot be read."""
    found: list[tuple[Place, bool] | None] = []
    place = 100
    if len(data) < place or struct.unpack_from(">i", data)[0] != 9994:
        raise ValueError("the .shp part is none")
    while place + 12 <= len(data):
        words = struct.unpack_from(">i", data, place + 4)[0]
        if words < 2 or place + 8 + words * 2 > len(data):
            raise ValueError("the .shp part is cut")
        found.append(_shape(data[place + 8 : place + 8 + words * 2]))
        if len(found) > MAX_ROWS:
            raise TooManyRows(limit=MAX_ROWS)
        place += 8 + words * 2
    return found


def _shape(record: bytes) -> tuple[Place, bool] | None:
    (kind,) = struct.unpack_from("<i", record)
    if kind in _NULL:
        return _NOWHERE, False
    if kind in _POINTS:
        return struct.unpack_from("<dd", record, 4), False
    try:
        shape = _points(record) if kind in _MANY else _lines(record, areas=kind in _AREAS) if kind in _LINES + _AREAS else None
    except (struct.error, ValueError, shapely.errors.GEOSException):
        return None
    if shape is None or shape.is_empty:
        return None
    inside = shapely.point_on_surface(shape)
    return (float(shapely.get_x(inside)), float(shapely.get_y(inside))), True


def _points(record: bytes) -> Any:
    (count,) = struct.unpack_from("<i", record, 36)
    return shapely.MultiPoint(np.frombuffer(record, "<f8", count * 2, 40).reshape(-1, 2))


def _lines(record: bytes, *, areas: bool) -> Any:
    parts, count = struct.unpack_from("<ii", record, 36)
    begins = [*struct.unpack_from(f"<{parts}i", record, 44), count]
    points = np.frombuffer(record, "<f8", count * 2, 44 + 4 * parts).reshape(-1, 2)
    lines = shapely.MultiLineString([points[first:last] for first, last in pairwise(begins)])
    return shapely.build_area(lines) if areas else lines
