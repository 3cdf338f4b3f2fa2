"""History in PostgreSQL: readings in partitions by time, events, and the roll-ups that long charts are drawn from.

A partition of readings is a *chunk* of ten minutes while its time is recent: written without an index but a BRIN, indexed
once when it closes, because a btree on (point, at) kept while writing costs more than half of the rows per second
(docs/performance.md). What arrives days late goes to a partition of one day, indexed from the start. One process per site
writes here, the correlator; nobody updates.
"""

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from assets.readings import Readings
from assets.rollup import Aggregates

MINUTE = 60_000_000
CHUNK = 10 * MINUTE
DAY = 86_400_000_000
RECENT = 2 * DAY
"""Readings younger than this are written to chunks; all three in µs."""

_POSTGRES_EPOCH = 946_684_800_000_000  # 2000-01-01, µs since the Unix epoch
_COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TRAILER = b"\xff\xff"
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("point_length", ">i4"), ("point", ">i8"),
        ("at_length", ">i4"), ("at", ">i8"),
        ("value_length", ">i4"), ("value", ">f8"),
        ("quality_length", ">i4"), ("quality", ">i2"),
    ]
)  # fmt: skip
_PARTITION = re.compile(r"(reading|event|rollup_minute)_([cd])(\d{8})(?:_(\d{4}))?$")
_DDL_LOCK = 0x56_49_47_49_45  # "VIGIE": two correlators never create the same partition at once


def instant(microseconds: int) -> dt.datetime:
    """µs since the epoch → aware UTC datetime, exactly (a float of seconds would round)."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(microseconds))


def microseconds(moment: dt.datetime) -> int:
    """Aware datetime → µs since the epoch, exactly."""
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def copy_rows(readings: Readings) -> bytes:
    """Readings → PostgreSQL binary COPY of (point, at, value, quality), header and trailer included."""
    rows = np.empty(len(readings), _ROW)
    rows["fields"] = 4
    rows["point_length"] = rows["at_length"] = rows["value_length"] = 8
    rows["quality_length"] = 2
    rows["point"] = readings.point
    rows["at"] = readings.at - _POSTGRES_EPOCH
    rows["value"] = readings.value
    rows["quality"] = readings.quality
    return b"".join((_COPY_HEADER, rows.tobytes(), _COPY_TRAILER))


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


def write_readings(readings: Readings, partitions: Partitions, now: int) -> None:
    """COPY the readings into their partitions, inside the caller's transaction."""
    chunk = readings.at // CHUNK
    first = int(chunk.min())
    if first == int(chunk.max()):
        _copy(partitions.for_readings(first * CHUNK, now), readings)
        return
    order = np.argsort(chunk, kind="stable")
    starts, begins = np.unique(chunk[order], return_index=True)
    names: dict[str, list[NDArray[np.intp]]] = {}
    for start, index in zip(starts.tolist(), np.split(order, begins[1:]), strict=True):
        names.setdefault(partitions.for_readings(start * CHUNK, now), []).append(index)
    for name, indexes in names.items():
        _copy(name, readings.take(np.concatenate(indexes)))


def _copy(partition: str, readings: Readings) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {partition} FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(copy_rows(readings))


_MERGE = """
INSERT INTO {table} AS old (point, at, minimum, maximum, total, count)
SELECT point, to_timestamp(minute / 1e6), min(minimum), max(maximum), sum(total), sum(count)
FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::bigint[])
     AS new (point, minute, minimum, maximum, total, count)
GROUP BY point, minute ORDER BY point, minute
ON CONFLICT (point, at) DO UPDATE SET
    minimum = least(old.minimum, excluded.minimum), maximum = greatest(old.maximum, excluded.maximum),
    total = old.total + excluded.total, count = old.count + excluded.count
"""


def write_rollups(aggregates: Aggregates, partitions: Partitions) -> None:
    """Merge closed minutes into both roll-ups, inside the caller's transaction; partial aggregates add up."""
    if not len(aggregates.point):
        return
    for day in np.unique(aggregates.minute // DAY).tolist():
        partitions.for_day("rollup_minute", day * DAY)
    values = [aggregates.minimum, aggregates.maximum, aggregates.total, aggregates.count]
    columns = [column.tolist() for column in values]
    points, minutes = aggregates.point.tolist(), aggregates.minute.tolist()
    hours = (aggregates.minute // (60 * MINUTE) * (60 * MINUTE)).tolist()
    with connection.cursor() as cursor:
        cursor.execute(_MERGE.format(table="rollup_minute"), [points, minutes, *columns])
        cursor.execute(_MERGE.format(table="rollup_hour"), [points, hours, *columns])


def write_latest(point: NDArray[np.int64], at: NDArray[np.int64], received: NDArray[np.int64], value, quality) -> None:
    """Refresh the newest reading of these points (columns as in Readings), inside the caller's transaction."""
    if not len(point):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO assets_latest AS old (point_id, at, received_at, value, quality) "
            "SELECT n.point, to_timestamp(n.at / 1e6), to_timestamp(n.received / 1e6), n.value, n.quality "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::smallint[]) "
            "     AS n (point, at, received, value, quality) JOIN assets_point p ON p.id = n.point "
            "ON CONFLICT (point_id) DO UPDATE SET at = excluded.at, received_at = excluded.received_at, "
            "    value = excluded.value, quality = excluded.quality WHERE old.at <= excluded.at",
            [point.tolist(), at.tolist(), received.tolist(), value.tolist(), quality.tolist()],
        )


