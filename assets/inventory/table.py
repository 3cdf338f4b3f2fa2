"""From a file to columns: CSV and GeoJSON become the same table, whatever their encoding, before any mapping is applied.

Pure but for reading the file itself.
"""

import csv
import io
import re
from collections.abc import Iterator, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import shapely

from assets import spreadsheets
from assets.inventory import text
from assets.inventory.failures import (
    BrokenJson,
    BrokenTable,
    EmptyFile,
    FileTooLarge,
    NotGeoJson,
    Reason,
    RecordTooLong,
    Refusal,
    RepeatedColumn,
    TooManyCells,
    TooManyColumns,
    TooManyRows,
    UnreadableFile,
)
from assets.inventory.mapping import Mapping
from assets.inventory.projection import WGS84, Floats

MAX_BYTES = 256 << 20
MAX_ROWS = 1_000_000
MAX_COLUMNS = 1_000
MAX_CELLS = 40_000_000
"""Rows times columns: a cell costs eight bytes even when it is empty, or, in GeoJSON, not written at all."""
LONGEST_RECORD = 16 << 20
"""Characters of one row: a file without line ends would otherwise become one list of millions of cells."""
_RECORD = "\x1e"
_BLANK = " \t\r" + _RECORD
FEATURE_ID = "@id"
"""Name of the column that holds the `id` of GeoJSON features."""


_Columns = TypeVar("_Columns", bound=Sized)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that have the right shape, as equal-length columns, and the refusals of those that have not.

    columns  name → cells: text from CSV; text, numbers, booleans, None or containers from GeoJSON
    row      line (CSV) or position among the features (GeoJSON) of each row, from 1
    x, y     float64 coordinates of the geometries in the file's own projection, NaN where there is none; None for CSV
    crs      EPSG number that a GeoJSON file names itself, None when it does not
    """

    columns: dict[str, list[Any]]
    row: list[int]
    format: str
    encoding: str
    encoding_certain: bool
    delimiter: str = ""
    x: Floats | None = None
    y: Floats | None = None
    crs: int | None = None
    shapes: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.row)


def load(path: Path) -> bytes:
    """The file's bytes. Raises UnreadableFile, FileTooLarge."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FileTooLarge(file=path.name, size=size >> 20, limit=MAX_BYTES >> 20)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(file=path.name, reason=error.strerror or "no such file") from error


def parse(data: bytes, mapping: Mapping) -> Table:
    """The table of a file's bytes. Raises one of the failures of encodings, tables and GeoJSON."""
    words, encoding, certain = text.decode(data, mapping.encoding or None)
    if not words.strip():
        raise EmptyFile()
    format = mapping.format or ("geojson" if words.lstrip()[:1] in ("{", "[", _RECORD) else "csv")
    table = _geojson(words, encoding, certain) if format == "geojson" else _csv(words, encoding, certain, mapping.delimiter)
    if not len(table) and not table.refused:
        raise EmptyFile()
    return table


class _Lines:
    """The lines of a text for the CSV reader, which a row may take several of; `begin` says that the next row begins.

    A first line `sep=;` is not a row: it names the delimiter.
    """

    def __init__(self, words: str) -> None:
        self._lines = io.StringIO(words, newline="")
        first = self._lines.readline(len("sep=;") * 20)
        self.delimiter = spreadsheets.named_delimiter(first)
        self.line, self.first, self._length = 0, 1, 0
        if self.delimiter:
            self.line = 1
        else:
            self._lines.seek(0)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._length += len(line)
        if self._length > LONGEST_RECORD:
            raise RecordTooLong(line=self.first, limit=LONGEST_RECORD)
        self.line += 1
        return line

    def begin(self) -> None:
        self.first, self._length = self.line + 1, 0


def _csv(words: str, encoding: str, certain: bool, delimiter: str) -> Table:
    lines = _Lines(words)
    lines.begin()
    delimiter = lines.delimiter or delimiter or text.detect_delimiter(words)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] = []
    records: list[list[str]] = []
    rows: list[int] = []
    refused: list[Refusal] = []
    most = MAX_ROWS
    try:
        for record in reader:
            first = lines.first
            lines.begin()
            if not header:
                if any(cell.strip() for cell in record):
                    header = [text.plain_header(cell) for cell in _few(record)]
                    most = MAX_CELLS // len(header)
            elif len(record) == len(header):
                records.append(record)
                rows.append(first)
            elif any(cell.strip() for cell in record):
                refused.append(Refusal(first, Reason.CELLS, {"found": len(record), "expected": len(header)}))
            if len(records) > MAX_ROWS:
                raise TooManyRows(limit=MAX_ROWS)
            if len(records) > most:
                raise TooManyCells(limit=MAX_CELLS)
    except csv.Error as error:
        raise BrokenTable(line=lines.first - 1, reason=error) from error
    for position, name in enumerate(header):
        if name and name in header[:position]:
            raise RepeatedColumn(column=name)
    cells = zip(*records, strict=True) if records else ([] for _ in header)
    columns = {name: list(column) for name, column in zip(header, cells, strict=True) if name}
    return Table(columns, rows, "csv", encoding, certain, delimiter, refused=refused)


def _few(columns: _Columns) -> _Columns:
    if len(columns) > MAX_COLUMNS:
        raise TooManyColumns(limit=MAX_COLUMNS)
    return columns


