"""The newest reading of every row, in memory, and which of them have moved since they were last stored. Pure."""

import numpy as np
from numpy.typing import NDArray

from assets.readings import Readings


class Newest:
    """Columns by register row; `at` is 0 where nothing was ever read."""

    def __init__(self, rows: int) -> None:
        self.at = np.zeros(rows, np.int64)
        self.received = np.zeros(rows, np.int64)
        self.value = np.zeros(rows, np.float64)
        self.quality = np.zeros(rows, np.uint8)
        self._moved = np.zeros(rows, np.bool_)

    def note(self, rows: NDArray[np.int32], readings: Readings) -> None:
        """Take in a batch that was applied: known rows, and each row's readings in order of time."""
        self.at[rows] = readings.at  # of several readings of one row, the last one stays
        self.received[rows] = readings.received
        self.value[rows] = readings.value
        self.quality[rows] = readings.quality
        self._moved[rows] = True

    def seed(self, rows: NDArray[np.int32], readings: Readings) -> None:
        """As `note`, for what is stored already; unknown rows (-1) are passed over."""
        known = np.flatnonzero(rows >= 0)
        self.note(rows[known], readings.take(known))
        self._moved[:] = False

    def take_changed(self, point_id: NDArray[np.int64], among: NDArray[np.int32] | None = None) -> Readings:
        """The rows that moved since they were last taken, all or those `among` these, as readings of their points."""
        rows = np.flatnonzero(self._moved) if among is None else np.unique(among)
        self._moved[rows] = False
        return Readings(point_id[rows], self.at[rows], self.value[rows], self.quality[rows], self.received[rows])

    def lag(self, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """µs by which each row's newest reading was late, 0 where nothing is known."""
        return np.maximum(self.received[rows] - self.at[rows], 0)
