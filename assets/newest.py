"""The newest readings of every row, in memory, and which of them have moved since they were last stored. Pure."""

import numpy as np
from numpy.typing import NDArray

from assets import trend
from assets.readings import BAD, Readings


class Newest:
    """Columns by register row; `at` is 0 where nothing was ever read."""

    def __init__(self, rows: int) -> None:
        self.at = np.zeros(rows, np.int64)
        self.received = np.zeros(rows, np.int64)
        self.value = np.zeros(rows, np.float64)
        self.quality = np.zeros(rows, np.uint8)
        self._moved = np.zeros(rows, np.bool_)
        self._last = np.full((trend.DEPTH, rows), np.nan)
        """The last values that are not bad, a ring per row."""
        self._next = np.zeros(rows, np.int8)
        """Where in its ring the next value of a row goes."""

    def note(self, rows: NDArray[np.int32], readings: Readings) -> None:
        """Take in a batch that was applied: known rows, and each row's readings in order of time."""
        self.at[rows] = readings.at  # of several readings of one row, the last one stays
        self.received[rows] = readings.received
        self.value[rows] = readings.value
        self.quality[rows] = readings.quality
        self._moved[rows] = True
        self._remember(rows, readings)

    def _remember(self, rows: NDArray[np.int32], readings: Readings) -> None:
        """Put values into the rings: one of each row in a pass, the last ones of a row that has many."""
        usable = np.flatnonzero(readings.quality != BAD)
        rows, values = rows[usable], readings.value[usable]
        passes: list[tuple[NDArray[np.int32], NDArray[np.float64]]] = []
        place = np.empty(len(self.at), np.int32)
        while len(rows) and len(passes) < trend.DEPTH:
            order = np.arange(len(rows), dtype=np.int32)
            place[rows] = order
            last = place[rows] == order
            passes.append((rows[last], values[last]))
            rows, values = rows[~last], values[~last]
        for each, value in reversed(passes):
            self._last[self._next[each], each] = value
            self._next[each] = (self._next[each] + 1) % trend.DEPTH

    def seed(self, rows: NDArray[np.int32], readings: Readings) -> None:
        """As `note`, for what is stored already; unknown rows (-1) are passed over."""
        known = np.flatnonzero(rows >= 0)
        self.note(rows[known], readings.take(known))
        self._moved[:] = False

    def take_changed(
        self, point_id: NDArray[np.int64], among: NDArray[np.int32] | None = None
    ) -> tuple[Readings, NDArray[np.int8]]:
        """The rows that moved since they were last taken, all or those `among` these: readings of their points, and trends."""
        rows = np.flatnonzero(self._moved) if among is None else np.unique(among).astype(np.intp)
        rows = rows[self._moved[rows]]
        self._moved[rows] = False
        newest = Readings(point_id[rows], self.at[rows], self.value[rows], self.quality[rows], self.received[rows])
        return newest, self._trends(rows)

    def _trends(self, rows: NDArray[np.intp]) -> NDArray[np.int8]:
        order = (self._next[rows] + np.arange(trend.DEPTH)[:, None]) % trend.DEPTH  # the next to be overwritten is the oldest
        return trend.trends(self._last[order, rows])

    def lag(self, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """µs by which each row's newest reading was late, negative of a clock that is ahead, 0 where nothing is known."""
        late: NDArray[np.int64] = self.received[rows] - self.at[rows]
        return late
