"""Supervisors that speak while nothing of what they say can be used: not heard, and not silent either.

Mostly their clock is wrong: a reading of tomorrow is refused, however right its value.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import NEVER

SILENT = NEVER
"""In the place of how far a clock is ahead: nothing came at all."""


class Speech:
    """When something came of each feed and of each point that could not be used, and by how much its time was ahead (µs; behind
    when negative, 0 when the time is not what is wrong).
    """

    def __init__(self, feeds: int, rows: int) -> None:
        self._feed_at, self._feed_ahead = np.full(feeds, NEVER), np.zeros(feeds, np.int64)
        self._row_at, self._row_ahead = np.full(rows, NEVER), np.zeros(rows, np.int64)
        self.any = False

    def note(self, feed: int, received: int, ahead: int, rows: Mapping[int, int]) -> None:
        """A message of a feed (row) brought nothing that can be used, or of these points (row: ahead) nothing."""
        self.any = True
        self._feed_at[feed], self._feed_ahead[feed] = received, ahead
        for row, by in rows.items():
            self._row_at[row], self._row_ahead[row] = received, by

    def of_feed(self, feed: int, since: int) -> tuple[int, int]:
        """(when, ahead) of the last that came of a feed and could not be used after `since`; SILENT as the second if nothing."""
        if self._feed_at[feed] <= since:
            return NEVER, SILENT
        return int(self._feed_at[feed]), int(self._feed_ahead[feed])

    def of_rows(self, rows: NDArray[np.int32], since: int) -> tuple[int, int]:
        """The same of some points."""
        last = rows[self._row_at[rows].argmax()]
        if self._row_at[last] <= since:
            return NEVER, SILENT
        return int(self._row_at[last]), int(self._row_ahead[last])


def same(one: int, other: int) -> bool:
    """Whether two accounts of a clock need one sentence: both silent, both ahead, both behind, or neither of them."""
    return (one == SILENT) == (other == SILENT) and (one == SILENT or np.sign(one) == np.sign(other))
