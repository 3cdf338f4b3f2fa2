"""Each point's own clock: which readings count, when its newest one was taken, and how late it reached us."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

APPLIED, LATE, DUPLICATE, FUTURE, UNKNOWN = 0, 1, 2, 3, 4

TOLERANCE = 5 * 60_000_000
"""A reading stamped further than this ahead of its reception is quarantined: its station's clock is wrong."""

NEVER = np.iinfo(np.int64).min
"""The instant before any reading."""
FOREVER = np.iinfo(np.int64).max
"""The instant after all."""


@dataclass(frozen=True, slots=True, eq=False)
class Sorting:
    """What became of each reading of a batch: `verdict` uint8, one of the five above, in the batch's order.

    APPLIED    newer than all before it of its point: judged
    LATE       older than its point's newest: to be stored, not judged
    DUPLICATE  as old as its point's newest: neither stored nor judged
    FUTURE     more than TOLERANCE ahead of its reception: to be quarantined
    UNKNOWN    its point is not in the register
    """

    verdict: NDArray[np.uint8]
    clean: bool
    """True when all were applied: the batch can be stored as it is."""

    @property
    def storable(self) -> NDArray[np.bool_]:
        """Mask of what belongs into history: applied and late."""
        return self.verdict <= LATE

    def counts(self) -> dict[str, int]:
        """How many of each, by name."""
        names = ("applied", "late", "duplicate", "future", "unknown")
        return dict(zip(names, np.bincount(self.verdict, minlength=len(names)).tolist(), strict=True))


def sort_out(
    rows: NDArray[np.intp],
    at: NDArray[np.int64],
    received: NDArray[np.int64],
    newest: NDArray[np.int64],
    scratch: NDArray[np.int32] | None = None,
) -> tuple[Sorting, bool]:
    """Judge which readings count, in order, against each row's newest instant (`newest`, µs by row, NEVER for none).

    Pure: `newest` is only read. A row of -1 is an unknown point. Also tells whether some row occurs more than once.
    `scratch` may be any int32 array as long as `newest`; giving one spares an allocation.
    """
    verdict = np.zeros(len(rows), np.uint8)
    clean = True
    # count_nonzero and nonzero()[0] rather than any() and flatnonzero(): on a small batch the call is the cost.
    unknown = rows < 0
    if np.count_nonzero(unknown):
        verdict[unknown] = UNKNOWN
        clean = False
    ahead = at - received > TOLERANCE
    if np.count_nonzero(ahead):
        verdict[ahead & ~unknown] = FUTURE
        clean = False
    if not clean:
        index = (verdict == APPLIED).nonzero()[0]
        inner, repeated = sort_out(rows[index], at[index], received[index], newest, scratch)
        verdict[index] = inner.verdict
        return Sorting(verdict, False), repeated

    before = newest.take(rows)
    repeated = _repeats(rows, np.empty(len(newest), np.int32) if scratch is None else scratch)
    if repeated:
        np.maximum(before, _newest_so_far(rows, at), out=before)
    if np.count_nonzero(at <= before):
        verdict[at < before] = LATE
        verdict[at == before] = DUPLICATE
        clean = False
    return Sorting(verdict, clean), repeated


def _repeats(rows: NDArray[np.intp], scratch: NDArray[np.int32]) -> bool:
    """Whether a row occurs twice: the last to write its place overwrote the first. Rows that only rise need not be asked."""
    if np.count_nonzero(rows[1:] > rows[:-1]) == len(rows) - 1:
        return False
    place = np.arange(len(rows), dtype=np.int32)
    scratch[rows] = place
    return bool(np.count_nonzero(scratch.take(rows) != place))


def by_row(rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """The stable order of positions by row. Sorting (row, position) as one integer is far quicker than a stable argsort."""
    key = (rows.astype(np.int64) << 32) | np.arange(len(rows), dtype=np.int64)
    key.sort()
    return key & 0xFFFFFFFF


def _newest_so_far(rows: NDArray[np.intp], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each reading, the newest instant among the readings of its row that precede it in this batch."""
    order = by_row(rows)
    sorted_rows, sorted_at = rows[order], at[order]
    same = sorted_rows[1:] == sorted_rows[:-1]
    so_far = np.full(len(rows), NEVER, np.int64)
    if (~same | (sorted_at[1:] >= sorted_at[:-1])).all():
        so_far[order[1:][same]] = sorted_at[:-1][same]
        return so_far
    # Ranks of instants, shifted by row, rise from one row to the next: one running maximum serves all rows.
    instants, rank = np.unique(sorted_at, return_inverse=True)
    shift = sorted_rows.astype(np.int64) * len(instants)
    running = np.maximum.accumulate(shift + rank)[:-1]
    so_far[order[1:][same]] = instants[(running - shift[:-1])[same]]
    return so_far


class Clock:
    """Per row: `newest`, when its newest reading was taken, and `heard`, when that one was received (int64 µs).

    The rows of points, and after them those of what is derived of points, whose clocks move when a value is derived.
    """

    def __init__(self, size: int) -> None:
        self.newest = np.full(size, NEVER, np.int64)
        self.heard = np.full(size, NEVER, np.int64)
        self._scratch = np.empty(size, np.int32)

    def take(
        self,
        rows: NDArray[np.intp],
        at: NDArray[np.int64],
        received: NDArray[np.int64],
        retained: NDArray[np.bool_] | None = None,
    ) -> tuple[Sorting, NDArray[np.intp] | None, bool]:
        """Sort a batch out and move the clocks on; of what is `retained`, the clock of the readings alone.

        Gives the sorting, the positions applied (None: all of them), and whether some row may occur twice among them.
        """
        sorting, repeated = sort_out(rows, at, received, self.newest, self._scratch)
        applied = None if sorting.clean else (sorting.verdict == APPLIED).nonzero()[0]
        if applied is not None:
            rows, at, received = rows[applied], at[applied], received[applied]
        if retained is None:
            self.move(rows, at, received)
        else:
            said = ~(retained if applied is None else retained[applied])
            self.newest[rows] = at
            self.heard[rows[said]] = received[said]
        return sorting, applied, repeated

    def move(self, rows: NDArray[np.intp], at: NDArray[np.int64], received: NDArray[np.int64]) -> None:
        """Readings of a row rise in time, so the last one written is the newest."""
        self.newest[rows] = at
        self.heard[rows] = received

    def lag(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """How long the newest reading of each row took to reach us, µs, at least 0; 0 where there was none."""
        late: NDArray[np.int64] = np.maximum(self.heard[rows] - self.newest[rows], 0)
        return late
