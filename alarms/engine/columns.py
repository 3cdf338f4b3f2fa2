"""What goes through the ladders, as columns: applied readings in, moves of alarms out. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Moves(NamedTuple):
    """Severity changes of checks, as columns; `position` is that of the reading that told (0 for timers)."""

    position: NDArray[np.int64]
    check: NDArray[np.int64]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    level: NDArray[np.int64]
    at: NDArray[np.int64]
    since: NDArray[np.int64]
    learned: NDArray[np.int64]
    value: NDArray[np.float64]
    value_at: NDArray[np.int64]
    first_value: NDArray[np.float64]
    first_at: NDArray[np.int64]

    def take(self, index: NDArray[np.intp]) -> Moves:
        return Moves._make([column.take(index) for column in self])


class Source(NamedTuple):
    """Which reading told (its position in the batch) and when it was received; of timers, 0 and now."""

    position: NDArray[np.int64]
    learned: NDArray[np.int64]

    def take(self, index: NDArray[np.intp]) -> Source:
        return Source(self.position.take(index), self.learned.take(index))


class Read(NamedTuple):
    """Applied readings by row, as columns; `usable` is false for bad quality and for what is no number."""

    position: NDArray[np.int64]
    rows: NDArray[np.intp]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    usable: NDArray[np.bool_]
    received: NDArray[np.int64]

    def take(self, index: NDArray[np.intp]) -> Read:
        return Read._make([column.take(index) for column in self])
