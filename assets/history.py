"""History in PostgreSQL: readings by binary COPY, the roll-ups that long charts are drawn from, and their reading back.

One process per site writes here, the correlator; nobody updates a reading.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from assets import statements
from assets.instants import microseconds
from assets.partitions import CHUNK, DAY, MINUTE, Partitions, readings_between
from assets.readings import Readings
from assets.rollup import Aggregates

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


def write_readings(readings: Readings, partitions: Partitions, now: int) -> None:
    """COPY the readings into their partitions, inside the caller's transaction."""
    first, last = int(readings.at.min()) // CHUNK, int(readings.at.max()) // CHUNK
    if first == last:
        _copy(partitions.for_readings(first * CHUNK, now), readings)
        return
    chunk = readings.at // CHUNK
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


def write_rollups(aggregates: Aggregates, partitions: Partitions, now: int) -> None:
    """Merge closed minutes into both roll-ups, inside the caller's transaction; partial aggregates add up."""
    if not len(aggregates.key):
        return
    for day in np.unique(aggregates.minute // DAY).tolist():
        partitions.for_day("rollup_minute", day * DAY, now)
    values = [aggregates.minimum, aggregates.maximum, aggregates.total, aggregates.count]
    columns = [column.tolist() for column in values]
    points, minutes = aggregates.key.tolist(), aggregates.minute.tolist()
    hours = (aggregates.minute // (60 * MINUTE) * (60 * MINUTE)).tolist()
    with connection.cursor() as cursor:
        cursor.execute(_MERGE.format(table="rollup_minute"), [points, minutes, *columns])
        cursor.execute(_MERGE.format(table="rollup_hour"), [points, hours, *columns])


def write_hours(aggregates: Aggregates) -> None:
    """Merge hours (`minute` is where each begins) that are known as a whole, and not minute by minute."""
    values = [aggregates.minimum, aggregates.maximum, aggregates.total, aggregates.count]
    columns = [column.tolist() for column in (aggregates.key, aggregates.minute, *values)]
    with connection.cursor() as cursor:
        cursor.execute(_MERGE.format(table="rollup_hour"), columns)


def write_latest(newest: Readings, trends: NDArray[np.int8]) -> None:
    """Refresh the newest reading and the trend (`assets.trend`) of these points, one each, inside the caller's transaction."""
    if not len(newest):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO assets_latest AS old (point_id, at, received_at, value, quality, trend) "
            "SELECT n.point, to_timestamp(n.at / 1e6), to_timestamp(n.received / 1e6), n.value, n.quality, n.trend "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::smallint[], %s::smallint[]) "
            "     AS n (point, at, received, value, quality, trend) JOIN assets_point p ON p.id = n.point "
            "ON CONFLICT (point_id) DO UPDATE SET at = excluded.at, received_at = excluded.received_at, "
            "    value = excluded.value, quality = excluded.quality, trend = excluded.trend WHERE old.at <= excluded.at",
            [
                statements.array(kind, column.tolist())
                for kind, column in (
                    ("bigint", newest.point),
                    ("bigint", newest.at),
                    ("bigint", newest.received),
                    ("float8", newest.value),
                    ("smallint", newest.quality),
                    ("smallint", trends),
                )
            ],
        )


def write_consumption(point: NDArray[np.int64], at: NDArray[np.int64], rate: NDArray[np.float64]) -> None:
    """Say of counters whose newest reading is stored what they consume per hour, and by which reading (µs) that is known."""
    if not len(point):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE assets_latest AS old SET rate = n.rate, rate_at = to_timestamp(n.at / 1e6) "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::float8[]) AS n (point, at, rate) "
            "WHERE old.point_id = n.point AND old.rate_at IS DISTINCT FROM to_timestamp(n.at / 1e6)",
            [point.tolist(), at.tolist(), rate.tolist()],
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
FEW_POINTS = 1_000


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


