"""What points usually do at each hour of the week, worked out of the hours of past weeks. Pure: columns in, Profiles out.

docs/reference/rules/anomaly.md tells the method at length, ADR 9 why, and tests/alarms/usual_by_hand.py in plain loops.

middle    the median of the hour of the week, drawn towards that of the hour of the day, and this towards that of all hours, as
          far as chance alone explains that they differ. Where that has come nearer to what followed, it moves with the level
          of the last seven days
distance  of each past hour from the middle that the other weeks had made known
spread    the mean distance of the hour of the week, but for its farthest, pooled with those of this hour and the next of all days
calm      how far the last seven days lay from the middle, beside an ordinary day: the spread of now is so many times the usual
reach     how many spreads hold nine days in ten whole, above and below the middle apart
deviation a third of that reach: of normal values about a standard deviation

Grids are (points, days, 24): days of 24 hours on the site's wall clock that end where the history ends.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alarms.engine.profiles import HOURS, REACH, Profiles

Numbers = NDArray[np.float64]

HOUR = 3_600_000_000
"""µs."""
POOL = 8
"""How many hours the pooled spread counts for beside those of the hour of the week itself."""
FLOOR = 0.3
"""No hour has a smaller spread than this part of the point's mean distance."""
CALMEST, WILDEST = 0.5, 4.0
LATELY = 7
"""Days that tell how calm a point is now, and its level where that moves."""
NEARER = 0.95
"""Levels are followed where what they said of each past day was nearer than what the whole past said, by this much."""
HELD = 0.9
"""Which part of the days lies whole within the usual."""
FEWEST = 8
"""An hour is not known by fewer hours of the past than this, its neighbours counted."""
_NOISE = np.pi / 2
"""The variance of a median beside that of a mean; also the square of what makes a mean distance a standard deviation."""
_SAME = 1e-9
"""Values that differ by less than this part of the largest are one value."""


class HourlyReadings(NamedTuple):
    """Hourly roll-ups in any order: point id, beginning (µs), lowest, mean and highest reading."""

    point: NDArray[np.int64]
    at: NDArray[np.int64]
    low: Numbers
    mean: Numbers
    high: Numbers


class Grid(NamedTuple):
    """The same as grids; NaN where nothing was read."""

    low: Numbers
    mean: Numbers
    high: Numbers


def learned(hours: HourlyReadings, zone: str, end: int, weeks: int) -> Profiles:
    """Profiles from the `weeks` weeks before `end` (µs, a whole hour). An hour belongs to the hour of the week in which it begins
    on the wall clock; two hours of an autumn night are one."""
    if not len(hours.point):
        return Profiles.none()
    points, grid, first = _grid(hours, zone, end, weeks)
    middle, expected = _middles(grid.mean)
    distance = np.fmax(grid.high - expected, expected - grid.low)
    spread, samples = _spreads(distance)
    calm = _calm(distance, spread)
    step, least = (each[:, None, None] for each in _step(grid))
    above, below = (_reach(away, spread, calm) / REACH for away in (grid.high - expected, expected - grid.low))
    above, below = (np.where(each > least, np.maximum(each, step / 2), 0.0) for each in (above, below))
    seen = np.isfinite(_by_week(grid.mean)).sum(axis=1)
    where = ((seen > 0) & (samples >= FEWEST) & np.isfinite(above + below)).nonzero()
    hour = (first + where[1] * 24 + where[2]) % HOURS
    order = np.lexsort((hour, where[0]))
    columns = (points[where[0]], hour, middle[where], above[where], below[where], seen[where], samples[where])
    return Profiles(*(column[order] for column in columns))


def _grid(hours: HourlyReadings, zone: str, end: int, weeks: int) -> tuple[NDArray[np.int64], Grid, int]:
    """Points (ascending), their hours as grids, and the hour of the week of the grids' first hour."""
    size = weeks * HOURS
    clock = ZoneInfo(zone)
    distinct, place = np.unique(np.append(hours.at, end), return_inverse=True)
    wall = np.array([_wall(each, clock) for each in distinct.tolist()], np.int64)[place]
    first = int(wall[-1]) - size
    slot = wall[:-1] - first
    kept = ((slot >= 0) & (slot < size)).nonzero()[0]
    points = np.unique(hours.point)
    cell = np.searchsorted(points, hours.point[kept]) * size + slot[kept]
    low, high = np.full(len(points) * size, np.inf), np.full(len(points) * size, -np.inf)
    total, count = np.zeros((2, len(points) * size))
    np.minimum.at(low, cell, hours.low[kept])
    np.maximum.at(high, cell, hours.high[kept])
    np.add.at(total, cell, hours.mean[kept])
    np.add.at(count, cell, 1)
    read = count > 0
    shape = (len(points), weeks * 7, 24)
    made = (np.where(read, each, np.nan).reshape(shape) for each in (low, total / np.maximum(count, 1), high))
    return points, Grid(*made), (first + 3 * 24) % HOURS  # the epoch was a Thursday


