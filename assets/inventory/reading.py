"""From a table to entries: the mapping applied, positions brought to WGS84 degrees, every row judged by itself.

Pure: what exists in the site comes in as sets of words.
"""

from dataclasses import replace

import msgspec
import numpy as np

from assets.inventory import projection, text
from assets.inventory.entries import Detected, Entries, References
from assets.inventory.failures import ContradictoryProjection, MissingColumn, NoPosition
from assets.inventory.mapping import NATIVE, Mapping, columns, of_columns
from assets.inventory.projection import WGS84, Floats, Neighbourhood, Projection
from assets.inventory.rows import MappedRows
from assets.inventory.table import Table

_DECIMALS = 7  # of a degree: a centimetre, so that another version of PROJ does not change every asset


def build(table: Table, mapping: Mapping, known: References) -> Entries:
    """Entries of a table. Raises MissingColumn, NoPosition, WrongDecimal and the failures of projections."""
    mapping = of_columns(_placed(mapping, table), table.columns)
    _require_columns(table, mapping)
    detected = [
        Detected("format", table.format, "", confirm=False),
        Detected(
            "encoding", text.ENCODINGS[table.encoding], f'encoding = "{table.encoding}"', confirm=not table.encoding_certain
        ),
    ]
    if table.delimiter:
        detected.append(Detected("delimiter", {"\t": "tab"}.get(table.delimiter, table.delimiter), "", confirm=False))
    reader = MappedRows(table, mapping)
    x, y = reader.coordinates(detected)
    lon, lat = _degrees(x, y, table, mapping, known.near, detected)
    reader.check_positions(x, y, lon, lat)
    entries = reader.entries(lon, lat, known)
    bad = [replace(refusal, code=entries[index].code) for index, refusal in reader.bad.items()]
    kept = [index for index in range(len(table)) if index not in reader.bad]
    distance = known.near.distance(lon, lat)
    far = [
        (table.row[index], entries[index].code, float(distance[index]))
        for index in np.flatnonzero(distance > mapping.within_km)
        if index not in reader.bad
    ]
    fields = mapping.fields
    silent = {name for name in ("name", "level", "depends_on", "supervisor") if getattr(fields, name) is None}
    if fields.attributes == []:
        silent.add("attributes")
    return Entries(
        entries=[entries[index] for index in kept],
        row=[table.row[index] for index in kept],
        silent=frozenset(silent),
        refused=sorted([*table.refused, *bad], key=lambda refusal: refusal.row),
        detected=detected,
        far=far,
        shapes=table.shapes,
    )


def _placed(mapping: Mapping, table: Table) -> Mapping:
    """Our own columns of a file with geometries and no longitude: these are its positions, in the file's own projection."""
    if table.x is None or mapping.fields != NATIVE.fields or "longitude" in table.columns:
        return mapping
    fields = msgspec.structs.replace(mapping.fields, longitude="", latitude="")
    return msgspec.structs.replace(mapping, fields=fields, projection=0)


def _require_columns(table: Table, mapping: Mapping) -> None:
    wanted = columns(mapping)
    listed = mapping.fields.attributes if isinstance(mapping.fields.attributes, list) else []
    for name, column in [*wanted.items(), *(("attributes", column) for column in listed)]:
        if column not in table.columns:
            shown = ", ".join(list(table.columns)[:30]) or "none"
            raise MissingColumn(field=name, column=column, columns=shown)
    if table.x is None and not {"longitude", "x", "position"} & wanted.keys():
        raise NoPosition()


def _degrees(
    x: Floats, y: Floats, table: Table, mapping: Mapping, near: Neighbourhood, detected: list[Detected]
) -> tuple[Floats, Floats]:
    """Longitude and latitude by the declared projection, else by the file's own, else by the one that is plausible."""
    told = mapping.projection or (table.crs if table.crs is not None else 0)
    if mapping.projection and table.crs and mapping.projection != table.crs:
        raise ContradictoryProjection(declared=mapping.projection, found=f"EPSG:{table.crs}")
    if told:
        used = Projection(told, mapping.swapped)
        projection.verify(x, y, used, near)
    elif not np.isfinite(x).any():
        used = Projection(WGS84, mapping.swapped)  # no position at all: every row is going to say so
    else:
        used = projection.detect(x, y, near)
        write = f"projection = {used.epsg}" + (", swapped = true" if used.swapped else "")
        usual = used == Projection(WGS84)  # GeoJSON is in WGS84 unless it says otherwise, and so are degrees in columns
        detected.append(Detected("projection", str(used), write, confirm=not usual))
    lon, lat = projection.to_degrees(x, y, used)
    return np.round(lon, _DECIMALS), np.round(lat, _DECIMALS)
