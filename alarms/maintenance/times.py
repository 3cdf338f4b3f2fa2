"""When a maintenance window runs: once, or weekly on the site's own clock, whatever the changes of summer time. Pure.

A local time that happens twice counts from its first to its last; one that a change skips is the instant of the change.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
LONGEST = dt.timedelta(days=366)
"""Of one time; and until the end of what silences critical alarms again and again, which somebody must then look at anew."""
EARLIEST, LATEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
"""A window begins and ends between: days can be counted from there, in every zone, without leaving the calendar."""


def is_reachable(moment: dt.datetime) -> bool:
    """Whether a window may begin or end then."""
    return EARLIEST <= moment <= LATEST


class Period(NamedTuple):
    """From `start` (included) to `end` (not), aware, in UTC."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """`weekdays` empty: once, from starts_at to ends_at. Else each of them (1 Monday) from `begin` to `until`, on the clock of
    `zone`, the day after when `until` is not later; starts_at and ends_at (None: never) bound the repetition."""

    starts_at: dt.datetime
    ends_at: dt.datetime | None
    zone: ZoneInfo
    weekdays: Collection[int] = ()
    begin: dt.time | None = None
    until: dt.time | None = None

    def at(self, now: dt.datetime) -> Period | None:
        """The time under way, None when none is; of several the one that ends last."""
        running = [each for each in self._near(now, -2, 1) if each.start <= now < each.end]
        return max(running, key=lambda each: each.end, default=None)

    def after(self, now: dt.datetime) -> Period | None:
        """The next one that begins later than now."""
        coming = [each for each in self._near(max(now, self.starts_at), -2, 9) if each.start > now]
        return min(coming, default=None)

    @property
    def is_rare(self) -> bool:
        """Whether it runs for less than half of the time it spans: a repetition whose times leave alarms be between them."""
        if not self.weekdays:
            return False
        length = (_since_midnight(self.until) - _since_midnight(self.begin)) % DAY or DAY
        return len(set(self.weekdays)) * length < 7 * DAY / 2

    def _near(self, now: dt.datetime, first: int, last: int) -> list[Period]:
        if not self.weekdays:
            return [Period(self.starts_at.astimezone(dt.UTC), self.ends_at.astimezone(dt.UTC))]
        today = now.astimezone(self.zone).date()
        days = [today + DAY * offset for offset in range(first, last + 1)]
        periods = [self._on(day) for day in days if day.isoweekday() in self.weekdays]
        return [each for each in periods if each.start < each.end]

    def _on(self, day: dt.date) -> Period:
        over = self.until <= self.begin
        start = local(dt.datetime.combine(day, self.begin), self.zone, last=False)
        end = local(dt.datetime.combine(day + DAY * over, self.until), self.zone, last=True)
        start = max(start, self.starts_at)
        return Period(start.astimezone(dt.UTC), (end if self.ends_at is None else min(end, self.ends_at)).astimezone(dt.UTC))


def _since_midnight(clock: dt.time) -> dt.timedelta:
    return dt.timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)


def local(naive: dt.datetime, zone: ZoneInfo, *, last: bool) -> dt.datetime:
    """The instant at which the clocks of a zone show this; `last` says which of two."""
    moment = naive.replace(tzinfo=zone, fold=int(last)).astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == naive:
        return moment
    # Skipped: look for the change between the two readings of it.
    low, high = sorted(naive.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < naive:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
