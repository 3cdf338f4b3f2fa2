"""The recent past of points, in bounded memory: the last reading of each slot of a window. Slopes over it, plain and robust.

A window is cut into SLOTS slots, aligned on the epoch; of each slot the last reading counts. So a window of an hour keeps a
sample every two minutes, whether its point speaks every second or every minute.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import NEVER

SLOTS = 30
_RING = 32
"""A window touches one slot more than it is cut into; a power of two makes places cheap."""
FEWEST = 3
"""Samples below which there is no slope; besides, they must span half of the window."""
_CHUNK = 256
_PAIRS = np.triu_indices(_RING, 1)


class Samples(NamedTuple):
    """Of m windows, (m, ring): which samples lie in them, and their seconds and values relative to the reading; 0 elsewhere.

    And (m,): how many they are.
    """

    inside: NDArray[np.bool_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    counts: NDArray[np.int64]

    def take(self, index: NDArray[np.intp]) -> Samples:
        return Samples(self.inside[index], self.x[index], self.y[index], self.counts[index])


class Windows:
    """Windows of V rows. `window` int64 µs by row.

    Readings within the newest slot of a row may pass by; before the next `put` the last of them is made known by `renew`.
    """

    def __init__(self, window: NDArray[np.int64]) -> None:
        self.window = window
        self.slot = -(-window // SLOTS)
        self._at = np.full((len(window), _RING), NEVER)
        self._value = np.zeros((len(window), _RING))
        self._newest = np.full(len(window), NEVER)
        self._last_at = np.full(len(window), NEVER)
        self._last_value = np.zeros(len(window))

    def put(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Take in one reading of each of some distinct rows; tells which of them begin a slot."""
        slot = at // self.slot[row]
        first: NDArray[np.bool_] = slot != self._newest[row]
        turned = row[first]
        self._settle(turned)
        self._newest[turned] = slot[first]
        self.renew(row, at, value)
        return first

    def renew(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        """Take in readings, in order, that belong to the newest slots of their rows."""
        self._last_at[row] = at
        self._last_value[row] = value

    def _settle(self, row: NDArray[np.intp]) -> None:
        """Put the newest sample of each row in its slot's place."""
        place = self._newest[row] % _RING
        self._at[row, place] = self._last_at[row]
        self._value[row, place] = self._last_value[row]

    def slot_end(self, row: NDArray[np.intp]) -> NDArray[np.int64]:
        """When (µs) the newest slot of each row is over."""
        return (self._newest[row] + 1) * self.slot[row]

    def samples(
        self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], Samples]:
        """Which of these readings have enough samples in (at - window, at], and the samples of all.

        `at` is that of each row's newest sample. Every pass over a ring costs as much as judging a reading: what can be done in
        place is.
        """
        self._settle(row)
        instants, y, window = self._at.take(row, axis=0), self._value.take(row, axis=0), self.window[row]
        inside = instants > (at - window)[:, None]
        outside = ~inside
        np.copyto(instants, at[:, None], where=outside)
        np.copyto(y, value[:, None], where=outside)
        instants -= at[:, None]
        y -= value[:, None]
        samples = Samples(inside, instants / 1e6, y, np.count_nonzero(inside, axis=1))
        enough = (samples.counts >= FEWEST) & (instants.min(axis=1, initial=0) * -2 >= window)
        return enough, samples


def least_squares(samples: Samples) -> NDArray[np.float64]:
    """Slope per second of each row's samples."""
    _, x, y, n = samples
    sx, sy = x.sum(axis=1), y.sum(axis=1)
    sxy, sxx = np.einsum("ij,ij->i", x, y), np.einsum("ij,ij->i", x, x)
    slope: NDArray[np.float64] = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    return slope


def robust_line(samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Theil and Sen's line: (slope per second, y at x = 0), medians over all pairs and over all samples."""
    inside, x, y, counts = samples
    slopes, levels = np.empty(len(x)), np.empty(len(x))
    low, high = _PAIRS
    for start in range(0, len(x), _CHUNK):
        part = slice(start, start + _CHUNK)
        both = inside[part][:, low] & inside[part][:, high]
        run = np.where(both, x[part][:, high] - x[part][:, low], 1.0)
        slopes[part] = slope = _median(np.where(both, (y[part][:, high] - y[part][:, low]) / run, np.inf), both.sum(axis=1))
        rest = np.where(inside[part], y[part] - slope[:, None] * x[part], np.inf)
        levels[part] = _median(rest, counts[part])
    return slopes, levels


def _median(values: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    """Median of the first `count` of each row once sorted; what is not to count is inf."""
    values.sort(axis=1)
    each = np.arange(len(values))
    return (values[each, (count - 1) // 2] + values[each, count // 2]) / 2
