"""What a point usually does at each hour of the week: given to the engine as columns, looked up by instant. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HOURS = 168
REACH = 3
"""Deviations from the median that are still usual: nine days in ten of the past stayed within them."""
_QUARTER = 900
"""Seconds. Every offset from UTC in use is a whole number of quarters of an hour."""


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """One entry per point and hour of the week; columns of equal length.

    point    int64, point id
    hour     int64, 0…167 on the site's wall clock, 0 being Monday from 00:00
    median   float64, what is usual then, in the point's unit
    above    float64, a deviation above it, in the point's unit; 0 where nothing ever differed: not judged without a floor
    below    float64, a deviation below it
    weeks    int64, in how many weeks that hour was observed
    samples  int64, how many past hours tell how far the usual reaches
    """

    point: NDArray[np.int64]
    hour: NDArray[np.int64]
    median: NDArray[np.float64]
    above: NDArray[np.float64]
    below: NDArray[np.float64]
    weeks: NDArray[np.int64]
    samples: NDArray[np.int64]

    @classmethod
    def none(cls) -> Profiles:
        """Nothing is known: nothing is judged."""
        whole, real = np.empty(0, np.int64), np.empty(0)
        return cls(whole, whole, real, real, real, whole, whole)


def next_quarter(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """When the quarter of an hour of each instant is over (µs): until then the hour of the week stays what it is."""
    return (at // (_QUARTER * 1_000_000) + 1) * (_QUARTER * 1_000_000)


class HourOfWeek:
    """The hour of the week of instants on a site's wall clock. Hours follow it through daylight saving time."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._table = lru_cache(maxsize=64)(self._hours)

    def of(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """0…167 for each instant (µs)."""
        if not len(at):
            return np.empty(0, np.int64)
        quarter = at // (_QUARTER * 1_000_000)
        first, last = int(quarter.min()) // 96, int(quarter.max()) // 96
        if first == last:
            return self._table(first)[quarter - first * 96]
        if last - first < 64:
            return np.concatenate([self._table(day) for day in range(first, last + 1)])[quarter - first * 96]
        distinct, place = np.unique(quarter, return_inverse=True)
        return np.array([self._table(each // 96)[each % 96] for each in distinct.tolist()], np.int64)[place]

    def _hours(self, day: int) -> NDArray[np.int64]:
        """Of the 96 quarters of a UTC day."""
        found = []
        for quarter in range(day * 96, day * 96 + 96):
            local = dt.datetime.fromtimestamp(quarter * _QUARTER, self._zone)
            found.append(local.weekday() * 24 + local.hour)
        return np.array(found, np.int64)
