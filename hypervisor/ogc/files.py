"""A layer as a file to keep: CSV for a spreadsheet, GeoPackage (OGC 12-128r18) for a GIS that has no connection."""

import datetime as dt
import json
import sqlite3
import struct
from collections.abc import Iterator, Sequence

import pyproj
import shapely

from hypervisor.api.tables import written
from hypervisor.ogc import reference_systems
from hypervisor.ogc.fields import Field, Kind
from hypervisor.ogc.layers import Feature, Layer
from hypervisor.ogc.reference_systems import CRS84, SYSTEMS

MOST = 100_000
"""Features of one file."""
_WGS84 = 4326
_TYPES = {Kind.INTEGER: "INTEGER", Kind.NUMBER: "DOUBLE", Kind.BOOLEAN: "BOOLEAN", Kind.INSTANT: "DATETIME"}
_GPKG, _VERSION = 0x47504B47, 10300
_LITTLE_ENDIAN, _EMPTY = 0b01, 0b10000
_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL REFERENCES gpkg_contents(table_name), column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id), z TINYINT NOT NULL,
  m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name));
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined cartesian', -1, 'NONE', -1, 'undefined', NULL);
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL);
"""


def table(layer: Layer, features: Sequence[Feature], crs: str, language: str) -> str:
    """The features for a spreadsheet of this language, with x and y of points and the WKT of what is more than one."""
    moved = reference_systems.outward(crs)
    return written(["id", *(field.name for field in layer.fields), "x", "y", "wkt"], _lines(layer, features, moved), language)


def _lines(layer: Layer, features: Sequence[Feature], moved: object) -> Iterator[list[object]]:
    for each in features:
        values = [_flat(each.properties[field.name]) for field in layer.fields]
        shape = None if each.geometry is None else moved(each.geometry)
        place = [shape.x, shape.y, ""] if isinstance(shape, shapely.Point) else ["", "", "" if shape is None else shape.wkt]
        yield [each.id, *values, *place]


def geopackage(layer: Layer, features: Sequence[Feature], crs: str, now: dt.datetime) -> bytes:
    """A GeoPackage of one table, whose positions are x before y whatever the authority says, as the standard has it."""
    code = int(SYSTEMS[crs].partition(":")[2]) if crs != CRS84 else _WGS84
    moved = reference_systems.outward(CRS84 if code == _WGS84 else crs)
    shapes = [None if each.geometry is None else moved(each.geometry) for each in features]
    bounds = shapely.total_bounds(shapes).tolist() if any(shapes) else [None] * 4
    file = sqlite3.connect(":memory:")
    try:
        file.execute(f"PRAGMA application_id = {_GPKG}")
        file.execute(f"PRAGMA user_version = {_VERSION}")
        file.executescript(_TABLES)
        systems = {_WGS84, code}
        for each in sorted(systems):
            system = pyproj.CRS.from_epsg(each)
            definition = system.to_wkt("WKT1_GDAL")
            file.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,'EPSG',?,?,NULL)", (system.name, each, each, definition))
        name = layer.id.replace("-", "_")
        moment = f"{now.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.000Z}"
        content = (name, "features", layer.id, str(layer.title), moment, *bounds, code)
        file.execute("INSERT INTO gpkg_contents VALUES (?,?,?,?,?,?,?,?,?,?)", content)
        kind = layer.geometry.upper()
        file.execute("INSERT INTO gpkg_geometry_columns VALUES (?,'geom',?,?,0,0)", (name, kind, code))
        columns = "".join(f', "{field.name}" {_TYPES.get(field.kind, "TEXT")}' for field in layer.fields)
        file.execute(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {kind}{columns})')
        marks = ",".join("?" * (len(layer.fields) + 2))
        file.executemany(f'INSERT INTO "{name}" VALUES ({marks})', _rows(layer.fields, features, shapes, code))
        file.commit()
        return file.serialize()
    finally:
        file.close()


def _rows(
    fields: Sequence[Field], features: Sequence[Feature], shapes: Sequence[shapely.Geometry | None], code: int
) -> Iterator[list[object]]:
    for each, shape in zip(features, shapes, strict=True):
        yield [each.id, _blob(shape, code), *(_flat(each.properties[field.name]) for field in fields)]


def _blob(shape: shapely.Geometry | None, code: int) -> bytes | None:
    """The header of GeoPackage before the WKB: no envelope."""
    if shape is None:
        return None
    flags = _LITTLE_ENDIAN | (_EMPTY if shape.is_empty else 0)
    return struct.pack("<2sBBi", b"GP", 0, flags, code) + shapely.to_wkb(shape, byte_order=1)


def _flat(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
