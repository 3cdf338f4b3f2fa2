"""History as the engine takes it: events among readings, each before the first reading that is newer, never too many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Literal

import numpy as np

from alarms.engine.facts import Happening
from alarms.pseudonyms import Pseudonyms
from assets.log import Event
from assets.readings import Readings

Clock = Literal["at", "received"]

MOST = 5_000
"""Events of one step: a month of plates holds millions, and they are read while they are judged."""


def happening(place: int, feed: int, event: Event, pseudonyms: Pseudonyms) -> Happening:
    """An event of the log or of history, as the engine takes it."""
    kept = pseudonyms.kept(event.kind, event.attributes, event.at)
    return Happening(place, feed, event.asset, event.address, event.at, event.received, event.kind, event.attributes, kept)


def interleaved(
    batches: Iterable[Readings], events: Iterable[tuple[int, Event]], pseudonyms: Pseudonyms, by: Clock = "at"
) -> Iterator[tuple[Readings, list[Happening]]]:
    """Steps of (readings, events among them). `events` are (feed, event) in the order of their instants, or of reception (`by`);
    those that are newer than all readings come last, without any. At most MOST events a step: batches are cut where they would
    be more.
    """
    coming, instant_of = iter(events), attrgetter(by)
    first = next(coming, None)
    for batch in batches:
        so_far, begin, found = np.maximum.accumulate(instant_of(batch)), 0, []
        while first is not None and len(batch) and instant_of(first[1]) <= so_far[-1]:
            place = int(np.searchsorted(so_far, instant_of(first[1])))
            if len(found) == MOST:
                yield batch.take(np.arange(begin, place)), found
                begin, found = place, []
            found.append(happening(place - begin, *first, pseudonyms))
            first = next(coming, None)
        yield batch.take(np.arange(begin, len(batch))) if begin else batch, found
    while first is not None:
        found = [happening(0, *first, pseudonyms)]
        while (first := next(coming, None)) is not None and len(found) < MOST:
            found.append(happening(0, *first, pseudonyms))
        yield Readings.empty(), found
