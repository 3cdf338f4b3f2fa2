"""The figures of ISA-18.2 §16 and EEMUA 191 over the annunciations of a period. Pure: columns in, figures out.

Only what somebody could hear is counted, one annunciation at a time; records, acknowledgements and returns are not. What was
left out is counted beside, by why nobody heard it. Shares are between 0 and 1, times in seconds, instants in µs.
"""

import msgspec
import numpy as np

from reports.columns import DAY, HOUR, NONE, SECOND, TEN_MINUTES, Columns, Ints, Mask
from reports.definitions import Definitions
from reports.floods import Flood, floods
from reports.nuisances import Together, chattering, fleeting, together
from reports.story import RAISED

LISTED = 50
"""Alarms of one kind of nuisance that are told one by one."""


class Times(msgspec.Struct, frozen=True):
    """How long something took: how often it was done, and the median and the ninth decile, s."""

    count: int
    p50: float | None
    p90: float | None


class Frequent(msgspec.Struct, frozen=True):
    """One alarm (rule and subject) by how often it was annunciated; `last` is the id of its last record."""

    same: int
    count: int
    share: float
    last: int
    acted: int


class Figures(msgspec.Struct, frozen=True):
    """See each member's function below; None where there is nothing to say."""

    begin: int
    end: int
    annunciated: int
    alarms: int
    unheard: dict[int, int]
    per_day: float
    per_hour: float
    per_ten_minutes: float
    busy_periods: float
    busy_hours: float
    most_in_ten_minutes: int
    most_at: int | None
    floods: list[Flood]
    in_flood: float
    severities: dict[int, int]
    top: list[Frequent]
    top_ten: float | None
    together: list[Together]
    chattering: list[Frequent]
    chattering_count: int
    fleeting: list[Frequent]
    fleeting_count: int
    acknowledged: dict[int, Times]
    taken: dict[int, Times]
    returned: dict[int, Times]
    unanswered: int
    never_acted: int


