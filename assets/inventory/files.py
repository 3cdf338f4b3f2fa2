"""From a file to columns, whatever it is: a text (CSV, GeoJSON), a workbook or a GeoPackage, known by how it begins."""

from dataclasses import replace

from assets.inventory import geopackage, table, workbook
from assets.inventory.failures import ContradictoryFormat, EmptyFile, MissingColumn, NoRowPicked
from assets.inventory.mapping import NATIVE, Mapping, Rows
from assets.inventory.table import Table

_SQLITE = b"SQLite format 3\x00"


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
    found = "xlsx" if workbook.holds(data) else "gpkg" if data.startswith(_SQLITE) else ""
    if not found:
        return table.parse(data, mapping)
    if mapping.format not in ("", found) and mapping.fields != NATIVE.fields:
        raise ContradictoryFormat(declared=mapping.format, found=found)
    read = workbook.parse(data, mapping.layer) if found == "xlsx" else geopackage.parse(data, mapping.layer)
    if not len(read) and not read.refused:
        raise EmptyFile()
    return read
