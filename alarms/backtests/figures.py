"""What a trial comes to in figures: how many alarms, when, whose, how long, and what that asks of an operator. Pure.

Targets are those of ANSI/ISA-18.2 for one operator: about one alarm per ten minutes on average (144 a day) is very likely
acceptable, two (288 a day) the most that can be managed, and more than ten in ten minutes a flood.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from alarms.backtests.wouldbe import WouldBe
from assets.instants import instant

TEN_MINUTES = 600_000_000
FLOOD = 10
"""Alarms in ten minutes beyond which they are a flood."""
ACCEPTABLE, MANAGEABLE = 1.0, 2.0
"""Alarms per ten minutes, on average."""
MOST_ASSETS = 20


class Day(Struct, frozen=True):
    date: str
    count: int


class TopSubject(Struct, frozen=True):
    subject: str
    count: int
    seconds: float


class Durations(Struct, frozen=True):
    """Seconds of those that cleared; 0 when none did."""

    median: float
    p90: float
    longest: float


class Load(Struct, frozen=True):
    """Of one operator: `average` and `worst` alarms per ten minutes, `floods` ten-minute periods beyond FLOOD, and a verdict."""

    average: float
    worst: int
    floods: int
    verdict: str


class Figures(Struct, frozen=True):
    """One version over one period. Days are calendar days, `hours` the 24 hours of the day, in the site's time zone."""

    count: int
    standing: int
    severities: dict[str, int]
    days: tuple[Day, ...]
    hours: tuple[int, ...]
    top: tuple[TopSubject, ...]
    durations: Durations
    load: Load


def figures(alarms: Sequence[WouldBe], start: int, end: int, zone: str) -> Figures:
    """Of alarms raised in [start, end), µs."""
    at = np.array([alarm.at for alarm in alarms], np.int64)
    local = [instant(each).astimezone(ZoneInfo(zone)) for each in at.tolist()]
    hours = Counter(moment.hour for moment in local)
    return Figures(
        count=len(alarms),
        standing=sum(alarm.cleared_at is None for alarm in alarms),
        severities=dict(Counter(alarm.severity for alarm in alarms)),
        days=_days(Counter(moment.date() for moment in local), start, end, zone),
        hours=tuple(hours[hour] for hour in range(24)),
        top=_top(alarms, end),
        durations=_durations(alarms),
        load=_load(at, start, end),
    )


def _days(counts: Counter[dt.date], start: int, end: int, zone: str) -> tuple[Day, ...]:
    first, last = (instant(each).astimezone(ZoneInfo(zone)).date() for each in (start, end - 1))
    dates = (first + dt.timedelta(days=day) for day in range((last - first).days + 1))
    return tuple(Day(date.isoformat(), counts[date]) for date in dates)


def _top(alarms: Sequence[WouldBe], end: int) -> tuple[TopSubject, ...]:
    counts, lasted = Counter(alarm.subject for alarm in alarms), Counter[str]()
    for alarm in alarms:
        lasted[alarm.subject] += ((end if alarm.cleared_at is None else alarm.cleared_at) - alarm.at) // 1_000_000
    return tuple(TopSubject(subject, count, float(lasted[subject])) for subject, count in counts.most_common(MOST_ASSETS))


def _durations(alarms: Sequence[WouldBe]) -> Durations:
    seconds = np.array([(alarm.cleared_at - alarm.at) / 1e6 for alarm in alarms if alarm.cleared_at is not None])
    if not len(seconds):
        return Durations(0, 0, 0)
    median, ninety, longest = np.percentile(seconds, (50, 90, 100)).tolist()
    return Durations(median, ninety, longest)


def _load(at: NDArray[np.int64], start: int, end: int) -> Load:
    periods = np.bincount((at - start) // TEN_MINUTES, minlength=max(1, -(-(end - start) // TEN_MINUTES)))
    average, worst, floods = float(periods.mean()), int(periods.max()), int((periods > FLOOD).sum())
    acceptable = average <= ACCEPTABLE and floods <= len(periods) * 0.01
    verdict = "acceptable" if acceptable else "manageable" if average <= MANAGEABLE else "too many"
    return Load(round(average, 3), worst, floods, verdict)