def figures(told: Columns, begin: int, end: int, definitions: Definitions) -> Figures:
    """Of annunciations within [begin, end), in order of time; `end` is not later than now."""
    heard = told.heard
    span = max(end - begin, 1)
    tens, hours = counted(heard.at, begin, end, TEN_MINUTES), counted(heard.at, begin, end, HOUR)
    deluge = floods(heard.at, end, definitions)
    top = frequent(heard, np.ones(len(heard), bool), 10)
    chatter, fleet = chattering(heard, definitions), fleeting(heard, definitions)
    return Figures(
        begin=begin, end=end, annunciated=len(heard), alarms=distinct(told.alarm),
        unheard={why: int((told.unheard == why).sum()) for why in range(1, 5)},
        per_day=len(heard) * DAY / span, per_hour=len(heard) * HOUR / span, per_ten_minutes=len(heard) * TEN_MINUTES / span,
        busy_periods=_share(tens > definitions.flood_above), busy_hours=_share(hours > definitions.busy_hour),
        most_in_ten_minutes=int(tens.max(initial=0)),
        most_at=(begin // TEN_MINUTES + int(tens.argmax())) * TEN_MINUTES if len(heard) else None,
        floods=deluge, in_flood=sum(each.end - each.begin for each in deluge) / span,
        severities={severity: int((heard.severity == severity).sum()) for severity in range(1, 5)},
        top=top, top_ten=sum(each.count for each in top) / len(heard) if len(heard) else None,
        together=together(heard, np.array([each.same for each in top], np.int64), definitions),
        chattering=frequent(heard, chatter, LISTED), chattering_count=int(chatter.sum()),
        fleeting=frequent(heard, fleet, LISTED), fleeting_count=int(fleet.sum()),
        acknowledged=by_severity(heard, waited(heard)), taken=by_severity(heard, _since(heard.taken, heard.waiting)),
        returned=by_severity(heard, returned(heard)), unanswered=unanswered(heard), never_acted=never_acted(heard),
    )  # fmt: skip


def counted(at: Ints, begin: int, end: int, step: int) -> Ints:
    """How many fall into each whole step of the clock, in UTC, that the period touches."""
    first, last = begin // step, max(end - 1, begin) // step
    return np.bincount(at // step - first, minlength=last - first + 1).astype(np.int64)


def frequent(told: Columns, mask: Mask, most: int) -> list[Frequent]:
    """So many of the alarms among those of the mask, the most frequent first; shares are of all that is given."""
    same, alarm = told.same[mask], told.alarm[mask]
    names, places, counts = np.unique(same, return_inverse=True, return_counts=True)
    last = np.zeros(len(names), np.int64)
    np.maximum.at(last, places, alarm)
    acted = np.bincount(places, _acted(told)[mask], len(names)).astype(np.int64)
    order = np.lexsort((names, -counts))[:most]
    return [
        Frequent(int(names[each]), int(counts[each]), int(counts[each]) / len(told), int(last[each]), int(acted[each]))
        for each in order.tolist()
    ]


def waited(heard: Columns) -> Ints:
    """µs from the first annunciation that an acknowledgement answers; NONE where there is none. One answer counts once."""
    return _since(heard.acknowledged, heard.waiting)


def returned(heard: Columns) -> Ints:
    """µs a condition held, on the readings' clock; of what was raised, not of what became worse or came back into view."""
    held = _since(heard.returned, heard.began)
    return np.where(heard.cause == RAISED, held, NONE)


def _since(then: Ints, first: Ints) -> Ints:
    return np.where((then != NONE) & (first != NONE), np.maximum(then - first, 0), NONE)


def times(lengths: Ints) -> Times:
    """Of lengths in µs; NONE is left out."""
    known = lengths[lengths != NONE] / SECOND
    if not len(known):
        return Times(0, None, None)
    p50, p90 = np.percentile(known, (50, 90))
    return Times(len(known), float(p50), float(p90))


def by_severity(heard: Columns, lengths: Ints) -> dict[int, Times]:
    """By severity, and over all as 0."""
    return {severity: times(lengths[heard.severity == severity]) for severity in range(1, 5)} | {0: times(lengths)}


def unanswered(heard: Columns) -> int:
    """Alarms whose last annunciation of the period nobody has acknowledged."""
    last = _last(heard)
    return int((heard.acknowledged[last] == NONE).sum())


def never_acted(heard: Columns) -> int:
    """Alarms of which nobody took charge and about which nobody did anything but acknowledge or silence them."""
    return distinct(heard.alarm) - distinct(heard.alarm[_acted(heard)])


def distinct(ids: Ints) -> int:
    """How many different ones there are: sorted, for they nearly are; NumPy's own count of them takes ten times as long."""
    return int((np.diff(np.sort(ids, kind="stable")) != 0).sum()) + 1 if len(ids) else 0


def _acted(told: Columns) -> Mask:
    acted: Mask = (told.acted == 1) | (told.taken != NONE)
    return acted


def _last(told: Columns) -> Ints:
    """Places of the last annunciation of each alarm."""
    _, places = np.unique(told.alarm[::-1], return_index=True)
    return len(told) - 1 - places


def stale(rows: Columns, midnights: Ints, definitions: Definitions) -> Ints:
    """How many conditions had held for longer than `stale_after` at each of these instants, heard or not."""
    order = np.lexsort((rows.began, rows.alarm))
    alarm, began = rows.alarm[order], rows.began[order]
    first = order[np.append(True, (alarm[1:] != alarm[:-1]) | (began[1:] != began[:-1]))[: len(order)]]
    began, over = rows.began[first], rows.returned[first]
    after = definitions.stale_after * SECOND
    over = np.where(over == NONE, np.iinfo(np.int64).max, over)
    return np.array([int(((began < each - after) & (over > each)).sum()) for each in midnights.tolist()], np.int64)


def _share(mask: Mask) -> float:
    return float(mask.mean()) if len(mask) else 0.0
