"""Counters (kWh, m³, pulses): what only grows, until the meter is changed or its digits are used up. Pure.

A value clearly below the one before is a restart, of which nobody knows how much was counted meanwhile: it counts as nothing.
What follows goes on from there, so that slopes are those of consumption. No restart are a reading far above the others when the
next is back among them, and a meter that stands at some lower number, as one that cannot be reached answers 0, once it is back.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import NEVER, by_row

FALL = 0.1
"""A smaller part of the value before is a correction and no restart, as Home Assistant has it (`total_increasing`)."""
HOUR = 3_600_000_000
"""µs."""
GRACE = 60_000_000
"""A reading so shortly before an hour is over is that of the next one: clocks of meters are not that good. One minute, as the
roll-ups have."""
SHORTEST, LONGEST = HOUR // 2, HOUR + HOUR // 2
"""Two readings that are nearer or further apart do not tell the consumption of an hour."""


Instants = TypeVar("Instants", int, NDArray[np.int64])
"""µs: one, or a column of them."""


class Counted(NamedTuple):
    """Of readings: `value` without restarts, which is by `lost` more than what the meter shows."""

    value: NDArray[np.float64]
    lost: NDArray[np.float64]


class Counting:
    """What the counters among some points have counted. `counter` bool by point row."""

    def __init__(self, counter: NDArray[np.bool_]) -> None:
        self._counter = counter
        self._any = bool(counter.any())
        self._before, self._last = np.full((2, len(counter)), np.nan)
        """The last two readings of each point."""
        self._lost = np.zeros(len(counter))
        """By how much the meter's number is behind what was counted."""
        self._peak, self._undone = np.full((2, len(counter)), np.nan)
        """What the meter showed before it restarted, and what was lost by then, while it stands where it restarted."""
        self._uneven = np.zeros(len(counter), bool)

    def counted(self, point: NDArray[np.intp], value: NDArray[np.float64]) -> Counted | None:
        """Usable readings of points, each point's in order: those of others as they are; None where no counter is among them."""
        if not self._any or not len(mine := self._counter.take(point).nonzero()[0]):
            return None
        found = Counted(value.copy(), np.zeros(len(value)))
        order = by_row(point[mine])
        mine = mine[order]
        row, read = point[mine], value[mine]
        new = np.append(True, row[1:] != row[:-1])
        last = np.where(new, self._last.take(row), np.roll(read, 1))
        uneven = (last - read > FALL * np.abs(last)) | ~np.isnan(self._peak.take(row))
        if uneven.any():
            self._uneven[row[uneven]] = True
            slow = self._uneven.take(row)
            self._uneven[row] = False
            self._in_turn(found, mine[slow], row[slow], new[slow])
            if slow.all():
                return found
            even = ~slow
            mine, row, read, new, last = mine[even], row[even], read[even], new[even], last[even]
        lost = self._lost.take(row)
        found.value[mine], found.lost[mine] = read + lost, lost
        newest = np.append(new[1:], True)
        self._before[row[newest]], self._last[row[newest]] = last[newest], read[newest]
        return found

    def _in_turn(self, found: Counted, mine: NDArray[np.intp], row: NDArray[np.intp], new: NDArray[np.bool_]) -> None:
        """Count one reading of each point at a time: what a fall was hangs on what the next reading says."""
        here = np.arange(len(row))
        turn = here - np.maximum.accumulate(np.where(new, here, 0))
        order = np.argsort(turn, kind="stable")
        for now in np.split(order, np.cumsum(np.bincount(turn))[:-1]):
            found.value[mine[now]], found.lost[mine[now]] = self._count(row[now], found.value[mine[now]])

    def _count(self, row: NDArray[np.intp], read: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One reading of each of some distinct points."""
        last, lost, undone = self._last[row], self._lost[row], self._undone[row]
        peak = self._peak[row]
        fall, back = last - read, read >= peak
        restarted = (fall > FALL * np.abs(last)) & ~(read >= self._before[row])
        now = np.where(restarted, lost + fall, np.where(back, undone, lost))
        self._peak[row] = np.where(restarted, last, np.where(read == last, peak, np.nan))
        self._undone[row] = np.where(restarted, lost, undone)
        # Whoever is back was among the others before, not where it stood meanwhile.
        self._before[row], self._last[row], self._lost[row] = np.where(back, peak, last), read, now
        return read + now, now


class Hourly(NamedTuple):
    """What counters consumed in hours: place of the reading that ends each, rate per hour, and when the hour began (µs)."""

    place: NDArray[np.intp]
    rate: NDArray[np.float64]
    began: NDArray[np.int64]


class Consumption:
    """What some counters consume in each hour: from the first reading of one hour to the first of the next.

    Nothing is said of an hour in which the counter restarted, nor of one whose readings are too far apart.
    """

    def __init__(self, size: int) -> None:
        self._at = np.full(size, NEVER)
        self._value, self._lost = np.zeros((2, size))
        self._first = np.zeros(size, bool)
        """The reading that began each row's newest hour, and whether it is known that it did: of the very first it is not."""

    def hourly(self, row: NDArray[np.intp], at: NDArray[np.int64], counted: Counted) -> Hourly:
        """Of readings, each row's in order."""
        order = by_row(row)
        ordered, hour, before = row[order], begun(at[order]), self._at.take(row[order])
        later = (before == NEVER) | (hour > begun(np.maximum(before, 0)))
        place = order[later & np.append(True, (ordered[1:] != ordered[:-1]) | (hour[1:] != hour[:-1]))[: len(order)]]
        if not len(place):
            return Hourly(place, np.empty(0), np.empty(0, np.int64))
        row = row[place]
        new, last = np.append(True, row[1:] != row[:-1]), np.append(row[1:] != row[:-1], True)
        columns = (at[place], counted.value[place], counted.lost[place])
        known = np.where(new, self._first.take(row), np.where(np.roll(new, 1), np.roll(self._at.take(row) != NEVER, 1), True))
        self._first[row[last]] = ~new[last] | (self._at.take(row[last]) != NEVER)
        earlier = []
        for column, kept in zip(columns, (self._at, self._value, self._lost), strict=True):
            earlier.append(np.where(new, kept.take(row), np.roll(column, 1)))
            kept[row[last]] = column[last]
        began = np.where(known, earlier[0], columns[0])
        span = columns[0] - began
        told = ((span >= SHORTEST) & (span <= LONGEST) & (columns[2] == earlier[2])).nonzero()[0]
        return Hourly(place[told], (columns[1] - earlier[1])[told] * (HOUR / span[told]), begun(began[told]))


def begun(at: Instants) -> Instants:
    """The beginning of the hour that a reading of each instant counts for."""
    return (at + GRACE) // HOUR * HOUR


def over(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """From when on a reading counts for a later hour than one of each instant."""
    return begun(at) + HOUR - GRACE


def consumed(
    point: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """What counters (ids) consumed: (point, beginning of the hour, rate per hour), of the first readings of past hours."""
    points, row = np.unique(point, return_inverse=True)
    counted = Counting(np.ones(len(points), bool)).counted(row, value)
    if counted is None:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    found = Consumption(len(points)).hourly(row, at, counted)
    return point[found.place], found.began, found.rate