def _wall(at: int, clock: ZoneInfo) -> int:
    """Whole hours since the epoch as the clock on the wall counts them."""
    offset = dt.datetime.fromtimestamp(at / 1e6, clock).utcoffset() or dt.timedelta()
    return (at + round(offset.total_seconds()) * 1_000_000) // HOUR


def _middles(mean: Numbers) -> tuple[Numbers, Numbers]:
    """What is usual at each hour of the week (points, 7, 24), and what each past hour would have been compared with."""
    fixed, moving = _about(mean, np.zeros(_days_and_one(mean))), _about(mean, _levels(mean))
    off, off_moving = (_mean(np.abs(mean - expected), (1, 2)) for _, expected in (fixed, moving))
    follows = (off_moving < NEARER * off)[:, None, None]
    middle, expected = (np.where(follows, *each) for each in zip(moving, fixed, strict=True))
    return middle, expected


def _levels(mean: Numbers) -> Numbers:
    """By how much the seven days before each day, and after the last one, lay over what the hours of the week usually are
    (points, days + 1): a day's part is the median of its hours, and a week's the median of its days. 0 where nothing was read."""
    usual = np.tile(_median(_by_week(mean), 1), (1, mean.shape[1] // 7, 1))
    levels = _median(_before(_median(mean - usual, 2)), 2)
    return np.nan_to_num(levels)


def _about(mean: Numbers, levels: Numbers) -> tuple[Numbers, Numbers]:
    """As _middles, of a point whose level was `levels` before each day and after the last one."""
    level = mean - levels[:, 1:, None]
    by_week = _by_week(level)
    of_week, others = _medians(by_week)
    median_of_day = _median(level, 1)
    overall = _median(level.reshape(len(level), -1), 1)[:, None]
    apart = median_of_day - overall
    of_day = overall + _share(level - median_of_day[:, None], apart)[:, None] * np.nan_to_num(apart)
    of_day = of_day[:, None]
    share = _share(by_week - others, of_week - median_of_day[:, None])[:, None, None]
    middle = of_day + share * (of_week - of_day) + levels[:, -1, None, None]
    others = np.where(np.isfinite(others), others, of_day[:, None])
    expected = of_day[:, None] + share[:, None] * (others - of_day[:, None])
    return middle, np.where(np.isfinite(level), expected.reshape(level.shape) + levels[:, :-1, None], np.nan)


def _share(away: Numbers, apart: Numbers) -> Numbers:
    """Which part of how far some medians lie `apart` (points, …) is theirs, and not the chance of what they are medians of.

    away   of each value from the median that it has a part in; medians are taken along axis 1
    """
    count = np.isfinite(away).sum(axis=1)
    rest = tuple(range(1, apart.ndim))
    chance = _NOISE * _mean(np.abs(away), tuple(range(1, away.ndim))) ** 2
    chance *= _NOISE * _mean(np.where(count > 0, 1 / np.maximum(count, 1), np.nan), rest)
    differ = _mean(apart**2, rest)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 - chance / differ
    return np.where(np.isfinite(share), np.maximum(share, 0.0), 0.0)


def _spreads(distance: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    """Of each hour of the week (points, 7, 24): its spread, and how many past hours tell it."""
    by_week = _by_week(distance)
    count = np.isfinite(by_week).sum(axis=1)
    # The farthest of three weeks or more is left out, or one strange hour would be usual when it is judged again.
    farthest = np.where(count > 2, np.nan_to_num(np.fmax.reduce(by_week, axis=1)), 0.0)
    own = (np.nansum(by_week, axis=1) - farthest) / np.maximum(count - (count > 2), 1)
    total, near = np.nansum(by_week, axis=(1, 2)), count.sum(axis=1)
    total, near = (np.roll(each, 1, 1) + each + np.roll(each, -1, 1) for each in (total, near))
    overall = _mean(distance, (1, 2))[:, None]
    pooled = np.where(near > 0, total / np.maximum(near, 1), overall)[:, None]
    spread = np.maximum((count * own + POOL * pooled) / (count + POOL), FLOOR * overall[..., None])
    return spread, np.broadcast_to(near[:, None], count.shape)


def _calm(distance: Numbers, spread: Numbers) -> Numbers:
    """How wide the point's spread was before each day, and is after the last one, beside an ordinary day's (points, days + 1)."""
    days = _mean(_of(distance, spread), 2)
    lately = _mean(_before(days), 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        calm = lately / _median(days, 1)[:, None]
    return np.where(np.isfinite(calm), np.clip(calm, CALMEST, WILDEST), 1.0)


def _reach(away: Numbers, spread: Numbers, calm: Numbers) -> Numbers:
    """How far from the middle the usual reaches at each hour of the week, on one side.

    The farthest hour of each day is taken, in spreads of then; the reach is what nine in ten of them stay within, with one more
    day counted as if it had been the farthest: of few days that is all of them. Days that stayed on the middle do not count: of
    a point that seldom moves, the usual is how far it moves when it does.
    """
    farthest = np.fmax.reduce(_of(away, spread), axis=2) / calm[:, :-1]
    farthest = np.where(farthest > _SAME, farthest, np.nan)
    ordered, days = np.sort(farthest, axis=1), np.isfinite(farthest).sum(axis=1)
    rank = np.clip(np.ceil(HELD * (days + 1) - _SAME).astype(np.int64), 1, np.maximum(days, 1)) - 1
    held = np.take_along_axis(ordered, rank[:, None], axis=1)[:, 0]
    held = np.maximum(np.nan_to_num(held), 1.0)
    return spread * (calm[:, -1] * held)[:, None, None]


def _step(grid: Grid) -> tuple[Numbers, Numbers]:
    """The smallest difference between two readings of a point, which is what it is measured in (0 of one that never changed); and
    the difference below which two readings are the same one."""
    values = np.sort(np.concatenate([each.reshape(len(each), -1) for each in (grid.low, grid.high)], axis=1), axis=1)
    same = _SAME * np.fmax.reduce(np.abs(values), axis=1, initial=0.0)
    steps = np.diff(values, axis=1)
    steps[~(steps > same[:, None])] = np.inf
    least = steps.min(axis=1, initial=np.inf)
    return np.where(np.isfinite(least), least, 0.0), same


def _of(distance: Numbers, spread: Numbers) -> Numbers:
    """Distances (points, days, 24) in spreads of their hours of the week; of a point without any spread, none."""
    weeks = distance.shape[1] // 7
    with np.errstate(divide="ignore", invalid="ignore"):
        return distance / np.tile(np.where(spread > 0, spread, np.nan), (1, weeks, 1))


def _before(days: Numbers) -> Numbers:
    """Of each day and of the one after the last: the seven days before it (points, days + 1, 7). NaN before the first one."""
    padded = np.concatenate((np.full((len(days), LATELY), np.nan), days), axis=1)
    return np.lib.stride_tricks.sliding_window_view(padded, LATELY, axis=1)


def _days_and_one(grid: Numbers) -> tuple[int, int]:
    return len(grid), grid.shape[1] + 1


def _by_week(grid: Numbers) -> Numbers:
    """(points, weeks, 7, 24)."""
    return grid.reshape(len(grid), grid.shape[1] // 7, 7, 24)


def _median(values: Numbers, axis: int) -> Numbers:
    """Of what is finite; NaN where nothing is."""
    return _median_of(*_ordered(values, axis))


def _medians(values: Numbers) -> tuple[Numbers, Numbers]:
    """Along axis 1: the median, and for each value that of the others; NaN where there are none."""
    ordered, count = _ordered(values, 1)
    half = count // 2
    before, middle, after = (_nth(ordered, np.maximum(half + shift, 0)) for shift in (-1, 0, 1))
    before, middle, after, odd = (each[:, None] for each in (before, middle, after, count % 2 == 1))
    of_odd = np.where(values < middle, middle + after, np.where(values > middle, before + middle, before + after)) / 2
    of_even = np.where(values <= before, middle, before)
    others = np.where(odd, of_odd, of_even)
    return _median_of(ordered, count), np.where((count > 1)[:, None] & np.isfinite(values), others, np.nan)


def _ordered(values: Numbers, axis: int) -> tuple[Numbers, NDArray[np.int64]]:
    """Sorted along `axis`, which becomes the second one; NaN come last. And how many are finite."""
    values = np.sort(np.moveaxis(values, axis, 1), axis=1)
    return values, np.isfinite(values).sum(axis=1)


def _median_of(ordered: Numbers, count: NDArray[np.int64]) -> Numbers:
    return (_nth(ordered, np.maximum(count - 1, 0) // 2) + _nth(ordered, np.maximum(count // 2, 0))) / 2


def _nth(ordered: Numbers, place: NDArray[np.int64]) -> Numbers:
    place = np.minimum(place, ordered.shape[1] - 1)
    return np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]


def _mean(values: Numbers, axis: int | tuple[int, ...]) -> Numbers:
    """Of what is finite; NaN where nothing is."""
    count = np.isfinite(values).sum(axis=axis)
    return np.where(count > 0, np.nansum(values, axis=axis) / np.maximum(count, 1), np.nan)
