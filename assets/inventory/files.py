"""From a file to columns, whatever it is: a text, a workbook, a GeoPackage, a Shapefile or KML, known by how it begins."""

from dataclasses import replace
from pathlib import PurePosixPath

from assets.inventory import geopackage, kml, packed, shapefile, table, workbook
from assets.inventory.failures import ContradictoryFormat, EmptyFile, MissingColumn, NoRowPicked
from assets.inventory.mapping import NATIVE, Mapping, Rows
from assets.inventory.table import Table

_ZIP, _SQLITE = b"PK\x03\x04", b"SQLite format 3\x00"


def parse(data: bytes, mapping: Mapping) -> Table:
    """The table of a file's bytes, of the rows that the mapping picks. Raises an InventoryFailure."""
    read = _whole(data, mapping)
    return read if mapping.rows is None else _picked(read, mapping.rows)


def _picked(read: Table, rows: Rows) -> Table:
    """Raises MissingColumn, NoRowPicked. What has not the shape of a row is nobody's, and is left out too."""
    if rows.column not in read.columns:
        raise MissingColumn(field="rows", column=rows.column, columns=", ".join(list(read.columns)[:30]) or "none")
    wanted = {value.strip() for value in rows.values}
    cells = read.columns[rows.column]
    kept = [index for index, cell in enumerate(cells) if str(cell).strip() in wanted]
    if not kept:
        raise NoRowPicked(column=rows.column, values=", ".join(rows.values))
    return replace(
        read,
        columns={name: [column[index] for index in kept] for name, column in read.columns.items()},
        row=[read.row[index] for index in kept],
        x=None if read.x is None else read.x[kept],
        y=None if read.y is None else read.y[kept],
        refused=[],
    )


def _whole(data: bytes, mapping: Mapping) -> Table:
    found = _format(data)
    if not found:
        return table.parse(data, mapping)
    if mapping.format not in ("", found) and mapping.fields != NATIVE.fields:
        raise ContradictoryFormat(declared=mapping.format, found=found)
    match found:
        case "xlsx":
            read = workbook.parse(data, mapping.layer)
        case "gpkg":
            read = geopackage.parse(data, mapping.layer)
        case "shp":
            read = shapefile.parse(data, mapping.layer)
        case _:
            read = kml.of_archive(data) if data.startswith(_ZIP) else kml.parse(data)
    if not len(read) and not read.refused:
        raise EmptyFile()
    return read


def _format(data: bytes) -> str:
    """What kind of container it is; "" for a text, or for what only table.parse can refuse by name."""
    if data.startswith(_SQLITE):
        return "gpkg"
    if kml.holds(data):
        return "kml"
    suffixes = {PurePosixPath(name.lower()).suffix for name in packed.names(data)}
    if workbook.BOOK in packed.names(data):
        return "xlsx"
    return "shp" if ".shp" in suffixes else "kml" if ".kml" in suffixes else ""
