"""How one file is to be read: the mapping an administrator writes (TOML) or stores (JSON), checked once, then trusted."""

import tomllib
from collections.abc import Container
from pathlib import Path
from typing import Any, Literal

import msgspec

from assets.inventory import text
from assets.inventory.failures import BrokenMapping


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a field comes from: a column (its words translated by `values` if given), or the same words for all rows.

    An `optional` column may be absent from the file, which then says nothing of the field.
    `otherwise` is for words that `values` does not list; `prefix` goes before what was found. `position` (for code
    alone) makes a stable code from the position, for files without any identifier: `position = "EP"` → EP-38791371-436047100.
    """

    column: str = ""
    constant: str = ""
    position: str = ""
    prefix: str = ""
    values: dict[str, str] = {}
    otherwise: str = ""
    optional: bool = False


class Decoded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Attributes that one column holds as a JSON object."""

    json: str
    optional: bool = False


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where each field of an asset comes from. A plain string is the name of a column.

    `position` is one column with both coordinates: WKT, a pair of numbers, or a GeoJSON geometry.
    """

    code: str | Taken = "code"
    kind: str | Taken = "kind"
    name: str | Taken | None = None
    longitude: str = ""
    latitude: str = ""
    x: str = ""
    y: str = ""
    position: str = ""
    level: str | Taken | None = None
    sector: str | Taken | None = None
    depends_on: str | Taken | None = None
    supervisor: str | Taken | None = None
    attributes: Literal["*"] | list[str] | Decoded = []


class Authority(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the file is the complete list of: assets of these kinds and this supervisor that it lacks are gone.

    `gone = "retire"` retires them, `"keep"` only lists them. `kind_changes` lets rows change the kind of an existing asset.
    `kinds = "file"` stands for the kinds that the file's own rows have.
    """

    gone: Literal["keep", "retire"] = "keep"
    kinds: Literal["file"] | list[str] = []
    supervisor: str = ""
    kind_changes: bool = False


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which rows of the file are read: those whose `column` says one of `values`. A national file holds one city's so."""

    column: str
    values: list[str] = []


class PointsOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Make the points that the kind's template lists, with an address on a feed when both are given."""

    template: Literal["kind"] = "kind"
    feed: str = ""
    address: str = ""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole mapping. What is left out is detected, named in the report and, where it matters, to be confirmed."""

    fields: Fields
    format: Literal["csv", "geojson", "xlsx", "gpkg", "shp", "kml", ""] = ""
    layer: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: Literal[",", ".", ""] = ""
    projection: int = 0
    swapped: bool = False
    within_km: float = 20.0
    missing: list[str] = []
    rows: Rows | None = None
    authority: Authority = Authority()
    points: Literal["kind"] | PointsOf | None = None


def _column(name: str) -> Taken:
    return Taken(column=name, optional=True)


NATIVE = Mapping(
    format="csv",
    projection=4326,
    fields=Fields(
        longitude="longitude",
        latitude="latitude",
        attributes=Decoded(json="attributes", optional=True),
        name=_column("name"),
        level=_column("level"),
        sector=_column("sector"),
        depends_on=_column("depends_on"),
        supervisor=_column("supervisor"),
    ),
)
"""The mapping of a file in our own columns: what an import without a mapping file takes. Only the first four are needed."""


def read(path: Path) -> Mapping:
    """A mapping from a TOML file. Raises BrokenMapping."""
    try:
        return check(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise BrokenMapping(reason=f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenMapping(reason=f"{path} is not TOML: {error}") from error


def check(raw: dict[str, Any]) -> Mapping:
    """A mapping from plain dictionaries. Raises BrokenMapping, UnsupportedEncoding."""
    try:
        mapping = msgspec.convert(raw, Mapping)
    except msgspec.ValidationError as error:
        raise BrokenMapping(reason=str(error)) from error
    fields = mapping.fields
    for name in ("code", "kind", "name", "level", "sector", "depends_on", "supervisor"):
        taken = getattr(fields, name)
        if isinstance(taken, Taken):
            _check_taken(name, taken)
    if bool(fields.longitude) != bool(fields.latitude) or bool(fields.x) != bool(fields.y):
        raise BrokenMapping(reason="longitude goes with latitude, and x with y")
    if bool(fields.longitude) + bool(fields.x) + bool(fields.position) > 1:
        raise BrokenMapping(reason="the position is either longitude and latitude or x and y")
    if mapping.delimiter and (len(mapping.delimiter) != 1 or mapping.delimiter in '\r\n"\0'):
        raise BrokenMapping(reason="the delimiter is one character")
    if not mapping.within_km > 0:
        raise BrokenMapping(reason="within_km is above 0")
    if mapping.encoding:
        text.canonical(mapping.encoding)
    authority = mapping.authority
    if authority.gone == "retire" and not (authority.kinds or authority.supervisor):
        raise BrokenMapping(reason="a file that retires what it lacks must say of which kinds or which supervisor it is the list")
    if isinstance(mapping.points, PointsOf) and bool(mapping.points.feed) != bool(mapping.points.address):
        raise BrokenMapping(reason="points take both a feed and an address, or neither")
    return mapping


def complete(mapping: Mapping) -> Mapping:
    """The mapping for a file that is the complete list of the kinds it holds: what it lacks is to be retired."""
    authority = msgspec.structs.replace(mapping.authority, gone="retire", kinds=mapping.authority.kinds or "file")
    return msgspec.structs.replace(mapping, authority=authority)


def plain(mapping: Mapping) -> dict[str, Any]:
    """The mapping as plain dictionaries, for storage."""
    stored: dict[str, Any] = msgspec.to_builtins(mapping)
    return stored


def columns(mapping: Mapping) -> dict[str, str]:
    """Field → column, of every field that is taken from one."""
    fields = mapping.fields
    taken = {name: getattr(fields, name) for name in fields.__struct_fields__ if name != "attributes"}
    named = {name: value.column if isinstance(value, Taken) else value or "" for name, value in taken.items()}
    if isinstance(fields.attributes, Decoded):
        named["attributes"] = fields.attributes.json
    return {name: column for name, column in named.items() if column}


def of_columns(mapping: Mapping, present: Container[str]) -> Mapping:
    """The mapping without the fields whose optional column the file has not."""
    fields = mapping.fields
    absent: dict[str, object] = {}
    for name in fields.__struct_fields__:
        source = getattr(fields, name)
        if isinstance(source, Taken) and source.optional and source.column not in present:
            absent[name] = None
        elif isinstance(source, Decoded) and source.optional and source.json not in present:
            absent[name] = []
    return msgspec.structs.replace(mapping, fields=msgspec.structs.replace(fields, **absent)) if absent else mapping


def _check_taken(name: str, taken: Taken) -> None:
    said = [bool(taken.column), bool(taken.constant), bool(taken.position)]
    if sum(said) != 1:
        allowed = "column, constant, position" if name == "code" else "column, constant"
        raise BrokenMapping(reason=f"{name} comes from exactly one of {allowed}")
    if taken.position and name != "code":
        raise BrokenMapping(reason=f"{name} cannot come from the position")
    if taken.constant and name == "code":
        raise BrokenMapping(reason="all assets cannot have the same code")
    if taken.optional and (name in ("code", "kind") or not taken.column):
        raise BrokenMapping(reason=f"{name} cannot be optional: no asset is without it, and only a column can be absent")
    if taken.otherwise and not taken.values:
        raise BrokenMapping(reason=f"{name} says otherwise without values")
