"""Annunciations out of their table, as columns: PostgreSQL makes one value of each, for row by row Python takes longer."""

import datetime as dt

import numpy as np
import psycopg
from django.db import connection

from reports.columns import NAMES, NONE, Columns, Ints

_SQL = {
    "alarm": "alarm_id", "same": "hashtextextended(rule_id || ' ' || subject, 0)", "rule": "rule_id", "asset": "asset_id",
    "kind": "kind_id", "sector": "sector_id", "supervisor": "supervisor_id", "began": "began_at", "waiting": "waiting_since",
    "acknowledged": "acknowledged_at", "taken": "taken_at", "returned": "returned_at", "acted": "acted::int",
}  # fmt: skip
_INSTANTS = {"at", "began", "waiting", "acknowledged", "taken", "returned"}
_NEVER = np.iinfo(np.int64).min
_EPOCH = 946_684_800_000_000
"""µs between the epoch and 2000, from where PostgreSQL counts instants."""


def _column(name: str) -> str:
    column = _SQL.get(name, name)
    sent = f"timestamptz_send(coalesce({column}, '-infinity'))" if name in _INSTANTS else f"int8send(coalesce({column}, {NONE}))"
    return f"coalesce(string_agg({sent}, ''::bytea), ''::bytea)"


_SELECT = f"SELECT {', '.join(_column(name) for name in NAMES)} FROM (SELECT * FROM reports_annunciation WHERE "


def between(site: int, begin: dt.datetime, end: dt.datetime) -> Columns:
    """What was annunciated within [begin, end), heard or not, in order."""
    return _read("site_id = %s AND at >= %s AND at < %s", [site, begin, end])


def standing_at(site: int, moment: dt.datetime) -> Columns:
    """What was annunciated before and had not returned by then, in order."""
    held = "tstzrange(least(at, returned_at), returned_at) @> %s"  # as the index annunciation_held
    return _read(f"site_id = %s AND at < %s AND {held}", [site, moment, moment])


def _read(condition: str, values: list[object]) -> Columns:
    connection.ensure_connection()
    # Django's cursors read text; what is asked for here is bytes that would be twice as long.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(f"{_SELECT}{condition} ORDER BY at, seq, alarm_id) told", values, binary=True)
        (row,) = cursor.fetchall()
    return Columns(*(_ints(name, content) for name, content in zip(NAMES, row, strict=True)))


def _ints(name: str, content: bytes) -> Ints:
    found = np.frombuffer(content, ">i8").astype(np.int64)
    return found if name not in _INSTANTS else np.where(found == _NEVER, NONE, found + _EPOCH)
