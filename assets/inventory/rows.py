"""The columns of a table under its mapping: words, numbers, codes and attributes, and why a row cannot be.

Pure: what exists in the site comes in as sets of words.
"""

from typing import Any

import msgspec
import numpy as np

from assets.inventory import positions, text
from assets.inventory.entries import Detected, Entry, References
from assets.inventory.failures import Reason, Refusal, WrongDecimal
from assets.inventory.mapping import Decoded, Mapping, Taken, columns
from assets.inventory.projection import Floats
from assets.inventory.table import Table

LONGEST = {"code": 80, "name": 160}
_MAX_ATTRIBUTES = 20_000  # bytes of JSON
_SHORT = 3_000  # characters of JSON that cannot make so many bytes


class MappedRows:
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
        if fields.position:
            return self.places(fields.position)
        first, second = fields.longitude or fields.x, fields.latitude or fields.y
        if not first:
            return self.table.x, self.table.y  # type: ignore[return-value]  # the geometries: checked with the columns
        east, north = self.words(first, "position"), self.words(second, "position")
        decimal: str = self.mapping.decimal
        if not decimal:
            decimal = text.detect_decimal(east)
            if decimal == ",":
                detected.append(Detected("decimal sign", "comma", 'decimal = ","', confirm=False))
        for column, cells in ((first, east), (second, north)):
            if example := text.other_decimal(cells, decimal):
                raise WrongDecimal(declared=decimal, column=column, example=example)
        return self.numbers(east, first, decimal), self.numbers(north, second, decimal)

    def places(self, column: str) -> tuple[Floats, Floats]:
        """x and y of cells that hold both."""
        x, y = np.full(len(self.table), np.nan), np.full(len(self.table), np.nan)
        for index, cell in enumerate(self.words(column, "position")):
            if not cell:
                continue
            place = positions.of(cell)
            if place is None:
                self.refuse(index, Reason.NOT_A_POSITION, field=column, value=cell[:60])
            else:
                x[index], y[index] = place
        return x, y

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

    def entries(self, lon: Floats, lat: Floats, known: References) -> list[Entry]:
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
            if len(code) > LONGEST["code"] or len(name) > LONGEST["name"]:
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
