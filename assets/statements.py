"""Columns for statements of the hot path, and rows out of them, without what the driver does to each value in Python.

An array is written as PostgreSQL reads it and goes into the statement as one text: the planner sees how long it is, and joins
thousands of alarms as such on a table it has not counted yet. Rows come back binary: instants are not parsed.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from django.db import connection


def array(kind: str, values: Sequence[object]) -> str:
    """A column of a statement, to be handed over as `%s::kind[]`; `kind` is one of those below."""
    write = _WRITERS[kind]
    return f"{{{','.join(['NULL' if value is None else write(value) for value in values])}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WRITERS: dict[str, Callable[..., str]] = {
    "bigint": str, "smallint": str, "int": str, "float8": repr, "boolean": str, "timestamptz": dt.datetime.isoformat,
    "text": _quoted,
}  # fmt: skip


def copied_rows(columns: Iterable[tuple[str, Sequence[object]]]) -> str:
    """Rows as COPY reads them in its text format, of columns of one kind each, as of `array`."""
    return "".join(["\t".join(row) + "\n" for row in zip(*(_copied_column(*column) for column in columns), strict=True)])


def _copied_column(kind: str, values: Sequence[object]) -> Sequence[str]:
    write: Callable[..., str] = copied if kind == "text" else _WRITERS[kind]
    if values.count(values[0]) == len(values):
        return ["\\N" if values[0] is None else write(values[0])] * len(values)
    return ["\\N" if value is None else write(value) for value in values]


def copied(text: str) -> str:
    """A text as COPY reads it in its text format."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def rows(statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement whose values the server binds; of a plan that is good for any values. Raises Django's errors."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, values, prepare=False, binary=True).fetchall()
