"""Floods: more annunciations than somebody can take in. A window of ten minutes slides over them. Pure."""

from collections import deque

import msgspec

from reports.columns import TEN_MINUTES, Ints
from reports.definitions import Definitions


class Flood(msgspec.Struct, frozen=True):
    """From the first annunciation of the window that was too full until the window was nearly empty again; µs.

    `first` is the place of its first annunciation, `peak` the most within ten minutes.
    """

    begin: int
    end: int
    count: int
    peak: int
    first: int


def floods(at: Ints, end: int, definitions: Definitions) -> list[Flood]:
    """Those of annunciations in order of time, in a period that ends at `end`.

    One begins when the ten minutes up to an annunciation, itself included, hold more than `flood_above`; it ends at the first
    instant whose last ten minutes hold fewer than `flood_below`.
    """
    found: list[Flood] = []
    window: deque[int] = deque()
    begin = first = count = peak = 0
    in_flood = False
    for place, moment in enumerate(at.tolist()):
        if in_flood and (over := _over(window, moment, definitions.flood_below)) is not None:
            found.append(Flood(begin, over, count, peak, first))
            in_flood = False
        while window and window[0] <= moment - TEN_MINUTES:
            window.popleft()
        window.append(moment)
        if in_flood:
            count, peak = count + 1, max(peak, len(window))
        elif len(window) > definitions.flood_above:
            in_flood, begin, count, peak = True, window[0], len(window), len(window)
            first = place - len(window) + 1
    if in_flood:
        over = _over(window, end, definitions.flood_below)
        found.append(Flood(begin, end if over is None else over, count, peak, first))
    return found


def _over(window: deque[int], moment: int, below: int) -> int | None:
    """When, at `moment` at the latest, fewer than `below` were left; None: there are as many still."""
    if len(window) < below:
        return window[-1]
    leaves = window[len(window) - below] + TEN_MINUTES
    return leaves if leaves <= moment else None
