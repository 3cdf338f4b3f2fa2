"""How much of a period assets were there: everything less the times at which an alarm said that they were not. Pure."""

from typing import NamedTuple

import numpy as np

from reports.columns import Ints


class Down(NamedTuple):
    """Times at which assets were down, in columns: asset, begin and end in µs; they may overlap."""

    asset: Ints
    begin: Ints
    end: Ints


def down_time(down: Down, begin: int, end: int) -> dict[int, int]:
    """µs within [begin, end) that each asset was down, by id; what overlaps counts once."""
    first, last = np.maximum(down.begin, begin), np.minimum(down.end, end)
    kept = np.flatnonzero(last > first)
    order = kept[np.lexsort((first[kept], down.asset[kept]))]
    total: dict[int, int] = {}
    reached: dict[int, int] = {}
    for asset, since, until in zip(down.asset[order].tolist(), first[order].tolist(), last[order].tolist(), strict=True):
        since = max(since, reached.get(asset, begin))
        if until > since:
            total[asset] = total.get(asset, 0) + until - since
            reached[asset] = until
    return total


def availability(assets: int, down: int, span: int) -> float | None:
    """The share of the time of these assets at which they were up; `down` is the sum of all of theirs."""
    return 1 - down / (assets * span) if assets and span > 0 else None
