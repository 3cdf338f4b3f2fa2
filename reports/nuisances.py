"""Alarms that ask for nothing: they chatter, they are gone before anybody looks, they only repeat another. Pure."""

import msgspec
import numpy as np

from reports.columns import NONE, SECOND, Columns, Ints, Mask
from reports.definitions import Definitions
from reports.story import RAISED


def chattering(told: Columns, definitions: Definitions) -> Mask:
    """Which annunciations belong to `chattering_times` raises or more of the same alarm within `chattering_within`."""
    marked = np.zeros(len(told), bool)
    raised = np.flatnonzero(told.cause == RAISED)
    order = raised[np.lexsort((told.at[raised], told.same[raised]))]
    times, within = definitions.chattering_times, definitions.chattering_within * SECOND
    if len(order) < times:
        return marked
    same, at = told.same[order], told.at[order]
    runs = np.flatnonzero((same[times - 1 :] == same[: -(times - 1)]) & (at[times - 1 :] - at[: -(times - 1)] <= within))
    for step in range(times):
        marked[order[runs + step]] = True
    return marked


def fleeting(told: Columns, definitions: Definitions) -> Mask:
    """Which were over within `fleeting_below` of their beginning and did not come again within `fleeting_apart` of their end."""
    short: Mask = (
        (told.returned != NONE) & (told.returned - told.began < definitions.fleeting_below * SECOND) & (told.cause == RAISED)
    )
    if not short.any():
        return short
    order = np.lexsort((told.began, told.same))
    same, began = told.same[order], told.began[order]
    follows = np.full(len(told), np.iinfo(np.int64).max)
    next_of_same = np.flatnonzero(same[1:] == same[:-1])
    follows[order[next_of_same]] = began[next_of_same + 1]
    alone: Mask = follows - told.returned > definitions.fleeting_apart * SECOND
    return short & alone


class Together(msgspec.Struct, frozen=True):
    """`other` was annunciated shortly before in `share` of the `count` times (of `same`): one of the two says nothing new."""

    same: int
    other: int
    count: int
    share: float


FEW = 5
"""Annunciations below which nothing can be said of two alarms."""
LOOKED_AT = 400
"""Annunciations of one alarm that are looked at, spread over the period: beyond that the share does not change."""


def together(told: Columns, asked: Ints, definitions: Definitions) -> list[Together]:
    """For each of the alarms asked for, the one that most often came within `together_within` before it; if it often did."""
    found = []
    for same in asked.tolist():
        places = np.flatnonzero(told.same == same)
        if len(places) < FEW:
            continue
        places = places[:: max(1, len(places) // LOOKED_AT)]
        begin = np.searchsorted(told.at, told.at[places] - definitions.together_within * SECOND, "left")
        seen: dict[int, int] = {}
        for first, last in zip(begin.tolist(), places.tolist(), strict=True):
            for other in set(told.same[first:last].tolist()) - {same}:
                seen[other] = seen.get(other, 0) + 1
        if seen:
            other, times = max(seen.items(), key=lambda each: (each[1], -each[0]))
            if times * 100 >= definitions.together_share * len(places):
                found.append(Together(same, other, len(places), times / len(places)))
    return found
