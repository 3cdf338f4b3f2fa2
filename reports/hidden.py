"""What a silence would have hidden of the past month: a maintenance as it is planned, or one alarm that is shelved."""

import copy
import datetime as dt
from collections import Counter
from collections.abc import Collection

import msgspec
from django.db.models import Q, QuerySet

from alarms.maintenance.times import Period
from alarms.maintenance.windows import covered, schedule
from alarms.models import Alarm, MaintenanceWindow, Severity
from assets.sector_filters import within
from reports.models import Annunciation

BACK = dt.timedelta(days=28)
"""Four whole weeks: each hour of each day of the week is in it four times."""
WEEK = dt.timedelta(days=7)
MOST_ANNOUNCED = 2_000
SHOWN = 100
"""Annunciations that are listed, the last first; all are counted."""


class Hidden(msgspec.Struct, frozen=True):
    """`severities`: how many nobody would have heard; `critical`: how many stay in view as the silence spares critical ones."""

    periods: list[Period]
    severities: dict[int, int]
    critical: int
    rows: list[Annunciation]

    @property
    def count(self) -> int:
        return sum(self.severities.values())


def by_window(window: MaintenanceWindow, sees: Collection[str] | None, now: dt.datetime) -> Hidden:
    """`window` with its site, stored or not; `sees`: paths of sectors its reader is confined to, None the whole site."""
    periods = past_times(window, now)
    found = _annunciated(window, periods, sees)
    rows = list(found.select_related("alarm", "asset").order_by("-at", "-seq")[:SHOWN])
    counts = Counter(found.values_list("severity", flat=True))
    spared = 0
    if not window.critical:
        all_ = copy.copy(window)
        all_.critical = True
        spared = _annunciated(all_, periods, sees).filter(alarm__severity=Severity.CRITICAL).count()
    return Hidden(periods, {severity: counts.get(severity, 0) for severity in range(1, 5)}, spared, rows)


def past_times(window: MaintenanceWindow, now: dt.datetime) -> list[Period]:
    """A weekly one as if it had run all the while; one that runs once, at the same hours of each week, as long as that is."""
    begin = now - BACK
    if window.weekdays:
        past = copy.copy(window)
        past.starts_at, past.ends_at = begin, now
        plan, found = schedule(past), []
        period = plan.at(begin) or plan.after(begin)
        while period is not None and period.start < now:
            found.append(period)
            period = plan.after(period.start)
        return found
    if window.ends_at is None or window.ends_at - window.starts_at >= WEEK:
        return [Period(begin, now)]
    back = -(-(window.ends_at - now) // WEEK)  # weeks until it is over
    times = [Period(window.starts_at - week * WEEK, window.ends_at - week * WEEK) for week in range(back, back + 4)]
    return sorted(times)


def _annunciated(window: MaintenanceWindow, periods: Collection[Period], sees: Collection[str] | None) -> QuerySet[Annunciation]:
    """What somebody heard in these times of what it is about."""
    during = Q(pk__in=())
    for period in periods:
        during |= Q(at__gte=period.start, at__lt=period.end)
    heard = Annunciation.objects.filter(during, site_id=window.site_id, unheard=Annunciation.Unheard.HEARD)
    return heard.filter(alarm__in=Alarm.objects.filter(covered(window), within(sees)))


def announced(alarm: Alarm, now: dt.datetime) -> list[dt.datetime]:
    """When somebody heard the same alarm (rule and subject) in the past four weeks, oldest first; the last MOST_ANNOUNCED."""
    heard = Annunciation.objects.filter(
        site_id=alarm.site_id, rule_id=alarm.rule_id, subject=alarm.subject, at__gte=now - BACK, at__lt=now,
        unheard=Annunciation.Unheard.HEARD,
    )  # fmt: skip
    return sorted(heard.order_by("-at").values_list("at", flat=True)[:MOST_ANNOUNCED])
