"""From bytes to words and numbers: which encoding, which delimiter, which decimal sign, and what counts as missing.

Pure. Nothing is guessed silently: what is detected is handed back by name for the caller to show.
"""

import codecs
import csv
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

from assets import spreadsheets
from assets.inventory.failures import (
    BinaryFile,
    NotAsMarked,
    NotInEncoding,
    UnknownEncoding,
    UnsupportedEncoding,
    WrongEncoding,
)

ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "iso8859-1": "Latin-1", "iso8859-15": "Latin-9",
             "cp850": "MS-DOS 850", "mac-roman": "Mac Roman", "utf-16": "UTF-16", "utf-32": "UTF-32"}  # fmt: skip
"""Encodings we read, by Python's name, with the name people use."""

# What spreadsheets, databases and GIS write where there is nothing.
MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#N/D", "#NA", "N/A", "#VALUE!", "#VALEUR!", "#REF!", "#NUM!", "#NOMBRE!", "#DIV/0!",
     "#NAME?", "#NOM?", "#NULL!", "#NUL!", "#SPILL!", "#CALC!", "NULL", "<NULL>", "<Null>", "null", "None", "NaN", "nan"}
)  # fmt: skip

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d{1,3})?", re.ASCII)
# Columns without anything to think about; no exponent, so that no cell can overflow.
_PLAIN, _PLAIN_COMMA = re.compile(r"[-+\d.\n]*", re.ASCII), re.compile(r"[-+\d,\n]*", re.ASCII)
_GROUPING = str.maketrans("−", "-", " \u00a0\u202f'")
_DBASE = re.compile(r"(.+),[CNFDLMIB],\d+(?:,\d+)?")
# What is likely among the characters beyond ASCII of a French file: letters where letters can be, and usual signs.
_LIKELY = re.compile(
    "[éèêëàâäîïôöùûüçœæñ](?![A-Z])|(?<![a-zéèêëàâîïôûùç])[ÉÈÊËÀÂÎÏÔÇŒ](?=[A-Za-zÉÈÊÀÂÎÔÇé' ])|[°º’«»€–…²³\u00a0]"
)


def decode(data: bytes, declared: str | None) -> tuple[str, str, bool]:
    """(text, Python name of the encoding, whether it is certain) of a file.

    Certain: declared and not contradicted, or UTF-8 (other encodings do not look like it by chance).
    Raises BinaryFile, UnknownEncoding, NotAsMarked, UnsupportedEncoding, WrongEncoding, NotInEncoding.
    """
    if found := spreadsheets.container(data):
        raise BinaryFile(found=found)
    if wide := spreadsheets.marked(data):
        return _wide(data, *wide, declared), wide[0], True
    if wide := spreadsheets.wide(data):
        return _wide(data, *wide, declared), wide[0], declared is not None
    if b"\0" in data:
        raise BinaryFile(found="something that holds NUL bytes")
    found = detect_encoding(data)
    if declared is None:
        return data.decode(found), found, found == "utf-8"
    wanted = canonical(declared)
    if wanted == found or (data.isascii() and wanted not in ("utf-16", "utf-32")):
        return data.decode(wanted), wanted, True
    try:
        text = data.decode(wanted)
    except UnicodeDecodeError as error:
        raise NotInEncoding(
            declared=ENCODINGS[wanted], byte=_hex(data, error.start), line=_line(data, error.start), found=ENCODINGS[found]
        ) from None
    # Latin-1 and Windows-1252 differ by 32 places that Latin-1 leaves to control characters.
    if {wanted, found} <= {"cp1252", "iso8859-1", "iso8859-15"} and not re.search(r"[\x80-\x9f]", text):
        return text, wanted, True
    raise _wrong(data, wanted, found)


def detect_encoding(data: bytes) -> str:
    """The likeliest encoding (Python's name) of bytes without a byte order mark. Raises UnknownEncoding."""
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        first = error.start
    scores = {}
    sample = b" ".join(match[0] for match in re.finditer(rb"[^\n;,\t]*[\x80-\xff][^\n;,\t]*", data[: 4 << 20]))[:200_000]
    for encoding in ("cp1252", "cp850", "mac-roman"):
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(character > "\x7f" for character in text)
        scores[encoding] = len(_LIKELY.findall(text)) / max(odd, 1)
    best = max(scores, key=lambda encoding: scores[encoding], default=None)
    if best is None or scores[best] < 0.5:
        raise UnknownEncoding(known=", ".join(ENCODINGS.values()), byte=_hex(data, first), line=_line(data, first))
    try:
        data.decode(best)
    except UnicodeDecodeError as error:
        raise UnknownEncoding(
            known=", ".join(ENCODINGS.values()), byte=_hex(data, error.start), line=_line(data, error.start)
        ) from None
    return best


