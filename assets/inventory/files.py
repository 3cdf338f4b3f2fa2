"""From a file to columns, whatever it is: a text (CSV, GeoJSON), a workbook or a GeoPackage, known by how it begins."""

from assets.inventory import geopackage, table, workbook
from assets.inventory.failures import ContradictoryFormat, EmptyFile
from assets.inventory.mapping import NATIVE, Mapping
from assets.inventory.table import Table

_SQLITE = b"SQLite format 3\x00"


def parse(data: bytes, mapping: Mapping) -> Table:
    """The table of a file's bytes. Raises an InventoryFailure."""
    found = "xlsx" if workbook.holds(data) else "gpkg" if data.startswith(_SQLITE) else ""
    if not found:
        return table.parse(data, mapping)
    if mapping.format not in ("", found) and mapping.fields != NATIVE.fields:
        raise ContradictoryFormat(declared=mapping.format, found=found)
    read = workbook.parse(data, mapping.layer) if found == "xlsx" else geopackage.parse(data, mapping.layer)
    if not len(read) and not read.refused:
        raise EmptyFile()
    return read
