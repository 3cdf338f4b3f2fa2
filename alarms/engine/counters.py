"""Counters (kWh, m³, pulses): what only grows, until the meter is changed or its digits are used up. Pure.

A value below the one before is a restart, of which nobody knows how much was counted meanwhile: it counts as nothing. What
follows goes on from there, so that slopes are those of consumption.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import by_row


class Counting:
    """What the counters among some points have counted. `counter` bool by point row."""

    def __init__(self, counter: NDArray[np.bool_]) -> None:
        self._counter = counter
        self._any = bool(counter.any())
        self._last = np.full(len(counter), np.nan)
        self._lost = np.zeros(len(counter))
        """By how much the meter's number is behind what was counted."""

    def counted(self, point: NDArray[np.intp], value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Usable readings of points, each point's in order: as they are, of counters without their restarts."""
        if not self._any or not len(mine := self._counter.take(point).nonzero()[0]):
            return value
        order = by_row(point[mine])
        mine = mine[order]
        row, read = point[mine], value[mine]
        first = np.concatenate(([True], row[1:] != row[:-1]))
        before = np.where(first, self._last.take(row), np.concatenate(([np.nan], read[:-1])))
        fall = np.where(read < before, before - read, 0.0)
        fallen, begins = fall.cumsum(), first.nonzero()[0]
        earlier = np.repeat(fallen[begins] - fall[begins], np.diff(np.append(begins, len(row))))
        lost = self._lost.take(row) + fallen - earlier
        self._last[row], self._lost[row] = read, lost
        found = value.copy()
        found[mine] = read + lost
        return found
