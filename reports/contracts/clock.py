"""How much of a time counts: the hours of the contract, less what is excluded. Whole seconds since the epoch. Pure."""

from collections.abc import Iterable

import numpy as np

from alarms.engine.calendar import SECOND, Openings
from reports.columns import Ints

Span = tuple[int, int]
"""[begin, end)."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time, in order and without overlap."""
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[1] > span[0]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """What of some spans lies in none of the holes."""
    left, holes = merged(spans), merged(holes)
    for first, last in holes:
        left = [
            piece
            for begin, end in left
            for piece in ((begin, min(end, first)), (max(begin, last), end))
            if piece[1] > piece[0]
        ]  # fmt: skip
    return left


def length(spans: Iterable[Span]) -> int:
    return sum(end - begin for begin, end in spans)


def open_spans(hours: Openings | None, begin: int, end: int) -> list[Span]:
    """When of [begin, end) the hours count; None: always."""
    if hours is None:
        return [(begin, end)] if end > begin else []
    found, at = [], begin
    while at < end:
        boundary = hours.next(at * SECOND)
        until = end if boundary is None else min(boundary // SECOND, end)
        if hours.open(at * SECOND):
            found.append((at, until))
        at = until
    return merged(found)


class Ruler:
    """Measures how much of any span counts, of spans that count; many at once."""

    def __init__(self, counted: Iterable[Span]) -> None:
        edges = np.array(merged(counted), np.int64).reshape(-1, 2)
        self._begin, self._end = edges[:, 0], edges[:, 1]
        self._before = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._end - self._begin)))

    @property
    def whole(self) -> int:
        return int(self._before[-1])

    def upto(self, at: Ints) -> Ints:
        """Seconds that count before each of these instants."""
        place = np.searchsorted(self._begin, at, side="right")
        last = np.maximum(place - 1, 0)
        if not len(self._begin):
            return np.zeros(len(at), np.int64)
        inside = np.minimum(at, self._end[last]) - self._begin[last]
        found: Ints = np.where(place > 0, self._before[last] + inside, 0)
        return found

    def between(self, begin: Ints, end: Ints) -> Ints:
        found: Ints = np.maximum(self.upto(end) - self.upto(begin), 0)
        return found
