"""How the stored readings of some points are spread: between which numbers, and how many of each state."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

PERCENTS = (1, 5, 25, 50, 75, 95, 99)
BINS = 24
_GOOD = "FROM reading WHERE point = ANY(%s) AND at >= %s AND at < %s AND quality < 2 AND abs(value) < 'Infinity'"
_NUMBERS = "SELECT count(*), min(value), max(value), percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY value) " + _GOOD
_BINNED = "SELECT least(width_bucket(value, %s, %s, %s), %s) AS bin, count(*) " + _GOOD + " GROUP BY bin ORDER BY bin"
_COUNTED = "SELECT value, count(*) " + _GOOD + " GROUP BY value ORDER BY count(*) DESC LIMIT %s"


@dataclass(frozen=True, slots=True)
class Spread:
    """`percentiles` are the readings at PERCENTS; `bins` how many lie in each of BINS equal steps from `low` to `high`, or
    all in one where these are the same."""

    count: int
    low: float
    high: float
    percentiles: tuple[float, ...]
    bins: tuple[int, ...]


def spread(points: Sequence[int], start: dt.datetime, end: dt.datetime) -> Spread | None:
    """Of readings in [start, end) of good or uncertain quality; None when there are none."""
    asked: tuple[list[int], dt.datetime, dt.datetime] = (list(points), start, end)
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [[each / 100 for each in PERCENTS], *asked])
        count, low, high, percentiles = cursor.fetchone()
        if not count:
            return None
        if low == high:
            return Spread(count, low, high, tuple(percentiles), (count,))
        cursor.execute(_BINNED, [low, high, BINS, BINS, *asked])
        found = dict(cursor.fetchall())
    return Spread(count, low, high, tuple(percentiles), tuple(found.get(each, 0) for each in range(1, BINS + 1)))


def counted(points: Sequence[int], start: dt.datetime, end: dt.datetime, most: int = 32) -> dict[float, int]:
    """How many readings have each value, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [list(points), start, end, most])
        return dict(cursor.fetchall())