@dataclass(frozen=True, slots=True)
class Series:
    """One point over a period, oldest first: `at` in µs since the epoch; a raw series has count 1 everywhere."""

    resolution: str
    at: NDArray[np.int64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.int64]


_RAW = (
    "SELECT (extract(epoch FROM at) * 1000000)::bigint, value, value, value, 1 FROM reading "
    "WHERE point = %s AND at >= %s AND at < %s ORDER BY at LIMIT %s"
)
_ROLLED = (
    "SELECT (extract(epoch FROM at) * 1000000)::bigint, minimum, maximum, total / count, count FROM {table} "
    "WHERE point = %s AND at >= %s AND at < %s ORDER BY at LIMIT %s"
)
_QUERIES = {
    "raw": _RAW,
    "minute": _ROLLED.format(table="rollup_minute"),
    "hour": _ROLLED.format(table="rollup_hour"),
}
RESOLUTIONS = ("auto", *_QUERIES)
MAX_ROWS = 50_000


def series(point: int, start: dt.datetime, end: dt.datetime, resolution: str = "auto") -> Series:
    """Readings of a point in [start, end), at most MAX_ROWS rows, raw or rolled up per minute or hour.

    `auto` is raw up to three hours, per minute up to three days, per hour beyond. Raises KeyError for another word.
    """
    if resolution == "auto":
        length = end - start
        resolution = "raw" if length <= dt.timedelta(hours=3) else "minute" if length <= dt.timedelta(days=3) else "hour"
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[resolution], [point, start, end, MAX_ROWS])
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
    at, minimum, maximum, mean, count = columns
    return Series(
        resolution,
        np.array(at, np.int64),
        np.array(minimum, np.float64),
        np.array(maximum, np.float64),
        np.array(mean, np.float64),
        np.array(count, np.int64),
    )


def replay(site: int, start: dt.datetime, batch: int = 50_000):
    """Yield the site's readings since `start` in order of time, in batches of (point, at, value, quality) columns."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT p.id FROM assets_point p JOIN assets_asset a ON a.id = p.asset_id WHERE a.site_id = %s", [site])
        points = np.array([row[0] for row in cursor.fetchall()], np.int64)
        for chunk in _partitions_since(cursor, start):
            data = bytearray()
            with cursor.copy(
                f"COPY (SELECT point, at, value, quality FROM {chunk} WHERE at >= '{start.isoformat()}') "
                "TO STDOUT (FORMAT BINARY)"
            ) as copy:
                for block in copy:
                    data += block
            rows = np.frombuffer(data, _ROW, count=(len(data) - len(_COPY_HEADER) - len(_COPY_TRAILER)) // _ROW.itemsize,
                                 offset=len(_COPY_HEADER))  # fmt: skip
            rows = rows[np.isin(rows["point"], points)]
            rows = rows[np.argsort(rows["at"], kind="stable")]
            for begin in range(0, len(rows), batch):
                part = rows[begin : begin + batch]
                at = part["at"].astype(np.int64) + _POSTGRES_EPOCH
                yield Readings(
                    part["point"].astype(np.int64), at, part["value"].astype(np.float64), part["quality"].astype(np.uint8), at
                )


def _partitions_since(cursor, start: dt.datetime) -> list[str]:
    cursor.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'reading'::regclass"
    )
    found = []
    for (name,) in cursor.fetchall():
        match = _PARTITION.match(name)
        begins = dt.datetime.strptime(match[3] + (match[4] or "0000"), "%Y%m%d%H%M").replace(tzinfo=dt.UTC)
        length = dt.timedelta(microseconds=CHUNK if match[2] == "c" else DAY)
        if begins + length > start:
            found.append((begins, name))
    return [name for _, name in sorted(found)]


def close_chunks(now: dt.datetime) -> list[str]:
    """Index the chunks whose time is over by two minutes; returns their names. Safe to run twice at once."""
    closed = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'reading'::regclass AND c.relname LIKE 'reading\\_c%%' "
            "AND to_regclass(c.relname || '_closed') IS NULL"
        )
        for (name,) in cursor.fetchall():
            match = _PARTITION.match(name)
            begins = dt.datetime.strptime(match[3] + match[4], "%Y%m%d%H%M").replace(tzinfo=dt.UTC)
            if begins + dt.timedelta(microseconds=CHUNK + 2 * MINUTE) <= now:
                cursor.execute(f"CREATE INDEX IF NOT EXISTS {name}_closed ON {name} (point, at)")
                closed.append(name)
    return closed


def drop_expired(before: dt.datetime) -> list[str]:
    """Drop the partitions of readings and events that end before `before`; roll-ups stay. Returns their names."""
    dropped = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.inhparent::regclass::text, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent IN ('reading'::regclass, 'event'::regclass)"
        )
        for parent, name in cursor.fetchall():
            match = _PARTITION.match(name)
            begins = dt.datetime.strptime(match[3] + (match[4] or "0000"), "%Y%m%d%H%M").replace(tzinfo=dt.UTC)
            length = dt.timedelta(microseconds=CHUNK if match[2] == "c" else DAY)
            if begins + length <= before:
                cursor.execute(f"ALTER TABLE {parent} DETACH PARTITION {name}")
                cursor.execute(f"DROP TABLE {name}")
                dropped.append(name)
    return dropped
