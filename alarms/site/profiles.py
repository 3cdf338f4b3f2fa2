"""What points usually do at each hour of the week: computed from hourly roll-ups, stored per point, given to the engine.

The only writer of Profile and ProfileSet. One computation per site and day; whatever needs another period (a backtest, which
must not see its own future) asks `usual`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from alarms.engine.counters import GRACE, consumed
from alarms.engine.layout import ScopedRule
from alarms.engine.profiles import HOURS, Profiles
from alarms.engine.spec import Anomaly
from alarms.models import Profile, ProfileSet
from alarms.site.running import ActiveRule, active_rules
from alarms.site.survey import Survey, survey
from alarms.site.usual import HourlyReadings, learned
from assets import history
from assets.instants import microseconds
from assets.models import Site

WEEKS = 8
"""How many weeks are looked at, unless a rule asks for more."""
MOST_WEEKS = 104
NO_POINTS = np.empty(0, np.int64)
_TOGETHER = 250
"""Points computed at once: a third of a million hours in eight weeks, 100 MB with what is made on the way."""
_PACKED = {"median": "<f8", "above": "<f8", "below": "<f8", "weeks": "<i2", "samples": "<i2"}
_MOST = np.iinfo(np.int16).max


def usual(
    points: NDArray[np.int64], zone: str, end: dt.datetime, weeks: int = WEEKS, counters: NDArray[np.int64] = NO_POINTS
) -> Profiles:
    """Profiles of these points (ids) from the whole hours of the `weeks` weeks before `end`; of `counters` what they consume."""
    end = end.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)  # an hour that is not over holds what comes after
    start = end - dt.timedelta(weeks=weeks)
    last = microseconds(end)
    parts = [
        learned(_hours(some, counters, start, end), zone, last, weeks)
        for some in np.array_split(np.unique(points), -(-len(points) // _TOGETHER) or 1)
        if len(some)
    ]
    if not parts:
        return Profiles.none()
    columns = ([getattr(part, each.name) for part in parts] for each in dataclasses.fields(Profiles))
    return Profiles(*(np.concatenate(column) for column in columns))


def _hours(points: NDArray[np.int64], counters: NDArray[np.int64], start: dt.datetime, end: dt.datetime) -> HourlyReadings:
    """Of levels their lowest, mean and highest reading; of counters their consumption, which is all three."""
    counting = np.isin(points, counters)
    hours = history.hours(points[~counting], start, end)
    if not counting.any():
        return HourlyReadings(*hours)
    point, at, rate = consumed(*history.first_minutes(points[counting], start, end, dt.timedelta(microseconds=GRACE)))
    return HourlyReadings(*map(np.concatenate, zip(hours, (point, at, rate, rate, rate), strict=True)))


# -- stored, once a day -------------------------------------------------------------------------------------------------


def until(site: Site, now: dt.datetime) -> dt.datetime:
    """The last midnight of the site: profiles end with whole days."""
    return now.astimezone(ZoneInfo(site.timezone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def refresh(site_id: int, now: dt.datetime) -> int | None:
    """Compute and store what the rules that run need, if that was not done today; how many points, None when not due."""
    rules = [each for each in active_rules(site_id) if isinstance(each.spec, Anomaly)]
    row = ProfileSet.objects.filter(site=site_id).first()
    if not rules and row is None:
        return None
    site = Site.objects.get(pk=site_id)
    end, made_for = until(site, now), _made_for(site, rules)
    if row is not None and (row.until, row.made_for) == (end, made_for):
        return None
    points, counters, weeks = _wanted(site_id, rules)
    found = usual(points, site.timezone, end, weeks, counters)
    with transaction.atomic():
        Profile.objects.filter(site=site_id).delete()
        Profile.objects.bulk_create(_rows(site_id, found), batch_size=1000)
        ProfileSet.objects.update_or_create(
            site=site, defaults={"until": end, "made_for": made_for, "made_at": now, "points": len(np.unique(found.point))}
        )
    return len(points)


def stored(site_id: int) -> Profiles:
    """What `refresh` left, for the engine."""
    rows = Profile.objects.filter(site=site_id).order_by("point_id").values_list("point_id", *_PACKED)
    listed = list(rows)
    if not listed:
        return Profiles.none()
    point = np.repeat(np.array([row[0] for row in listed], np.int64), HOURS)
    packed = (b"".join(bytes(row[place]) for row in listed) for place in range(1, 1 + len(_PACKED)))
    median, above, below, weeks, samples = map(np.frombuffer, packed, _PACKED.values())
    hour, kept = np.tile(np.arange(HOURS), len(listed)), weeks > 0
    columns = (point, hour, median, above, below, weeks.astype(np.int64), samples.astype(np.int64))
    return Profiles(*(column[kept] for column in columns))


def _made_for(site: Site, rules: list[ActiveRule]) -> str:
    """Changes when other points, or more weeks, may be asked for."""
    return f"{site.inventory_version} {site.timezone} " + ",".join(str(each.version) for each in rules)


def _wanted(site_id: int, rules: list[ActiveRule]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Ids of the points in the scope of these rules, those of the counters among them, and of how many weeks."""
    if not rules:
        return NO_POINTS, NO_POINTS, WEEKS
    seen = survey(site_id, rules)
    return *of_interest(seen, seen.scoped), weeks_for([each.spec for each in rules])


def of_interest(seen: Survey, rules: Sequence[ScopedRule]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids of the points in the scope of these rules, and those of the counters among them."""
    rows = np.unique(np.concatenate([rule.rows for rule in rules]))
    return seen.register.point_id[rows], seen.register.point_id[rows[seen.register.counter[rows]]]


def weeks_for(specs: list[Anomaly]) -> int:
    """A rule that asks for more weeks of history than are usually looked at gets them."""
    return min(MOST_WEEKS, max(WEEKS, *(spec.minimum_history for spec in specs)))


def _rows(site_id: int, found: Profiles) -> Iterator[Profile]:
    points, row = np.unique(found.point, return_inverse=True)
    columns = {name: np.zeros((len(points), HOURS), dtype) for name, dtype in _PACKED.items()}
    for name, column in columns.items():
        values = getattr(found, name)
        column[row, found.hour] = values if column.dtype.kind == "f" else np.minimum(values, _MOST)
    for index, point in enumerate(points.tolist()):
        yield Profile(site_id=site_id, point_id=point, **{name: column[index].tobytes() for name, column in columns.items()})
