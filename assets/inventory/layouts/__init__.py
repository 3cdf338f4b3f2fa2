"""Ready mappings for layouts that French cities share; each is a TOML file beside this one."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from assets.inventory import mapping as mappings
from assets.inventory.failures import BrokenMapping
from assets.inventory.mapping import Mapping, Rows

NAMES = ("irve", "raepa-ouvraep", "eclext")


def read(name: str) -> Mapping:
    """The mapping of a layout, by one of `NAMES`."""
    return mappings.read(Path(__file__).parent / f"{name}.toml")


def picked(mapping: Mapping, column: str, values: Sequence[str]) -> Mapping:
    """The mapping for the rows whose column has one of these values; a layout may know the column. Without values, for all rows.

    Raises BrokenMapping.
    """
    if not values:
        return msgspec.structs.replace(mapping, rows=mapping.rows if mapping.rows and mapping.rows.values else None)
    column = column or (mapping.rows.column if mapping.rows else "")
    if not column:
        raise BrokenMapping(reason="rows are picked by a column and values")
    return msgspec.structs.replace(mapping, rows=Rows(column, list(values)))
