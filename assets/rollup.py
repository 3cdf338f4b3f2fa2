"""Rolls readings up by minute while they pass: one open minute per row, closed ones handed out. Pure: NumPy only.

What is handed out is partial by nature (a late reading belongs to a minute that was closed before) and is merged by whoever
stores it: minimum of minima, maximum of maxima, sum of totals and of counts. Cutting the readings into other batches gives
other parts of the same whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINUTE = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Aggregates:
    """Equal-length columns. `key` int64 (a row, or a point id), `minute` int64 µs (its beginning), `minimum`, `maximum`,
    `total` float64, `count` int64."""

    key: NDArray[np.int64]
    minute: NDArray[np.int64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    total: NDArray[np.float64]
    count: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.key)

    @classmethod
    def concatenate(cls, parts: Iterable[Aggregates]) -> Aggregates:
        full = [part for part in parts if len(part)]
        if not full:
            integers, floats = np.empty(0, np.int64), np.empty(0, np.float64)
            return cls(integers, integers, floats, floats, floats, integers)
        return cls(
            key=np.concatenate([part.key for part in full]),
            minute=np.concatenate([part.minute for part in full]),
            minimum=np.concatenate([part.minimum for part in full]),
            maximum=np.concatenate([part.maximum for part in full]),
            total=np.concatenate([part.total for part in full]),
            count=np.concatenate([part.count for part in full]),
        )

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Aggregates:
        return Aggregates(
            self.key[index], self.minute[index], self.minimum[index], self.maximum[index], self.total[index], self.count[index]
        )

    def split(self, before: int) -> tuple[Aggregates, Aggregates]:
        """(those of minutes that begin before `before`, the others)."""
        early = self.minute < before
        return self.take(early), self.take(~early)


class Rollup:
    """One open minute for each of `rows` rows."""

    def __init__(self, rows: int) -> None:
        self._minute = np.zeros(rows, np.int64)
        self._minimum = np.zeros(rows, np.float64)
        self._maximum = np.zeros(rows, np.float64)
        self._total = np.zeros(rows, np.float64)
        self._count = np.zeros(rows, np.int64)

    def absorb(self, rows: NDArray[np.int32], at: NDArray[np.int64], value: NDArray[np.float64]) -> Aggregates:
        """Take readings in; returns the minutes this closed, and parts of minutes that were closed before. NaN is passed over."""
        usable = np.isfinite(value)
        if not usable.all():
            rows, at, value = rows[usable], at[usable], value[usable]
        if not len(rows):
            return Aggregates.concatenate(())
        grouped = _group(rows, _minutes(at), value)
        handed_out = []
        while len(grouped):
            # Runs are ordered by row, then arrival: each turn takes the first of every row.
            first = np.ones(len(grouped), np.bool_)
            first[1:] = grouped.key[1:] != grouped.key[:-1]
            turn, grouped = grouped.take(first), grouped.take(~first)
            handed_out.append(self._merge(turn))
        return Aggregates.concatenate(handed_out)

    def _merge(self, turn: Aggregates) -> Aggregates:
        """Merge at most one group per row; returns what that closed and what came late."""
        late = turn.minute < self._minute[turn.key]
        came_late, turn = turn.take(late), turn.take(~late)
        newer = turn.key[(turn.minute > self._minute[turn.key]) & (self._count[turn.key] > 0)]
        closed = self._take_out(newer)
        begun = turn.key[self._count[turn.key] == 0]
        self._minimum[begun], self._maximum[begun], self._total[begun] = np.inf, -np.inf, 0.0
        rows = turn.key
        self._minute[rows] = turn.minute
        self._minimum[rows] = np.minimum(self._minimum[rows], turn.minimum)
        self._maximum[rows] = np.maximum(self._maximum[rows], turn.maximum)
        self._total[rows] += turn.total
        self._count[rows] += turn.count
        return Aggregates.concatenate((closed, came_late))

    def close_before(self, minute: int) -> Aggregates:
        """Hand out every open minute that begins before `minute` (µs)."""
        return self._take_out(np.flatnonzero((self._count > 0) & (self._minute < minute)))

    def _take_out(self, rows: NDArray[np.int64]) -> Aggregates:
        taken = Aggregates(
            rows, self._minute[rows], self._minimum[rows], self._maximum[rows], self._total[rows], self._count[rows]
        )
        self._count[rows] = 0
        return taken


def _group(rows: NDArray[np.int32], minute: NDArray[np.int64], value: NDArray[np.float64]) -> Aggregates:
    """One aggregate per run of one (row, minute), ordered by row; a row's runs stay in their order of arrival."""
    # Sorting (row, position) as one integer is several times quicker than a stable argsort of the rows.
    key = (rows.astype(np.int64) << 32) | np.arange(len(rows), dtype=np.int64)
    key.sort()
    order = key & 0xFFFFFFFF
    key >>= 32
    minute, value = minute[order], value[order]
    edge = np.ones(len(key), np.bool_)
    edge[1:] = (key[1:] != key[:-1]) | (minute[1:] != minute[:-1])
    start = np.flatnonzero(edge)
    if len(start) == len(key):
        return Aggregates(key, minute, value, value, value, np.ones(len(key), np.int64))
    return Aggregates(
        key[start], minute[start], np.minimum.reduceat(value, start), np.maximum.reduceat(value, start),
        np.add.reduceat(value, start), np.diff(np.append(start, len(key))),
    )  # fmt: skip


def _minutes(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Beginning of each instant's minute; most batches lie within one, and a division per reading is dear."""
    first, last = int(at.min()) // MINUTE, int(at.max()) // MINUTE
    return np.full(len(at), first * MINUTE) if first == last else at // MINUTE * MINUTE