def canonical(name: str) -> str:
    """Python's name of an encoding we read. Raises UnsupportedEncoding."""
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    encoding = {"ascii": "utf-8", "utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16", "utf-32-le": "utf-32",
                "utf-32-be": "utf-32"}.get(encoding, encoding)  # fmt: skip
    if encoding not in ENCODINGS:
        raise UnsupportedEncoding(declared=name, known=", ".join(ENCODINGS.values()))
    return encoding


def detect_delimiter(text: str) -> str:
    """One of `;`, `,`, tab and `|`: the one that cuts the first lines into the most even and most numerous cells."""
    head = text[:65_536].splitlines(keepends=True)[:60]

    def merit(delimiter: str) -> tuple[float, int]:
        try:
            records = [record for record in csv.reader(head, delimiter=delimiter) if record]
        except csv.Error:
            return (0.0, 0)
        if not records:
            return (0.0, 0)
        width = len(records[0])
        return (sum(len(record) == width for record in records) / len(records) if width > 1 else 0.0, width)

    return max(";,\t|", key=merit)


def plain_header(cell: str) -> str:
    """A column's name without the type that dBase exports append: `Nom,C,254` → `Nom`."""
    cell = cell.strip()
    typed = _DBASE.fullmatch(cell)
    return (typed[1] if typed else cell).strip()


def tidy(value: str) -> str:
    """One line of composed Unicode without blanks around, "" where the cell says that there is nothing."""
    value = value.strip()
    if value in MISSING:
        return ""
    return value if value.isascii() and value.isprintable() else unicodedata.normalize("NFC", " ".join(value.split()))


class Tidied(dict[str, str]):
    """Cell → tidy text, each different cell once: most columns say the same few words 75,000 times."""

    def __missing__(self, cell: str) -> str:
        self[cell] = word = tidy(cell)
        return word


def detect_decimal(cells: Iterable[str]) -> str:
    """`,` when numbers carry commas and no dot, else `.`."""
    commas = dots = 0
    for cell in cells:
        commas += "," in cell
        dots += "." in cell
    return "," if commas > dots else "."


def number(cell: str, decimal: str) -> float | None:
    """The finite number a cell writes, None when it writes none. Blanks between groups of digits are allowed."""
    cell = cell.translate(_GROUPING)
    if not _NUMBER.fullmatch(cell) or ("," if decimal == "." else ".") in cell:
        return None
    value = float(cell.replace(",", "."))
    return value if abs(value) != float("inf") else None


def plain_numbers(cells: Sequence[str], decimal: str) -> list[float] | None:
    """The numbers of a column in which every cell is plain or "" (NaN), in one go; None when some cell needs `number`."""
    if not (_PLAIN if decimal == "." else _PLAIN_COMMA).fullmatch("\n".join(cells)):
        return None
    try:
        if decimal == ",":
            return [float(cell.replace(",", ".")) if cell else math.nan for cell in cells]
        return [float(cell) if cell else math.nan for cell in cells]
    except ValueError:
        return None


def other_decimal(cells: Sequence[str], decimal: str) -> str | None:
    """A number that shows that `decimal` is not the sign in use, when most of the cells are written with the other one."""
    other = "," if decimal == "." else "."
    contrary = [cell for cell in cells if other in cell and number(cell, other) is not None]
    return contrary[0] if contrary and 2 * len(contrary) > len([cell for cell in cells if cell]) else None


def _wide(data: bytes, encoding: str, codec: str, declared: str | None) -> str:
    """The text of bytes whose encoding their mark, or their NUL bytes, tell."""
    if declared is not None and canonical(declared) != encoding:
        raise _wrong(data, canonical(declared), encoding, codec)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        after = error.object  # of UTF-8 without its mark
        raise NotAsMarked(found=ENCODINGS[encoding], byte=_hex(after, error.start), line=_line(after, error.start)) from None
    if "\0" in text:
        raise BinaryFile(found="something that holds NUL bytes")
    return text


def _wrong(data: bytes, wanted: str, found: str, codec: str = "") -> WrongEncoding:
    """The refusal, with the first word that shows the difference."""
    word = re.search(rb"[^\s;,\"]*[\x80-\xff][^\s;,\"]*", data)
    sample = word[0][:40] if word and not codec else data[:40]
    return WrongEncoding(
        declared=ENCODINGS[wanted], found=ENCODINGS[found],
        right=_shown(sample, codec or found), wrong=_shown(sample, wanted),
    )  # fmt: skip


def _shown(sample: bytes, encoding: str) -> str:
    """What bytes say in an encoding, on one line and without what cannot be seen."""
    text = sample.decode(encoding, "replace").splitlines()[:1] or [""]
    return "".join(character if character.isprintable() else "\ufffd" for character in text[0])


def _hex(data: bytes, position: int) -> str:
    return f"0x{data[position]:02X}"


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
