"""Annunciations of a site out of the database, as columns: binary all the way, for a report may be of a million."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import psycopg
from django.db import connection

from assets.instants import instant, microseconds
from assets.models import Sector
from assets.sector_paths import lies_in
from reports.columns import NAMES, NONE, Columns
from reports.models import Annunciation

_SQL = {
    "alarm": "alarm_id", "same": "hashtextextended(rule_id || ' ' || subject, 0)", "rule": "rule_id", "asset": "asset_id",
    "kind": "kind_id", "sector": "sector_id", "supervisor": "supervisor_id", "began": "began_at", "waiting": "waiting_since",
    "acknowledged": "acknowledged_at", "taken": "taken_at", "returned": "returned_at", "acted": "acted::int",
}  # fmt: skip
_INSTANTS = {"at", "began", "waiting", "acknowledged", "taken", "returned"}


def _column(name: str) -> str:
    column = _SQL.get(name, name)
    if name in _INSTANTS:
        column = f"(extract(epoch FROM {column}) * 1000000)::bigint"
    return f"coalesce({column}::bigint, {NONE})"


_SELECT = f"SELECT {', '.join(_column(name) for name in NAMES)} FROM reports_annunciation WHERE "
_ROW = np.dtype([("members", ">i2"), *(part for name in NAMES for part in ((f"{name}_size", ">i4"), (name, ">i8")))])
_HEAD, _TAIL = 19, 2
"""Bytes before the first row and after the last of COPY's binary format without extensions."""


def of_period(site: int, begin: dt.datetime, end: dt.datetime, sectors: Sequence[str] | None = None) -> Columns:
    """What was annunciated within [begin, end), heard or not, in order. `sectors`: paths to which it is confined."""
    return _read("site_id = %s AND at >= %s AND at < %s", [site, begin, end], site, sectors)


def holding_in(site: int, begin: dt.datetime, end: dt.datetime, sectors: Sequence[str] | None = None) -> Columns:
    """What was annunciated before `end` and had not returned by `begin`."""
    condition = "site_id = %s AND at < %s AND (returned_at IS NULL OR returned_at > %s)"
    return _read(condition, [site, end, begin], site, sectors)


def of_feeds(site: int, rules: Sequence[int], span: tuple[int, int]) -> list[tuple[int, int, int]]:
    """(feed, begin, end) in µs, within the span, of the alarms of these rules about a whole feed."""
    rows = (
        Annunciation.objects.filter(site_id=site, rule__in=rules, subject__startswith="feed:", at__lt=instant(span[1]))
        .exclude(returned_at__lte=instant(span[0]))
        .values_list("subject", "began_at", "returned_at")
    )
    return [
        (int(subject.removeprefix("feed:")), microseconds(began), span[1] if over is None else microseconds(over))
        for subject, began, over in rows
    ]


def sectors_of(site: int, paths: Sequence[str]) -> list[int]:
    """Ids of the sectors of these paths and of those nested in them."""
    rows = Sector.objects.filter(site_id=site).values_list("pk", "path")
    return [id_ for id_, path in rows if lies_in(path, tuple(paths))]


def _read(condition: str, values: list[object], site: int, sectors: Sequence[str] | None) -> Columns:
    if sectors is not None:
        condition, values = f"{condition} AND sector_id = ANY(%s)", [*values, sectors_of(site, sectors)]
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.ClientCursor(connection.connection) as cursor:
        statement = cursor.mogrify(f"{_SELECT} {condition} ORDER BY at, seq, alarm_id", values)
        with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)") as copy:
            return _columns(b"".join(copy))


def _columns(content: bytes) -> Columns:
    rows = np.frombuffer(content, _ROW, offset=_HEAD, count=(len(content) - _HEAD - _TAIL) // _ROW.itemsize)
    return Columns(*(rows[name].astype(np.int64) for name in NAMES))