def hours(
    points: NDArray[np.int64], start: dt.datetime, end: dt.datetime
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Hourly roll-ups that begin in [start, end): (point, at µs, minimum, mean, maximum), in no order."""
    query = (
        "SELECT array_agg(point), array_agg(at), array_agg(minimum), array_agg(total / count), array_agg(maximum) "
        f"FROM rollup_hour WHERE {_of_points(points, start, end)}"
    )
    point, at, low, mean, high = _columns(query, 3)
    return point, at, low, mean, high


def first_minutes(
    points: NDArray[np.int64], start: dt.datetime, end: dt.datetime, grace: dt.timedelta
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The lowest reading of the first minute of each hour in [start, end): (point, at µs, minimum), each point's in order.

    Hours begin earlier by `grace`: what is read so shortly before belongs to the hour.
    """
    hour = f"date_bin('1 hour', at + '{grace.total_seconds():g} seconds'::interval, 'epoch')"
    query = (
        "SELECT array_agg(point ORDER BY point, at), array_agg(at ORDER BY point, at), array_agg(minimum ORDER BY point, at) "
        f"FROM (SELECT DISTINCT ON (point, {hour}) point, at, minimum FROM rollup_minute WHERE {_of_points(points, start, end)} "
        f"ORDER BY point, {hour}, at) AS first"
    )
    point, at, value = _columns(query, 1)
    return point, at, value


def _of_points(points: NDArray[np.int64], start: dt.datetime, end: dt.datetime) -> str:
    return (
        f"point = ANY('{{{','.join(map(str, points.tolist()))}}}') AND at >= '{start.isoformat()}' AND at < '{end.isoformat()}'"
    )


def _columns(query: str, values: int) -> list[NDArray[Any]]:
    """The one row of a query that gives arrays: of points, of instants and of so many values."""
    with connection.cursor() as cursor, psycopg.Cursor(cursor.connection) as raw:
        raw.execute(query, binary=True)
        point, at, *rest = _arrays(raw, 2 + values)
    if not point:
        return [np.empty(0, np.int64), np.empty(0, np.int64), *(np.empty(0) for _ in rest)]
    found = (_elements(each, ">f8").astype(np.float64) for each in rest)
    return [_elements(point, ">i8").astype(np.int64), _elements(at, ">i8") + _POSTGRES_EPOCH, *found]


_SPOKE = (
    "SELECT point, extract(epoch FROM at)::float8, count FROM {} WHERE point = ANY(%s) AND at > %s AND at <= %s ORDER BY 1, 2"
)
_NEWEST_HOUR = (
    "SELECT max(newest) FROM unnest(%s::bigint[]) wanted,"
    " LATERAL (SELECT max(at) AS newest FROM rollup_hour WHERE point = wanted) hours"
)
_STRETCHES = (("rollup_minute", dt.timedelta(hours=3)), ("rollup_hour", dt.timedelta(days=8)))


def rhythms(points: NDArray[np.int64], now: dt.datetime) -> dict[int, float]:
    """Seconds between two readings of each point, as its newest hours show; points that spoke too seldom to tell are left out.

    From the minutes of three hours, and for slower points from the hours of eight days. Gaps three times as long as usual were
    outages, and say nothing of the rhythm.
    """
    ids, found = points.tolist(), {}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_HOUR, [ids])
        (newest,) = cursor.fetchone()
        if newest is None:
            return {}
        end = min(now, newest + dt.timedelta(hours=1))
        for table, length in _STRETCHES:
            cursor.execute(_SPOKE.format(table), [[each for each in ids if each not in found], end - length, end])
            spoke = np.array(cursor.fetchall(), np.float64).reshape(-1, 3)
            for point in np.unique(spoke[:, 0]).tolist():
                rows = spoke[spoke[:, 0] == point]
                if len(rows) > 2:
                    found[int(point)] = _rhythm(np.diff(rows[:, 1]), rows[1:, 2])
    return found


