"""A workbook (.xlsx) as a table: one sheet, its first row the header; numbers stay numbers and dates become ISO texts.

Pure. ECMA-376: shared strings, styles (which cells are dates, which are filled up with zeros) and one worksheet.
"""

import datetime as dt
import re
import zipfile
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element

from assets.inventory import packed
from assets.inventory.failures import BrokenContainer, RepeatedColumn, TooManyCells, TooManyColumns, TooManyRows, UnknownLayer
from assets.inventory.packed import elements, local
from assets.inventory.table import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Table

KIND = "a workbook (.xlsx)"
BOOK = "xl/workbook.xml"
_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]')
_ZEROS = re.compile(r"0{2,30}")
_REFERENCE = re.compile(r"([A-Z]{1,3})\d+")
_EXACT = 10**15  # whole numbers below this are exact in a spreadsheet


@dataclass(frozen=True, slots=True)
class Style:
    """How the cells of a style are shown: as dates, or with zeros in front up to so many digits."""

    date: bool = False
    digits: int = 0


def parse(data: bytes, sheet: str = "") -> Table:
    """The table of a sheet, the first visible one unless it is named. Raises what `packed` and tables do, UnknownLayer."""
    with packed.opened(data, KIND) as archive:
        sheets, since_1904 = _sheets(archive)
        if not sheets:
            raise BrokenContainer(kind=KIND, reason="no sheet")
        if sheet and sheet not in sheets:
            raise UnknownLayer(layer=sheet, layers=", ".join(list(sheets)[:30]))
        texts, styles = _texts(archive), _styles(archive)
        return _table(archive, sheets[sheet or next(iter(sheets))], texts, styles, since_1904)


def _sheets(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Visible sheets by name, with the part each is in; whether days are counted from 1904."""
    targets: dict[str, str] = {}
    with archive.open("xl/_rels/workbook.xml.rels") as stream:
        for _, element in elements(stream, "Relationship"):
            target = element.get("Target", "")
            targets[element.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    found, since_1904 = {}, False
    with archive.open(BOOK) as stream:
        for name, element in elements(stream, "sheet", "workbookPr"):
            if name == "workbookPr":
                since_1904 = element.get("date1904") in ("1", "true")
                continue
            relation = next((value for key, value in element.items() if key.endswith("}id")), "")
            if element.get("state", "visible") == "visible" and "worksheets/" in (part := targets.get(relation, "")):
                found[element.get("name", "")] = part
    return found, since_1904


def _texts(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    with archive.open("xl/sharedStrings.xml") as stream:
        return [_text(element) for _, element in elements(stream, "si")]


def _text(element: Element) -> str:
    """The runs of a text, without how it is pronounced."""
    said = ""
    for child in element:
        runs = [child] if local(child.tag) == "t" else list(child) if local(child.tag) == "r" else []
        said += "".join(run.text or "" for run in runs if local(run.tag) == "t")
    return said


def _styles(archive: zipfile.ZipFile) -> list[Style]:
    if "xl/styles.xml" not in archive.namelist():
        return []
    formats: dict[str, str] = {}
    styles: list[Style] = []
    with archive.open("xl/styles.xml") as stream:
        for name, element in elements(stream, "numFmt", "cellXfs"):
            if name == "numFmt":
                formats[element.get("numFmtId", "")] = element.get("formatCode", "")
            else:
                styles = [_style(one.get("numFmtId", "0"), formats) for one in element]
    return styles


def _style(number: str, formats: dict[str, str]) -> Style:
    code = formats.get(number, "")
    if _ZEROS.fullmatch(code):
        return Style(digits=len(code))
    return Style(date=(number.isdigit() and int(number) in _DATES) or bool(re.search("[ymdhs]", _LITERAL.sub("", code.lower()))))


def _table(archive: zipfile.ZipFile, part: str, texts: list[str], styles: list[Style], since_1904: bool) -> Table:
    header: dict[int, str] = {}
    records: list[dict[int, Any]] = []
    rows: list[int] = []
    with archive.open(part) as stream:
        for count, (_, element) in enumerate(elements(stream, "row"), 1):
            cells = dict(_cells(element, texts, styles, since_1904))
            if not any(cell not in (None, "") for cell in cells.values()):
                continue
            if not header:
                header = _header(cells)
                continue
            records.append(cells)
            number = element.get("r", "")
            rows.append(int(number) if number.isascii() and number.isdigit() else count)
            if len(records) > MAX_ROWS:
                raise TooManyRows(limit=MAX_ROWS)
            if len(records) * len(header) > MAX_CELLS:
                raise TooManyCells(limit=MAX_CELLS)
    columns = {name: [record.get(place) for record in records] for place, name in header.items()}
    return Table(columns, rows, "xlsx", "utf-8", True)


def _header(cells: dict[int, Any]) -> dict[int, str]:
    header = {place: str(cell).strip() for place, cell in cells.items() if cell not in (None, "")}
    if len(header) > MAX_COLUMNS:
        raise TooManyColumns(limit=MAX_COLUMNS)
    names = list(header.values())
    for name in names:
        if names.count(name) > 1:
            raise RepeatedColumn(column=name)
    return header


def _cells(row: Element, texts: list[str], styles: list[Style], since_1904: bool) -> list[tuple[int, Any]]:
    found = []
    for order, cell in enumerate(one for one in row if local(one.tag) == "c"):
        reference = _REFERENCE.fullmatch(cell.get("r", ""))
        found.append((_place(reference[1]) if reference else order, _value(cell, texts, styles, since_1904)))
    return found


def _place(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _value(cell: Element, texts: list[str], styles: list[Style], since_1904: bool) -> Any:
    said = next((child.text or "" for child in cell if local(child.tag) == "v"), "")
    match cell.get("t", "n"):
        case "s":
            return texts[int(said)] if said.isascii() and said.isdigit() and int(said) < len(texts) else ""
        case "inlineStr":
            return next((_text(child) for child in cell if local(child.tag) == "is"), "")
        case "b":
            return said == "1"
        case "str" | "e" | "d":
            return said
    style = cell.get("s", "0")
    known = styles[int(style)] if style.isascii() and style.isdigit() and int(style) < len(styles) else Style()
    return _number(said, known, since_1904) if said else None


def _number(said: str, style: Style, since_1904: bool) -> Any:
    try:
        value = Decimal(said)
    except InvalidOperation:
        return said
    if not value.is_finite() or abs(value) > Decimal(10) ** 60:
        return said
    if style.date:
        return _date(float(value), since_1904, said)
    if value == value.to_integral_value():
        whole = int(value)
        return str(whole).zfill(style.digits) if style.digits else whole if abs(whole) < _EXACT else str(whole)
    return float(value)


def _date(days: float, since_1904: bool, said: str) -> str:
    begin = dt.date(1904, 1, 1) if since_1904 else dt.date(1899, 12, 30)
    whole, seconds = divmod(round(days * 86_400), 86_400)
    try:
        day = (begin + dt.timedelta(days=whole)).isoformat()
    except OverflowError:
        return said
    return f"{day} {dt.timedelta(seconds=seconds)!s:0>8}" if seconds else day
