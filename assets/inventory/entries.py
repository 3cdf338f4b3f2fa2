"""From a table to entries: the mapping applied, every row checked by itself, positions in WGS84 degrees.

Pure: what exists in the site comes in as sets of words.
"""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import msgspec
import numpy as np

from assets.inventory import projection, text
from assets.inventory.failures import (
    ContradictoryProjection,
    MissingColumn,
    NoPosition,
    Reason,
    Refusal,
    WrongDecimal,
)
from assets.inventory.mapping import Decoded, Mapping, Taken, columns
from assets.inventory.projection import WGS84, Floats, Neighbourhood, Projection
from assets.inventory.table import Table

LONGEST = {"code": 80, "name": 160}
_DECIMALS = 7  # of a degree: a centimetre, so that another version of PROJ does not change every asset
_MAX_ATTRIBUTES = 20_000  # bytes of JSON
_SHORT = 3_000  # characters of JSON that cannot make so many bytes


class Entry(NamedTuple):
    """One asset as words; "" stands for none. `attributes` is what the owner's file says beside."""

    code: str
    name: str
    kind: str
    sector: str
    depends_on: str
    supervisor: str
    longitude: float
    latitude: float
    level: int
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What a row may refer to, by slug, and where the site is."""

    kinds: frozenset[str]
    sectors: frozenset[str]
    supervisors: frozenset[str]
    near: Neighbourhood


@dataclass(frozen=True, slots=True)
class Detected:
    """Something the mapping does not say and the data do; `confirm` when it is too important to be assumed."""

    what: str
    value: str
    write: str
    confirm: bool

    def __str__(self) -> str:
        return f"{self.what} {self.value}" + (f" ({self.write})" if self.write else "")


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows that stand by themselves, the refusals of those that do not, and what was learned on the way.

    `silent` names the fields that the file says nothing about: existing assets keep theirs.
    """

    entries: list[Entry]
    row: list[int]
    silent: frozenset[str]
    refused: list[Refusal] = field(default_factory=list)
    detected: list[Detected] = field(default_factory=list)
    far: list[tuple[int, str, float]] = field(default_factory=list)
    shapes: int = 0


def build(table: Table, mapping: Mapping, known: Known) -> Entries:
    """Entries of a table. Raises MissingColumn, NoPosition, WrongDecimal and the failures of projections."""
    _require_columns(table, mapping)
    detected = [
        Detected("format", table.format, "", confirm=False),
        Detected(
            "encoding", text.ENCODINGS[table.encoding], f'encoding = "{table.encoding}"', confirm=not table.encoding_certain
        ),
    ]
    if table.delimiter:
        detected.append(Detected("delimiter", {"\t": "tab"}.get(table.delimiter, table.delimiter), "", confirm=False))
    reader = _Rows(table, mapping)
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


def _require_columns(table: Table, mapping: Mapping) -> None:
    wanted = columns(mapping)
    listed = mapping.fields.attributes if isinstance(mapping.fields.attributes, list) else []
    for name, column in [*wanted.items(), *(("attributes", column) for column in listed)]:
        if column not in table.columns:
            shown = ", ".join(list(table.columns)[:30]) or "none"
            raise MissingColumn(field=name, column=column, columns=shown)
    if table.x is None and not {"longitude", "x"} & wanted.keys():
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


