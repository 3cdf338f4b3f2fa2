"""The partitions of history: made ahead, attached aside, indexed when their time is over, dropped when they expire.

A partition of readings is a *chunk* of ten minutes while its time is recent: written without an index but a BRIN, indexed
once when it closes, because a btree on (point, at) kept while writing costs more than half of the rows per second
(docs/performance.md). What arrives days late goes to a partition of one day, indexed from the start; what is older than two
months, to one of its whole month: a feed that sends a reading of every day since 1990 makes hundreds of tables, not thousands.
"""

import datetime as dt
import re
from collections.abc import Iterator

from django.db import connection

from assets.instants import instant, microseconds

MINUTE = 60_000_000
CHUNK = 10 * MINUTE
DAY = 86_400_000_000
RECENT = 2 * DAY
"""Readings younger than this are written to chunks."""
DISTANT = 60 * DAY
"""What is older than this is written to partitions of a month; all five in µs."""

_NAME = re.compile(r"(?:reading|event|rollup_minute)_([cdm])(\d{6})(\d{2})?(?:_(\d{4}))?$")
_DDL_LOCK = 0x56_49_47_49_45  # "VIGIE": two correlators never create the same partition at once
_CLOSING_LOCK = _DDL_LOCK + 1


class Partitions:
    """The partitions that exist, remembered by the one process that writes a site's history."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._looked_at = 0

    def refresh(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                "WHERE i.inhparent IN ('reading'::regclass, 'event'::regclass, 'rollup_minute'::regclass)"
            )
            self._names = {name for (name,) in cursor.fetchall()}

    def for_readings(self, at: int, now: int) -> str:
        """Name of the partition that holds a reading of instant `at` (µs), created if need be."""
        self._look_again(at, now)
        chunk = _chunk_name(at)
        if chunk in self._names:
            return chunk
        if now - at < RECENT or self._has(f"reading_c{instant(at):%Y%m%d}"):
            if (wider := self._wider("reading", at)) is not None:
                return wider
            start = at // CHUNK * CHUNK
            self._create("reading", chunk, start, start + CHUNK, "USING brin (at)")
            return chunk
        return self.for_day("reading", at, now, "(point, at)")

    def for_day(self, table: str, at: int, now: int, index: str | None = None) -> str:
        """Name of the partition that holds instant `at` (µs) among those of days and months, created if need be."""
        self._look_again(at, now)
        if (known := self._wider(table, at)) is not None:
            return known
        day, month = _day_name(table, at), _month_name(table, at)
        if now - at < DISTANT or self._has(f"{table}_d{month[-6:]}") or self._has(f"{table}_c{month[-6:]}"):
            start = at // DAY * DAY
            self._create(table, day, start, start + DAY, index)
            return day
        begin, end = _period(month)
        self._create(table, month, microseconds(begin), microseconds(end), index)
        return month

    def _look_again(self, at: int, now: int) -> None:
        """Retention, in another process, drops what is old: of that, memory is not to be trusted from one batch to the next."""
        if now - at >= DAY and now != self._looked_at:
            self.refresh()
            self._looked_at = now

    def _wider(self, table: str, at: int) -> str | None:
        names = (_day_name(table, at), _month_name(table, at))
        return next((name for name in names if name in self._names), None)

    def _has(self, prefix: str) -> bool:
        return any(name.startswith(prefix) for name in self._names)

    def _create(self, table: str, name: str, start: int, end: int, index: str | None) -> None:
        # Made aside and attached: creating it in place would lock the whole table against the charts that read it.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DDL_LOCK])
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is None:
                cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
                if index:
                    cursor.execute(f"CREATE INDEX {name}_index ON {name} {index}")
                cursor.execute(
                    f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)", [instant(start), instant(end)]
                )
        self._names.add(name)

    def create_ahead(self, now: int) -> None:
        """Create what the next minutes will need, so that no batch waits for it. Call inside a transaction of its own."""
        for ahead in (0, CHUNK):
            self.for_readings(now + ahead, now)
        for table in ("event", "rollup_minute"):
            for ahead in (0, DAY):
                self.for_day(table, now + ahead, now)


def _chunk_name(at: int) -> str:
    return f"reading_c{instant(at // CHUNK * CHUNK):%Y%m%d_%H%M}"


def _day_name(table: str, at: int) -> str:
    return f"{table}_d{instant(at):%Y%m%d}"


def _month_name(table: str, at: int) -> str:
    return f"{table}_m{instant(at):%Y%m}"


def _period(name: str) -> tuple[dt.datetime, dt.datetime]:
    """[begin, end) of a partition, from its name."""
    parts = _NAME.match(name)
    assert parts is not None, name
    width, month, day, minute = parts.groups()
    begin = dt.datetime.strptime(month + (day or "01") + (minute or "0000"), "%Y%m%d%H%M").replace(tzinfo=dt.UTC)
    if width == "m":
        return begin, (begin + dt.timedelta(days=31)).replace(day=1)
    return begin, begin + dt.timedelta(microseconds=CHUNK if width == "c" else DAY)


def _partitions(parents: str = "'reading'::regclass") -> Iterator[tuple[str, str]]:
    """(parent, name) of the partitions that are attached."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.inhparent::regclass::text, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            f"WHERE i.inhparent IN ({parents})"
        )
        return iter(cursor.fetchall())


def readings_between(start: dt.datetime, end: dt.datetime | None) -> list[str]:
    """Partitions of readings that may hold something in [start, end), oldest first."""
    found = [(_period(name), name) for _, name in _partitions()]
    return [name for (first, last), name in sorted(found) if last > start and (end is None or first < end)]


def close_chunks(now: dt.datetime) -> list[str]:
    """Index the chunks whose time is over by two minutes; returns their names. Call outside a transaction.

    Built concurrently, because a late reading must not wait; a build that was interrupted is thrown away and done again.
    """
    closed = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_CLOSING_LOCK])
        if not cursor.fetchone()[0]:
            return []  # somebody is at it still, and what looks interrupted is under way
        cursor.execute(
            "SELECT c.relname, x.indexrelid::regclass::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "LEFT JOIN pg_index x ON x.indexrelid = to_regclass(c.relname || '_closed') "
            "WHERE i.inhparent = 'reading'::regclass AND c.relname LIKE 'reading\\_c%' AND x.indisvalid IS NOT TRUE"
        )
        for name, unfinished in cursor.fetchall():
            if _period(name)[1] + dt.timedelta(minutes=2) > now:
                continue
            if unfinished:
                cursor.execute(f"DROP INDEX CONCURRENTLY {unfinished}")
            cursor.execute(f"CREATE INDEX CONCURRENTLY {name}_closed ON {name} (point, at)")
            closed.append(name)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_CLOSING_LOCK])
    return closed


def drop_expired(readings_before: dt.datetime, minutes_before: dt.datetime) -> list[str]:
    """Drop the partitions of readings and events, and those of minutes, that end before each; hours stay. Returns their names."""
    dropped = []
    with connection.cursor() as cursor:
        for parent, name in _partitions("'reading'::regclass, 'event'::regclass, 'rollup_minute'::regclass"):
            if _period(name)[1] <= (minutes_before if parent == "rollup_minute" else readings_before):
                cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {name}")
                cursor.execute(f"DROP TABLE {name}")
                dropped.append(name)
    return dropped
