"""The partitions of history: made ahead, attached aside, indexed when their time is over, dropped when they expire.

A partition of readings is a *chunk* of ten minutes while its time is recent: written without an index but a BRIN, indexed
once when it closes, because a btree on (point, at) kept while writing costs more than half of the rows per second
(docs/performance.md). What arrives days late goes to a partition of one day, indexed from the start.
"""

import datetime as dt
import re
from collections.abc import Iterator

from django.db import connection

from assets.instants import instant

MINUTE = 60_000_000
CHUNK = 10 * MINUTE
DAY = 86_400_000_000
RECENT = 2 * DAY
"""Readings younger than this are written to chunks; all four in µs."""

_NAME = re.compile(r"(?:reading|event|rollup_minute)_([cd])(\d{8})(?:_(\d{4}))?$")
_DDL_LOCK = 0x56_49_47_49_45  # "VIGIE": two correlators never create the same partition at once


class Partitions:
    """The partitions that exist, remembered by the one process that writes a site's history."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def refresh(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                "WHERE i.inhparent IN ('reading'::regclass, 'event'::regclass, 'rollup_minute'::regclass)"
            )
            self._names = {name for (name,) in cursor.fetchall()}

    def for_readings(self, at: int, now: int) -> str:
        """Name of the partition that holds a reading of instant `at` (µs), created if need be."""
        chunk, day = _chunk_name(at), _day_name("reading", at)
        if chunk in self._names:
            return chunk
        if day in self._names:
            return day
        if now - at < RECENT or self._day_has_chunks(at):
            start = at // CHUNK * CHUNK
            self._create("reading", chunk, start, start + CHUNK, "USING brin (at)")
            return chunk
        start = at // DAY * DAY
        self._create("reading", day, start, start + DAY, "(point, at)")
        return day

    def for_day(self, table: str, at: int) -> str:
        """Name of the day partition of `event` or `rollup_minute` that holds instant `at` (µs)."""
        name = _day_name(table, at)
        if name not in self._names:
            start = at // DAY * DAY
            self._create(table, name, start, start + DAY, None)
        return name

    def _day_has_chunks(self, at: int) -> bool:
        prefix = "reading_c" + _day_name("reading", at)[-8:]
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
                self.for_day(table, now + ahead)


def _chunk_name(at: int) -> str:
    return f"reading_c{instant(at // CHUNK * CHUNK):%Y%m%d_%H%M}"


def _day_name(table: str, at: int) -> str:
    return f"{table}_d{instant(at):%Y%m%d}"


def _period(name: str) -> tuple[dt.datetime, dt.datetime]:
    """[begin, end) of a partition, from its name."""
    match = _NAME.match(name)
    begin = dt.datetime.strptime(match[2] + (match[3] or "0000"), "%Y%m%d%H%M").replace(tzinfo=dt.UTC)
    return begin, begin + dt.timedelta(microseconds=CHUNK if match[1] == "c" else DAY)


def _partitions(parents: str = "'reading'::regclass") -> Iterator[tuple[str, str]]:
    """(parent, name) of the partitions that are attached."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.inhparent::regclass::text, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            f"WHERE i.inhparent IN ({parents})"
        )
        return iter(cursor.fetchall())


def readings_since(start: dt.datetime) -> list[str]:
    """Partitions of readings that hold something at or after `start`, oldest first."""
    found = [(_period(name), name) for _, name in _partitions()]
    return [name for (_, end), name in sorted(found) if end > start]


def close_chunks(now: dt.datetime) -> list[str]:
    """Index the chunks whose time is over by two minutes; returns their names. Call outside a transaction.

    Built concurrently, because a late reading must not wait; a build that was interrupted is thrown away and done again.
    """
    closed = []
    with connection.cursor() as cursor:
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
    return closed


def drop_expired(before: dt.datetime) -> list[str]:
    """Drop the partitions of readings and events that end before `before`; roll-ups stay. Returns their names."""
    dropped = []
    with connection.cursor() as cursor:
        for parent, name in _partitions("'reading'::regclass, 'event'::regclass"):
            if _period(name)[1] <= before:
                cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {name}")
                cursor.execute(f"DROP TABLE {name}")
                dropped.append(name)
    return dropped
