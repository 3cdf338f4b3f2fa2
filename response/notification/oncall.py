"""Who is on call at an instant, and until when: people who take turns, in layers, and overrides on top of them. Pure.

What recurs on the clocks of the site is reckoned by response.rota; here stands which of several is meant.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zoneinfo import ZoneInfo

from response import rota
from response.notification.spec import Hours, Layer, Rota

DAY = dt.timedelta(days=1)
_HOLIDAYS = {"all": "any", "holidays": "only", "not_holidays": "not"}
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody else is on call between two instants; of two that overlap the later in the list decides."""

    starts: dt.datetime
    ends: dt.datetime
    person: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is on call from one instant to the next, half-open; an empty person is nobody."""

    starts: dt.datetime
    ends: dt.datetime
    person: str


def on_call(document: Rota, zone: ZoneInfo, overrides: Sequence[Override], at: dt.datetime) -> str:
    """User name of who is on call; empty: nobody is."""
    running = rota.expected(_turns(document, zone, overrides), at, _holidays(document))
    return _last(running)


def timeline(
    document: Rota, zone: ZoneInfo, overrides: Sequence[Override], starts: dt.datetime, ends: dt.datetime
) -> list[Watch]:
    """The watches between two instants, without a gap: times at which nobody is on call are watches of nobody."""
    stretches = rota.between(_turns(document, zone, overrides), starts, ends, _holidays(document))
    marks = {mark for each in stretches for mark in (each.begins, each.ends) if starts < mark < ends}
    edges, watches = [starts, *sorted(marks), ends], list[Watch]()
    for begins, until in pairwise(edges):
        person = _last([each for each in stretches if each.begins <= begins < each.ends])
        if watches and watches[-1].person == person:
            watches[-1] = Watch(watches[-1].starts, until, person)
        else:
            watches.append(Watch(begins, until, person))
    return watches


def _last(running: Collection[rota.Stretch]) -> str:
    """Who of the topmost layer, or of the last override; turns name their layer."""
    return max(running, key=lambda each: int(each.turn.uid)).turn.who if running else ""


def _turns(document: Rota, zone: ZoneInfo, overrides: Sequence[Override]) -> list[rota.Turn]:
    turns = [turn for number, layer in enumerate(document.layers) for turn in _of_layer(layer, str(zone), str(number))]
    for number, each in enumerate(overrides):
        starts, ends = (moment.astimezone(dt.UTC).replace(tzinfo=None) for moment in (each.starts, each.ends))
        turns.append(rota.Turn(starts, ends, "UTC", each.person, instead=True, uid=str(number)))
    return turns


def _of_layer(layer: Layer, zone: str, uid: str) -> Iterator[rota.Turn]:
    """A turn of each person comes back once all have had theirs."""
    around = layer.every_days * len(layer.people)
    until = f";UNTIL={layer.ends - dt.timedelta(seconds=1):{rota.CLOCK}}" if layer.ends is not None else ""
    for number, person in enumerate(layer.people):
        starts = layer.starts + number * layer.every_days * DAY
        if layer.ends is not None and starts >= layer.ends:
            return
        if not layer.hours:
            ends = starts + layer.every_days * DAY
            yield rota.Turn(starts, ends, zone, person, f"FREQ=DAILY;INTERVAL={around}{until}", uid=uid)
        for hours in layer.hours:
            for week in range(layer.every_days // 7):
                yield from _in_week(layer, hours, starts + 7 * week * DAY, around // 7, person, until, zone, uid)


def _in_week(
    layer: Layer, hours: Hours, week: dt.datetime, every: int, person: str, until: str, zone: str, uid: str
) -> Iterator[rota.Turn]:
    """Hours of the seven days after a hand-over, each day on its own; those that begin before it are the one's before."""
    for weekday in hours.weekdays:
        day = week.date() + (weekday - 1 - week.weekday()) % 7 * DAY
        starts = dt.datetime.combine(day, hours.start)
        if starts < week:
            starts += 7 * DAY
        ends = dt.datetime.combine(starts.date(), hours.end)
        if ends <= starts:
            ends += DAY
        rule = f"FREQ=WEEKLY;INTERVAL={every};BYDAY={_WEEK[weekday - 1]}{until}"
        yield rota.Turn(starts, ends, zone, person, rule, holidays=_HOLIDAYS[layer.days], uid=uid)  # type: ignore[arg-type]


def _holidays(document: Rota) -> rota.Holidays:
    public = rota.holidays_of(document.region)
    return lambda year: set(public(year)) | {day for day in document.holidays if day.year == year}
