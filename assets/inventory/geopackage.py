"""A GeoPackage (OGC 12-128r18) as a table: one layer of features, each at its point or at a point inside its shape.

Pure. The file is a database of a stranger: it is read in memory, nothing of its own runs, and only plain tables are asked.
"""

import sqlite3
import struct
from contextlib import closing
from typing import Any

import numpy as np
import shapely

from assets.inventory.failures import (
    BrokenContainer,
    Reason,
    Refusal,
    SeveralLayers,
    TooManyCells,
    TooManyColumns,
    TooManyRows,
    UnknownLayer,
)
from assets.inventory.projection import Floats
from assets.inventory.table import FEATURE_ID, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Table

KIND = "a GeoPackage"
_ENVELOPE = (0, 32, 48, 48, 64)  # bytes, by the envelope's code
_LONGEST_VALUE = 16 << 20
_STEPS = 200_000_000  # of SQLite's machine: a million rows need a tenth


def parse(data: bytes, layer: str = "") -> Table:
    """The table of a layer, the only one unless it is named. Raises BrokenContainer, SeveralLayers, UnknownLayer, TooMany…"""
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            database.deserialize(data)
            _guard(database)
            return _read(database, layer)
        except (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError, OverflowError) as error:
            raise BrokenContainer(kind=KIND, reason=str(error)[:200]) from error


def _guard(database: sqlite3.Connection) -> None:
    for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        database.execute(f"PRAGMA {setting}")
    steps = iter(range(_STEPS // 10_000))
    database.set_progress_handler(lambda: next(steps, None) is None, 10_000)
    database.execute("PRAGMA schema_version").fetchone()


def _layers(database: sqlite3.Connection) -> dict[str, tuple[str, int]]:
    """Layers that are tables, with the column of their geometry and their EPSG number, 0 where there is none."""
    found = {}
    rows = database.execute(
        "SELECT g.table_name, g.column_name, s.organization, s.organization_coordsys_id FROM gpkg_geometry_columns g"
        " JOIN sqlite_master m ON m.name = g.table_name AND m.type = 'table' AND m.sql NOT LIKE '%VIRTUAL%'"
        " LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id ORDER BY g.table_name"
    )
    for table, column, organization, number in rows:
        epsg = number if str(organization).upper() == "EPSG" and isinstance(number, int) and number > 0 else 0
        found[str(table)] = (str(column), epsg)
    return found


def _read(database: sqlite3.Connection, layer: str) -> Table:
    layers = _layers(database)
    if not layers:
        raise BrokenContainer(kind=KIND, reason="no layer of features")
    named = ", ".join(list(layers)[:30])
    if layer and layer not in layers:
        raise UnknownLayer(layer=layer, layers=named)
    if not layer and len(layers) > 1:
        raise SeveralLayers(layers=named)
    table = layer or next(iter(layers))
    geometry, epsg = layers[table]
    quoted = table.replace('"', '""')
    # Without columns that the file would compute: a short expression can make gigabytes.
    names = [str(name) for _, name, *_ in database.execute(f'PRAGMA table_info("{quoted}")')]
    if len(names) > MAX_COLUMNS:
        raise TooManyColumns(limit=MAX_COLUMNS)
    if geometry not in names:
        raise BrokenContainer(kind=KIND, reason="no layer of features")
    wanted = ", ".join('"{}"'.format(name.replace('"', '""')) for name in names)
    records = database.execute(f'SELECT rowid, {wanted} FROM "{quoted}" ORDER BY rowid').fetchmany(MAX_ROWS + 1)
    if len(records) > MAX_ROWS:
        raise TooManyRows(limit=MAX_ROWS)
    if len(records) * len(names) > MAX_CELLS:
        raise TooManyCells(limit=MAX_CELLS)
    return _table(records, names, names.index(geometry), epsg)


def _table(records: list[tuple[Any, ...]], names: list[str], place: int, epsg: int) -> Table:
    x, y, shapes, broken = positions([record[place + 1] for record in records])
    kept = [index for index in range(len(records)) if index not in broken]
    rows = [index + 1 for index in kept]
    columns = {name: [_plain(records[index][order + 1]) for index in kept] for order, name in enumerate(names) if order != place}
    columns.setdefault(FEATURE_ID, [records[index][0] for index in kept])
    refused = [Refusal(index + 1, Reason.BROKEN_GEOMETRY) for index in sorted(broken)]
    return Table(columns, rows, "gpkg", "utf-8", True, x=x[kept], y=y[kept], crs=epsg or None, shapes=shapes, refused=refused)


def _plain(value: Any) -> Any:
    return None if isinstance(value, bytes) else value


def positions(blobs: list[Any]) -> tuple[Floats, Floats, int, set[int]]:
    """(x, y, how many were not points, indices that cannot be read) of GeoPackage geometries; NaN where there is none."""
    x, y = np.full(len(blobs), np.nan), np.full(len(blobs), np.nan)
    broken: set[int] = set()
    shapes = 0
    for index, blob in enumerate(blobs):
        if blob is None:
            continue
        geometry = _geometry(blob)
        if geometry is None:
            broken.add(index)
            continue
        if geometry.is_empty:
            continue
        if geometry.geom_type != "Point":
            shapes += 1
            geometry = geometry.point_on_surface()
        x[index], y[index] = geometry.x, geometry.y
    return x, y, shapes, broken


def _geometry(blob: Any) -> Any:
    """The geometry of a blob, None for what is none."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        return None
    code = blob[3] >> 1 & 7
    if code >= len(_ENVELOPE):
        return None
    try:
        return shapely.from_wkb(blob[8 + _ENVELOPE[code] :])
    except (shapely.errors.GEOSException, struct.error):
        return None
