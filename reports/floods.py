"""Floods: more annunciations than somebody can take in. A window of ten minutes slides over them. Pure."""

import msgspec
import numpy as np

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
    places = np.arange(len(at))
    oldest = np.searchsorted(at, at - TEN_MINUTES, "right")
    inside = places - oldest + 1
    full = places[inside > definitions.flood_above]
    below = definitions.flood_below
    # Before an annunciation the window had fallen below when the last but so many had left by then.
    ends = places[below:][at[below:] - at[:-below] >= TEN_MINUTES]
    found: list[Flood] = []
    place = 0
    while (next_ := int(np.searchsorted(full, place))) < len(full):
        start = int(full[next_])
        later = int(np.searchsorted(ends, start, "right"))
        place = int(ends[later]) if later < len(ends) else len(at)
        over = min(int(at[place - below]) + TEN_MINUTES, end)
        first = int(oldest[start])
        found.append(Flood(int(at[first]), over, place - first, int(inside[start:place].max()), first))
    return found
