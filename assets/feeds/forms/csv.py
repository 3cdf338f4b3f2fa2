"""CSV: a line of names and rows, or rows alone whose columns the mapping names.

Pure. The delimiter is said by the mapping or by a line `sep=;`, else found in the first line.
"""

import csv
import io

from assets import spreadsheets
from assets.feeds.decode import MOST_VALUES, Malformed
from assets.feeds.mapping import Declared

DELIMITERS = ";,\t|"


def documents(body: bytes, declared: Declared) -> list[object]:
    """One document, the list of rows as objects. Raises Malformed."""
    text = _text(body)
    first = text.split("\n", 1)[0]
    if named := spreadsheets.named_delimiter(first + "\n"):
        text, first = text[len(first) + 1 :], text[len(first) + 1 :].split("\n", 1)[0]
    delimiter = declared.delimiter or named or max(DELIMITERS, key=first.count)
    if text.count(delimiter) + text.count("\n") > MOST_VALUES:
        raise Malformed(f"The body has more than {MOST_VALUES} values: send smaller ones.")
    try:
        rows = list(csv.DictReader(io.StringIO(text), declared.columns or None, restkey="", delimiter=delimiter))
    except csv.Error as error:
        raise Malformed(f"The body is no CSV: {error}.") from error
    return [[{(name or "").strip(): value for name, value in row.items() if name is not None} for row in rows]]


def _text(body: bytes) -> str:
    """By its byte order mark, as UTF-8, or as Windows-1252, which French spreadsheets write. Raises Malformed."""
    if spreadsheets.container(body):
        raise Malformed("The body is a workbook, not a text: send it as CSV.")
    _, codec = spreadsheets.marked(body) or spreadsheets.wide(body) or ("utf-8", "utf-8")
    try:
        return body.decode(codec)
    except UnicodeError:
        return body.decode("cp1252", "replace")
