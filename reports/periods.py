"""The period of a report, in whole days of the site's own calendar, and the period it is compared with. Pure."""

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from assets.instants import microseconds
from reports.columns import Ints

NAMED = ("today", "yesterday", "7_days", "30_days", "this_month", "last_month")
LONGEST = 400
"""Days of a report."""


class Period(msgspec.Struct, frozen=True):
    """From midnight to midnight, the second excluded, on the clocks of `zone`; `name` is one of NAMED, or empty."""

    first: dt.date
    after: dt.date
    zone: str
    name: str = ""

    @property
    def begin(self) -> dt.datetime:
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> dt.datetime:
        return _midnight(self.after, self.zone)

    @property
    def last(self) -> dt.date:
        return self.after - dt.timedelta(days=1)

    @property
    def before(self) -> "Period":
        """The period it is compared with: as long, and just before; before a whole month, the whole month before."""
        if self.first.day == 1 and self.after == _month_after(self.first):
            return Period((self.first - dt.timedelta(days=1)).replace(day=1), self.first, self.zone)
        return Period(self.first - (self.after - self.first), self.first, self.zone)

    def midnights(self, until: dt.datetime) -> Ints:
        """Those that the days of the period end with, up to `until`; µs."""
        days = (self.after - self.first).days
        ends = [_midnight(self.first + dt.timedelta(days=day), self.zone) for day in range(1, days + 1)]
        return np.array([microseconds(end) for end in ends if end <= until], np.int64)


class BadPeriod(ValueError):
    """Not two days in their order, or too far apart."""


def named(name: str, today: dt.date, zone: str) -> Period:
    """A period by its name. Raises BadPeriod."""
    day, tomorrow, month = dt.timedelta(days=1), today + dt.timedelta(days=1), today.replace(day=1)
    known = {
        "today": (today, tomorrow),
        "yesterday": (today - day, today),
        "7_days": (today - 7 * day, today),
        "30_days": (today - 30 * day, today),
        "this_month": (month, tomorrow),
        "last_month": ((month - day).replace(day=1), month),
    }
    if name not in known:
        raise BadPeriod(name)
    return Period(*known[name], zone, name)


def between(first: str, last: str, zone: str) -> Period:
    """From a day to another, both included, as ISO 8601. Raises BadPeriod."""
    try:
        begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    except ValueError as error:
        raise BadPeriod(str(error)) from error
    if not 1970 < begin.year <= end.year < 2200 or begin > end or (end - begin).days >= LONGEST:
        raise BadPeriod(f"{first} – {last}")
    return Period(begin, end + dt.timedelta(days=1), zone)


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def _month_after(first: dt.date) -> dt.date:
    return (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