class _Collection(msgspec.Struct):
    type: str
    features: list[msgspec.Raw]
    crs: Any = None


class _Geometry(msgspec.Struct):
    type: str
    coordinates: Any = None
    geometries: Any = None


class _Feature(msgspec.Struct):
    properties: dict[str, Any] | None = None
    geometry: _Geometry | None = None
    id: str | int | float | None = None


def _geojson(words: str, encoding: str, certain: bool) -> Table:
    lines = _lines(words)
    if lines:
        return _of_features([(row, msgspec.Raw(line.encode(errors="replace"))) for row, line in lines], None, encoding, certain)
    try:
        collection = msgspec.json.decode(words.encode(), type=_Collection)
    except msgspec.ValidationError as error:
        raise NotGeoJson(reason=error) from error
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise BrokenJson(reason=error) from error
    if collection.type != "FeatureCollection":
        raise NotGeoJson(reason=f"its type is “{collection.type[:60]}”")
    return _of_features(list(enumerate(collection.features, 1)), collection.crs, encoding, certain)


def _lines(words: str) -> list[tuple[int, str]]:
    """(line, text) of a text sequence of features, one a line (RFC 8142, with or without its marks); empty for anything else."""
    head = words.lstrip()
    if not head.startswith(_RECORD):
        try:
            first = msgspec.json.decode(head.partition("\n")[0].encode(), type=_Geometry)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            return []
        if first.type != "Feature":
            return []
    lines = [(row, line.strip(_BLANK)) for row, line in enumerate(words.split("\n"), 1)]
    lines = [(row, line) for row, line in lines if line]
    return lines if len(lines) > 1 or head.startswith(_RECORD) else []


def _of_features(raw: list[tuple[int, msgspec.Raw]], crs: Any, encoding: str, certain: bool) -> Table:
    if len(raw) > MAX_ROWS:
        raise TooManyRows(limit=MAX_ROWS)
    features, rows, refused = _features(raw)
    x, y, shapes, broken = _positions([feature.geometry for feature in features])
    if broken:
        refused += [Refusal(rows[index], Reason.BROKEN_GEOMETRY) for index in sorted(broken)]
        kept = [index for index in range(len(features)) if index not in broken]
        features, rows = [features[index] for index in kept], [rows[index] for index in kept]
        x, y = x[kept], y[kept]
    columns: dict[str, list[Any]] = {}
    for index, feature in enumerate(features):
        for name, value in (feature.properties or {}).items():
            if (column := columns.get(name)) is None:
                column = columns[name] = [None] * len(features)
                if len(_few(columns)) * len(features) > MAX_CELLS:
                    raise TooManyCells(limit=MAX_CELLS)
            column[index] = value
    if any(feature.id is not None for feature in features):
        columns[FEATURE_ID] = [feature.id for feature in features]
    return Table(columns, rows, "geojson", encoding, certain, x=x, y=y, crs=_crs(crs), shapes=shapes, refused=refused)


def _features(raw: list[tuple[int, msgspec.Raw]]) -> tuple[list[_Feature], list[int], list[Refusal]]:
    """Features one by one, so that a broken one is its own refusal and no other's."""
    decode = msgspec.json.Decoder(_Feature).decode
    features, rows, refused = [], [], []
    for row, one in raw:
        try:
            features.append(decode(one))
            rows.append(row)
        except (msgspec.DecodeError, RecursionError):
            refused.append(Refusal(row, Reason.BROKEN_GEOMETRY))
    return features, rows, refused


def _positions(geometries: list[_Geometry | None]) -> tuple[Floats, Floats, int, set[int]]:
    """(x, y, how many were not points, indices that cannot be read); a shape stands where a point inside it is."""
    x, y = np.full(len(geometries), np.nan), np.full(len(geometries), np.nan)
    shapes: list[int] = []
    broken: set[int] = set()
    for index, geometry in enumerate(geometries):
        if geometry is None:
            continue
        match geometry:
            case _Geometry(type="Point", coordinates=[int() | float() as east, int() | float() as north, *_]) if bool not in (
                type(east),
                type(north),
            ):
                try:
                    x[index], y[index] = east, north
                except OverflowError:  # an integer of hundreds of digits
                    broken.add(index)
            case _Geometry(type="Point"):
                broken.add(index)
            case _:
                shapes.append(index)
    if shapes:
        written = np.array([msgspec.json.encode(geometries[index]).decode() for index in shapes], dtype=object)
        read = shapely.from_geojson(written, on_invalid="ignore")
        usable = ~(shapely.is_missing(read) | shapely.is_empty(read))
        broken |= {index for index, good in zip(shapes, usable, strict=True) if not good}
        inside = shapely.point_on_surface(read[usable])
        where = np.array(shapes, dtype=np.int64)[usable]
        x[where], y[where] = shapely.get_x(inside), shapely.get_y(inside)
    return x, y, len(shapes), broken


def _crs(member: Any) -> int | None:
    """The EPSG number in a `crs` member (GeoJSON 2008), None when there is none or when it cannot be read."""
    match member:
        case {"properties": {"name": str() as name}}:
            if "CRS84" in name:
                return WGS84
            number = re.search(r"EPSG:[^:]*:?(\d{4,6})$", name)
            return int(number[1]) if number else None
    return None
