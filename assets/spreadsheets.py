"""What spreadsheets do to the files they export: byte order marks, a `sep=` line, codes rewritten as numbers or dates.

Pure. Whatever reads a CSV file asks here, so that the same file means the same everywhere.
"""

import codecs
import re
from functools import partial

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
_CONTAINERS = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a ZIP archive or a workbook (.xlsx, .ods)"),
    (b"\xd0\xcf\x11\xe0", "an old workbook (.xls)"),
    (b"%PDF-", "a PDF document"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "a SQLite database"),
)
_NAMED = re.compile(r'"?sep=(?P<delimiter>[^\r\n"])"?[;,\t|]*[\r\n]*', re.IGNORECASE)
_SAMPLE = 4096

_POWER = re.compile(r"\d[.,]\d+[eE][+-]?\d{1,3}|\d+[eE][+-]\d{1,3}")
_MONTH = (
    r"(?:jan|janv|january|janvier|feb|févr?|fevr?|february|février|mar|mars|march|apr|avr|april|avril|may|mai|june?|juin|july?|juil|"
    r"juillet|aug|august|août|aout|sept?|september|septembre|oct|october|octobre|nov|november|novembre|dec|déc|december|décembre)\.?"
)
_DAY = (
    r"\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})|\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2}"
    rf"|\d{{1,2}}[- ]{_MONTH}(?:[- ](?:\d{{4}}|\d{{2}}))?|{_MONTH}[- ]\d{{2,4}}"
)
_DATE = re.compile(rf"(?:{_DAY})(?:[ T]\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.0+)?)?)?", re.IGNORECASE)
_LEADING = partial(re.compile(r"(?<!\d)0+(?=\d)").sub, "")
_SUSPECT = re.compile(r"\d|[A-Za-zéû]{3,9}\.?[- ]\d").match
_DECIMALS = re.compile(r"\d+[.,]0+")
_ROUNDED = re.compile(r"[1-9]\d{14}0+")


def marked(data: bytes) -> tuple[str, str] | None:
    """(encoding, Python codec that drops the mark) of bytes that begin with a byte order mark."""
    return next(((encoding, codec) for mark, encoding, codec in _MARKS if data.startswith(mark)), None)


def wide(data: bytes) -> tuple[str, str] | None:
    """(encoding, Python codec) of UTF-16 or UTF-32 without a byte order mark: where its NUL bytes lie tells which."""
    head = data[:_SAMPLE]
    if len(head) < 4 or len(data) % 2 or b"\0" not in head:
        return None
    share = [head[place::4].count(0) / len(head[place::4]) for place in range(4)]
    usual, none = 0.7, 0.05
    if len(data) % 4 == 0 and min(share[1:]) > usual and share[0] < none:
        return "utf-32", "utf-32-le"
    if len(data) % 4 == 0 and min(share[:3]) > usual and share[3] < none:
        return "utf-32", "utf-32-be"
    if min(share[1], share[3]) > usual and max(share[0], share[2]) < none:
        return "utf-16", "utf-16-le"
    if min(share[0], share[2]) > usual and max(share[1], share[3]) < none:
        return "utf-16", "utf-16-be"
    return None


def container(data: bytes) -> str:
    """What kind of file these bytes begin when it is one that only holds or prints a table; "" for what may be text."""
    return next((name for magic, name in _CONTAINERS if data.startswith(magic)), "")


def named_delimiter(line: str) -> str:
    """The delimiter that a first line `sep=;` names, "" when the line is no such line."""
    named = _NAMED.fullmatch(line)
    return named["delimiter"] if named else ""


def rewritten(code: str) -> str:
    """How a spreadsheet seems to have rewritten a code: "power", "date", "decimals", "rounded"; "" for a code like any other.

    `1E+05` was 100000, `3-janv` was 3-1, `12.0` was 12, and of a number longer than fifteen digits the last ones are zeros.
    """
    if not _SUSPECT(code):
        return ""
    if _POWER.fullmatch(code):
        return "power"
    if _DATE.fullmatch(code) and not code.isupper():  # DEC-01 is somebody's code: a spreadsheet writes Dec-01 or déc-01
        return "date"
    if _DECIMALS.fullmatch(code):
        return "decimals"
    return "rounded" if _ROUNDED.fullmatch(code) else ""


def without_zeros(code: str) -> str:
    """A code without the zeros that lead its numbers, which a spreadsheet drops: `CAM-00012` → `CAM-12`."""
    return _LEADING(code) if "0" in code else code