def _rhythm(gaps: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    usual = gaps <= 3 * np.median(gaps)
    return float(gaps[usual].sum() / counts[usual].sum())


def replay(
    site: int, start: dt.datetime, end: dt.datetime | None = None, *, points: NDArray[np.int64] | None = None,
    pages: int = 512,
) -> Iterator[Readings]:  # fmt: skip
    """Yield the site's readings in [start, end), in the order they were stored; `received` is their `at`.

    points   ids of the only ones wanted: few are asked of PostgreSQL by name, many are sorted out here
    pages    of 8 KiB, about 145 readings each, that make a batch
    """
    with connection.cursor() as cursor:
        if points is None:
            cursor.execute(
                "SELECT p.id FROM assets_point p JOIN assets_asset a ON a.id = p.asset_id WHERE a.site_id = %s", [site]
            )
            points = np.array([row[0] for row in cursor.fetchall()], np.int64)
        wanted = np.zeros(int(points.max(initial=0)) + 2, np.bool_)
        wanted[points] = True
        for query in _queries(cursor, start, end, points, pages):
            readings = _read(cursor, query)
            known = wanted[np.minimum(readings.point, len(wanted) - 1)]
            yield readings if known.all() else readings.take(known)


def extent(points: NDArray[np.int64], start: dt.datetime, end: dt.datetime) -> tuple[int, int] | None:
    """The instants (µs) of the first and of the last reading that is stored of some points in [start, end); None for none."""
    partitions = readings_between(start, end)
    first = next((found[0] for found in (_extent(name, points, start, end) for name in partitions) if found), None)
    if first is None:
        return None
    last = next(found[1] for found in (_extent(name, points, start, end) for name in reversed(partitions)) if found)
    return first, last


def _extent(partition: str, points: NDArray[np.int64], start: dt.datetime, end: dt.datetime) -> tuple[int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(at), max(at) FROM {partition} WHERE at >= %s AND at < %s AND point = ANY(%s)",
            [start, end, points.tolist()],
        )
        first, last = cursor.fetchone()
    return None if first is None else (microseconds(first), microseconds(last))


def last_before(points: NDArray[np.int64], before: dt.datetime, furthest: dt.timedelta) -> Readings:
    """The newest reading of good or uncertain quality of each point before an instant, looked for partition by partition
    as far back as `furthest`; `received` is `at`. Points that have none are left out."""
    found, wanted = [], points
    with connection.cursor() as cursor:
        for partition in reversed(readings_between(before - furthest, before)):
            if not len(wanted):
                break
            named = f"point = ANY('{{{','.join(map(str, wanted.tolist()))}}}')"
            readings = _read(
                cursor,
                f"(SELECT DISTINCT ON (point) point, at, value, quality FROM {partition} WHERE at < '{before.isoformat()}' "
                f"AND at >= '{(before - furthest).isoformat()}' AND quality < 2 AND {named} ORDER BY point, at DESC)",
            )
            found.append(readings)
            wanted = np.setdiff1d(wanted, readings.point)
    return Readings.concatenate(found)


def _queries(
    cursor: CursorWrapper, start: dt.datetime, end: dt.datetime | None, points: NDArray[np.int64], pages: int
) -> Iterator[str]:
    """Each partition by ranges of pages: the order of a scan by tuple id is that in which the rows were stored."""
    period = f"at >= '{start.isoformat()}'" + (f" AND at < '{end.isoformat()}'" if end else "")
    for partition in readings_between(start, end):
        if len(points) <= FEW_POINTS:
            named = f"point = ANY('{{{','.join(map(str, points.tolist()))}}}')"
            yield f"(SELECT * FROM {partition} WHERE {period} AND {named} ORDER BY ctid)"
            continue
        cursor.execute("SELECT pg_relation_size(%s) / 8192", [partition])
        for first in range(0, cursor.fetchone()[0], pages):
            yield f"{partition} WHERE {period} AND ctid >= '({first},0)' AND ctid < '({first + pages},0)'"


def _read(cursor: CursorWrapper, table: str) -> Readings:
    """The driver takes a microsecond for each row it is given: PostgreSQL hands over one row of four arrays."""
    query = f"SELECT array_agg(point), array_agg(at), array_agg(value), array_agg(quality) FROM {table}"
    with psycopg.Cursor(cursor.connection) as raw:  # Django's own cursors ask for texts
        raw.execute(query, binary=True)
        point, at, value, quality = _arrays(raw, 4)
    if not point:
        return Readings.empty()
    instants = _elements(at, ">i8") + _POSTGRES_EPOCH
    return Readings(
        _elements(point, ">i8").astype(np.int64), instants, _elements(value, ">f8").astype(np.float64),
        _elements(quality, ">i2").astype(np.uint8), instants,
    )  # fmt: skip


def _arrays(cursor: psycopg.Cursor, columns: int) -> list[bytes]:
    """The one row of an answer, array by array; empty where there was nothing to gather."""
    assert cursor.pgresult is not None
    return [cursor.pgresult.get_value(0, column) or b"" for column in range(columns)]


def _elements(array: bytes, kind: str) -> NDArray[Any]:
    """Of an array without NULL in PostgreSQL's binary form: twenty bytes of header, then a length before each element."""
    return np.frombuffer(array, np.dtype([("length", ">i4"), ("element", kind)]), offset=20)["element"]
