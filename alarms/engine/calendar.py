"""When a rule is in force: weekly hours, dates and exceptions, read on the wall clock of the site. Pure.

An instant is inside when the local date and time it has on the site's wall clock lie in an interval. Daylight saving time
needs no rule of its own: every instant has exactly one local time. An hour that comes twice is inside twice, one that is
skipped is never inside, and a boundary that falls into it takes effect at the change.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from alarms.engine.faults import Fault, Faulty
from alarms.engine.wording import Part

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Until = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]

SECOND = 1_000_000
HORIZON = 800
"""Days ahead in which the next boundary is looked for: none within two years is none at all."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MIDNIGHT = 24 * 60


class Hours(Part, frozen=True, rename={"start": "from", "end": "to"}):
    """[from, to) of a day; a `to` that is not after `from` is on the next day, "24:00" is midnight."""

    start: Clock = "00:00"
    end: Until = "24:00"

    def minutes(self) -> tuple[int, int]:
        """From midnight of the day it begins, up to 48 h."""
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (self.start, self.end))
        return start, end if end > start else end + _MIDNIGHT


class Weekly(Hours, frozen=True):
    """The same hours on some days of the week."""

    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)] = DAYS


class Dates(Part, frozen=True, rename={"first": "from", "last": "to"}):
    """A period of days, both included."""

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Faulty(Fault.ENDS_BEFORE)


class Except(Part, frozen=True):
    """A day with hours of its own; without any, the rule is off that day."""

    date: dt.date
    hours: tuple[Hours, ...] = ()


class Calendar(Part, frozen=True):
    """When the rule is in force. No `weekly`: at all hours; no `dates`: all year. An exception replaces both for its day."""

    weekly: Annotated[tuple[Weekly, ...], Meta(max_length=50)] = ()
    dates: Annotated[tuple[Dates, ...], Meta(max_length=50)] = ()
    exceptions: Annotated[tuple[Except, ...], Meta(max_length=400)] = ()

    def __post_init__(self) -> None:
        days = [each.date for each in self.exceptions]
        if len(days) != len(set(days)):
            raise Faulty(Fault.DATE_TWICE, at="exceptions")

    def hours_of(self, day: dt.date) -> list[tuple[int, int]]:
        """Intervals in minutes that begin on a local day."""
        for each in self.exceptions:
            if each.date == day:
                return [hours.minutes() for hours in each.hours]
        if self.dates and not any(period.first <= day <= period.last for period in self.dates):
            return []
        if not self.weekly:
            return [(0, _MIDNIGHT)]
        return [hours.minutes() for hours in self.weekly if DAYS[day.weekday()] in hours.days]


class Openings:
    """A calendar in a time zone, asked about instants (µs since the epoch)."""

    def __init__(self, calendar: Calendar, zone: str) -> None:
        self._calendar, self._zone = calendar, ZoneInfo(zone)
        self._boundaries = lru_cache(maxsize=1024)(self._boundaries_of)
        self._hours = lru_cache(maxsize=4096)(calendar.hours_of)

    def open(self, at: int) -> bool:
        """Whether the rule is in force at an instant."""
        local = self._local(at)
        minute, day = local.hour * 60 + local.minute, local.date()
        if any(start <= minute < end for start, end in self._hours(day)):
            return True
        return any(minute < end - _MIDNIGHT for _, end in self._hours(day - dt.timedelta(1)))

    def next(self, at: int) -> int | None:
        """The first instant after `at` from which the answer of `open` differs; None when there is none to come."""
        day = self._local(at).date()
        for _ in range(HORIZON):
            for boundary in self._boundaries(day):
                if boundary > at:
                    return boundary
            day += dt.timedelta(1)
        return None

    def _boundaries_of(self, day: dt.date) -> tuple[int, ...]:
        """Instants of a local day at which `open` changes its answer."""
        local = {0}
        for start, end in self._hours(day):
            local |= {start, min(end, _MIDNIGHT)}
        for _, end in self._hours(day - dt.timedelta(1)):
            local.add(max(end - _MIDNIGHT, 0))
        candidates = set()
        midnight = dt.datetime.combine(day, dt.time())
        for minute in local:
            wall = midnight + dt.timedelta(minutes=minute)
            candidates |= {_micro(wall.replace(tzinfo=self._zone, fold=fold)) for fold in (0, 1)}
        candidates |= self._changes(midnight)
        return tuple(sorted(at for at in candidates if self.open(at) != self.open(at - 1)))

    def _changes(self, midnight: dt.datetime) -> set[int]:
        """Instants of the day at which the clocks are put forward or back: at most one, found by halving."""
        first = _micro(midnight.replace(tzinfo=self._zone)) // SECOND
        last = _micro((midnight + dt.timedelta(1)).replace(tzinfo=self._zone)) // SECOND
        if self._offset(first) == self._offset(last):
            return set()
        while last - first > 1:
            middle = (first + last) // 2
            first, last = (middle, last) if self._offset(middle) == self._offset(first) else (first, middle)
        return {last * SECOND}

    def _offset(self, seconds: int) -> dt.timedelta | None:
        return self._local(seconds * SECOND).utcoffset()

    def _local(self, at: int) -> dt.datetime:
        return (_EPOCH + dt.timedelta(seconds=at // SECOND)).astimezone(self._zone)


def _micro(moment: dt.datetime) -> int:
    return round((moment - _EPOCH) / dt.timedelta(seconds=1)) * SECOND