class _Rows:
    """The columns of one table under one mapping; `bad` collects the first refusal of each row index."""

    def __init__(self, table: Table, mapping: Mapping) -> None:
        self.table, self.mapping = table, mapping
        self.missing = frozenset(mapping.missing)
        self.tidied = text.Tidied((word, "") for word in self.missing)
        self.bad: dict[int, Refusal] = {}

    def refuse(self, index: int, reason: Reason, **fields: object) -> None:
        if index not in self.bad:
            self.bad[index] = Refusal(self.table.row[index], reason, fields)

    def coordinates(self, detected: list[Detected]) -> tuple[Floats, Floats]:
        """x and y, float64, in the file's projection; NaN where there is none."""
        fields = self.mapping.fields
        first, second = fields.longitude or fields.x, fields.latitude or fields.y
        if not first:
            return self.table.x, self.table.y  # type: ignore[return-value]  # the geometries: checked with the columns
        east, north = self.words(first, "position"), self.words(second, "position")
        decimal = self.mapping.decimal
        if not decimal:
            decimal = text.detect_decimal(east)
            if decimal == ",":
                detected.append(Detected("decimal sign", "comma", 'decimal = ","', confirm=False))
        for column, cells in ((first, east), (second, north)):
            if example := text.other_decimal(cells, decimal):
                raise WrongDecimal(declared=decimal, column=column, example=example)
        return self.numbers(east, first, decimal), self.numbers(north, second, decimal)

    def numbers(self, cells: list[str], column: str, decimal: str) -> Floats:
        plain = text.plain_numbers(cells, decimal)
        if plain is not None:
            return np.array(plain, np.float64)
        result = np.full(len(cells), np.nan)
        for index, cell in enumerate(cells):
            if cell:
                value = text.number(cell, decimal)
                if value is None:
                    self.refuse(index, Reason.NOT_A_NUMBER, field=column, value=cell[:40])
                else:
                    result[index] = value
        return result

    def words(self, column: str, name: str) -> list[str]:
        """The cells of a column as tidy text, "" where missing; what is no text refuses its row."""
        cells = self.table.columns[column]
        if self.table.format == "csv":
            return list(map(self.tidied.__getitem__, cells))
        result = []
        for index, cell in enumerate(cells):
            match cell:
                case str():
                    word = self.tidied[cell]
                case None:
                    word = ""
                case bool():
                    word = "true" if cell else "false"
                case float() if cell.is_integer() and abs(cell) < 1e15:
                    word = str(int(cell))
                case int() | float():
                    word = str(cell)
                case _:
                    self.refuse(index, Reason.NOT_TEXT, field=name)
                    word = ""
            result.append("" if word in self.missing else word)
        return result

    def taken(self, name: str) -> list[str]:
        """The words of one field by the mapping; "" for none."""
        source = getattr(self.mapping.fields, name)
        if source is None:
            return [""] * len(self.table)
        if isinstance(source, str):
            return self.words(source, name)
        if source.constant:
            return [source.prefix + source.constant] * len(self.table)
        words = self.words(source.column, name)
        if source.values:
            words = self.translated(words, source, name)
        return [source.prefix + word if word else "" for word in words] if source.prefix else words

    def translated(self, words: list[str], source: Taken, name: str) -> list[str]:
        result = [source.values.get(word, source.otherwise) for word in words]
        for index, word in enumerate(result):
            if not word and name == "kind":
                self.refuse(index, *((Reason.UNMAPPED_KIND,) if words[index] else (Reason.NO_KIND,)), value=words[index][:60])
        return result

    def check_positions(self, x: Floats, y: Floats, lon: Floats, lat: Floats) -> None:
        with np.errstate(invalid="ignore"):
            nowhere = ~(np.isfinite(x) & np.isfinite(y))
            zero = ((x == 0) & (y == 0)) | ((lon == 0) & (lat == 0))
            impossible = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)) & ~nowhere
        for index in np.flatnonzero(nowhere):
            self.refuse(int(index), Reason.NO_POSITION)
        for index in np.flatnonzero(zero):
            self.refuse(int(index), Reason.ZERO_POSITION)
        for index in np.flatnonzero(impossible):
            self.refuse(int(index), Reason.IMPOSSIBLE_POSITION, x=f"{x[index]:.6g}", y=f"{y[index]:.6g}")

    def entries(self, lon: Floats, lat: Floats, known: Known) -> list[Entry]:
        """One entry per row, refused ones included (they are in `bad`)."""
        codes = self.codes(lon, lat)
        kinds, sectors, supervisors = self.taken("kind"), self.taken("sector"), self.taken("supervisor")
        names = [name or code for name, code in zip(self.taken("name"), codes, strict=True)]
        levels = self.levels()
        attributes = self.attributes()
        depends = self.taken("depends_on")
        for index, (code, name, kind, sector, supervisor) in enumerate(
            zip(codes, names, kinds, sectors, supervisors, strict=True)
        ):
            if not code:
                self.refuse(index, Reason.NO_CODE)
            elif not (code.isascii() and code.isprintable() and name.isprintable()):
                self.check_characters(index, code=code, name=name)
            if len(code) > 80 or len(name) > 160:
                self.check_lengths(index, code=code, name=name)
            if kind not in known.kinds:
                self.refuse(index, *((Reason.UNKNOWN_KIND,) if kind else (Reason.NO_KIND,)), kind=kind[:60])
            if sector and sector not in known.sectors:
                self.refuse(index, Reason.UNKNOWN_SECTOR, sector=sector[:60])
            if supervisor and supervisor not in known.supervisors:
                self.refuse(index, Reason.UNKNOWN_SUPERVISOR, supervisor=supervisor[:60])
        self.refuse_repeated(codes)
        return [
            Entry(*row)
            for row in zip(
                codes, names, kinds, sectors, depends, supervisors, lon.tolist(), lat.tolist(), levels, attributes, strict=True
            )
        ]

    def codes(self, lon: Floats, lat: Floats) -> list[str]:
        source = self.mapping.fields.code
        if not (isinstance(source, Taken) and source.position):
            return self.taken("code")
        seen: dict[str, int] = {}
        result = []
        for east, north in zip(lon.tolist(), lat.tolist(), strict=True):
            code = f"{source.position}{east * 1e7:.0f}-{north * 1e7:.0f}"
            seen[code] = count = seen.get(code, 0) + 1  # several lamps on one pole, in the order of the file
            result.append(code if count == 1 else f"{code}-{count}")
        return result

    def levels(self) -> list[int]:
        result = []
        known = {"": 0}
        for index, word in enumerate(self.taken("level")):
            level = known.get(word)
            if level is None:
                value = text.number(word, "." if "." in word else ",")
                if value is None or not value.is_integer() or abs(value) > 1000:
                    self.refuse(index, Reason.NOT_A_LEVEL, value=word[:40])
                    value = 0.0
                else:
                    known[word] = int(value)
                level = int(value)
            result.append(level)
        return result

    def attributes(self) -> list[dict[str, Any]]:
        wanted = self.mapping.fields.attributes
        if isinstance(wanted, Decoded):
            return self.decoded(wanted.json)
        names = wanted
        if wanted == "*":
            used = set(columns(self.mapping).values())
            names = [name for name in self.table.columns if name not in used]
        if not names:
            return [{} for _ in range(len(self.table))]
        cells = [[self.cell(cell) for cell in self.table.columns[name]] for name in names]
        result = []
        for index, row in enumerate(zip(*cells, strict=True)):
            kept = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            result.append(kept)
            self.check_attributes(index, msgspec.json.encode(kept))
        return result

    def cell(self, cell: Any) -> Any:
        """A cell as an attribute keeps it: text tidied, None where missing."""
        if isinstance(cell, str):
            return self.tidied[cell] or None
        return cell

    def decoded(self, column: str) -> list[dict[str, Any]]:
        decode = msgspec.json.Decoder(dict[str, Any]).decode
        result: list[dict[str, Any]] = []
        for index, word in enumerate(self.words(column, "attributes")):
            try:
                result.append(decode(word) if word else {})
            except (msgspec.DecodeError, RecursionError):
                self.refuse(index, Reason.BROKEN_JSON, field=column)
                result.append({})
            if len(word) > _SHORT or "\\u0000" in word:
                self.check_attributes(index, msgspec.json.encode(result[-1]))
        return result

    def check_attributes(self, index: int, written: bytes) -> None:
        if len(written) > _MAX_ATTRIBUTES:
            self.refuse(index, Reason.TOO_LONG, field="attributes", limit=_MAX_ATTRIBUTES)
        if b"\\u0000" in written:
            self.refuse(index, Reason.BAD_CHARACTER, field="attributes")

    def check_characters(self, index: int, **words: str) -> None:
        for name, word in words.items():
            if any(character < " " or "\x7f" <= character < "\xa0" for character in word):
                self.refuse(index, Reason.BAD_CHARACTER, field=name)

    def check_lengths(self, index: int, **words: str) -> None:
        for name, word in words.items():
            if len(word) > LONGEST[name]:
                self.refuse(index, Reason.TOO_LONG, field=name, limit=LONGEST[name])

    def refuse_repeated(self, codes: list[str]) -> None:
        first: dict[str, int] = {}
        for index, code in enumerate(codes):
            if index in self.bad:
                continue
            if code in first:
                self.refuse(index, Reason.REPEATED_CODE, code=code, other=self.table.row[first[code]])
            else:
                first[code] = index
