"""What points usually do at each hour of the week: computed from hourly roll-ups, stored per point, given to the engine.

The only writer of Profile and ProfileSet. One computation per site and day; whatever needs another period (a backtest, which
must not see its own future) asks `usual`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from alarms.engine.profiles import HOURS, HourOfWeek, Profiles
from alarms.engine.spec import Anomaly
from alarms.models import Profile, ProfileSet
from alarms.survey import ActiveRule, active_rules, survey
from assets import history
from assets.models import Site

WEEKS = 8
"""How many weeks are looked at, unless a rule asks for more."""
MOST_WEEKS = 104
_TOGETHER = 500
"""Points computed at once: 2 million hours in eight weeks, 50 MB."""
_HOUR = 3_600_000_000
_PACKED = ("median", "mad", "weeks")


def usual(points: NDArray[np.int64], zone: str, end: dt.datetime, weeks: int = WEEKS) -> Profiles:
    """Profiles of these points (ids) from the whole hours of the `weeks` weeks before `end`.

    Each hour of each week gives its minimum, its mean and its maximum: the median and the MAD are those of all of them, so
    that what changes within an hour is not taken for strange. An hour belongs to the hour of the week in which it begins
    on the site's wall clock, as the engine's HourOfWeek has it; of the two hours of an autumn night both count.
    """
    end = end.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)  # an hour that is not over holds what comes after
    start = end - dt.timedelta(weeks=weeks)
    parts = [
        _of(some, zone, start, end, weeks)
        for some in np.array_split(np.unique(points), -(-len(points) // _TOGETHER) or 1)
        if len(some)
    ]
    if not parts:
        return Profiles.none()
    return Profiles(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of(
    points: NDArray[np.int64], zone: str, start: dt.datetime, end: dt.datetime, weeks: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Columns of Profiles of some points: `points` ascending."""
    point, at, low, mean, high = history.hours(points, start, end)
    points = np.unique(point)  # a city has many points that were not there yet
    hour, week, again = _calendar(at, zone, start)
    row = np.searchsorted(points, point)
    # Three values an hour; in autumn, a night has an hour twice.
    cube = np.full((len(points), HOURS, weeks + 2, 2, 3), np.nan)
    for place, values in enumerate((low, mean, high)):
        cube[row, hour, week, again, place] = values
    seen = np.isfinite(cube[..., 0]).any(axis=3).sum(axis=2)
    values = cube.reshape(len(points), HOURS, (weeks + 2) * 2 * 3)
    median = _median(values)
    mad = _median(np.abs(values - median[..., None]))
    where = seen.nonzero()
    return points[where[0]], where[1], median[where], mad[where], seen[where]


def _median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Along the last axis, of what is finite; NaN where nothing is."""
    values = np.sort(values, axis=-1)  # NaN come last
    count = np.isfinite(values).sum(axis=-1)
    middle = np.maximum(np.stack(((count - 1) // 2, count // 2), axis=-1), 0)
    return np.take_along_axis(values, middle, axis=-1).mean(axis=-1)


def _calendar(
    at: NDArray[np.int64], zone: str, start: dt.datetime
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each hour (µs, its beginning): hour of the week, number of the local week from `start` on, 1 the second time."""
    distinct, place = np.unique(at, return_inverse=True)
    local = [dt.datetime.fromtimestamp(each / 1e6, ZoneInfo(zone)) for each in distinct.tolist()]
    first = (start.astimezone(ZoneInfo(zone)).toordinal() - 1) // 7
    week = np.array([(each.toordinal() - 1) // 7 - first for each in local], np.int64)
    again = np.array([each.fold for each in local], np.int64)
    return HourOfWeek(zone).of(distinct)[place], week[place], again[place]


# -- stored, once a day -------------------------------------------------------------------------------------------------


def until(site: Site, now: dt.datetime) -> dt.datetime:
    """The last midnight of the site: profiles end with whole days."""
    return now.astimezone(ZoneInfo(site.timezone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def refresh(site_id: int, now: dt.datetime) -> int | None:
    """Compute and store what the rules that run need, if that was not done today; how many points, None when not due."""
    rules = [each for each in active_rules(site_id) if isinstance(each.spec, Anomaly)]
    known = ProfileSet.objects.filter(site=site_id).first()
    if not rules and known is None:
        return None
    site = Site.objects.get(pk=site_id)
    end, made_for = until(site, now), _made_for(site, rules)
    if known is not None and (known.until, known.made_for) == (end, made_for):
        return None
    points, weeks = _wanted(site_id, rules)
    found = usual(points, site.timezone, end, weeks)
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
    median, mad = (np.frombuffer(b"".join(bytes(row[column]) for row in listed), "<f8") for column in (1, 2))
    weeks = np.frombuffer(b"".join(bytes(row[3]) for row in listed), "<i2").astype(np.int64)
    kept = weeks > 0
    hour = np.tile(np.arange(HOURS), len(listed))
    return Profiles(point[kept], hour[kept], median[kept], mad[kept], weeks[kept])


def _made_for(site: Site, rules: list[ActiveRule]) -> str:
    """Changes when other points, or more weeks, may be asked for."""
    return f"{site.inventory_version} {site.timezone} " + ",".join(str(each.version) for each in rules)


def _wanted(site_id: int, rules: list[ActiveRule]) -> tuple[NDArray[np.int64], int]:
    """Ids of the points in the scope of these rules, and of how many weeks."""
    if not rules:
        return np.empty(0, np.int64), WEEKS
    seen = survey(site_id, rules)
    rows = np.unique(np.concatenate([rule.rows for rule in seen.scoped]))
    return seen.register.point_id[rows], weeks_for([each.spec for each in rules])


def weeks_for(specs: list[Anomaly]) -> int:
    """A rule that asks for more weeks of history than are usually looked at gets them."""
    return min(MOST_WEEKS, max(WEEKS, *(spec.minimum_history for spec in specs)))


def _rows(site_id: int, found: Profiles) -> Iterator[Profile]:
    points, row = np.unique(found.point, return_inverse=True)
    median, mad = np.zeros((2, len(points), HOURS), "<f8")
    weeks = np.zeros((len(points), HOURS), "<i2")
    median[row, found.hour], mad[row, found.hour], weeks[row, found.hour] = found.median, found.mad, found.weeks
    for index, point in enumerate(points.tolist()):
        packed = {name: column[index].tobytes() for name, column in zip(_PACKED, (median, mad, weeks), strict=True)}
        yield Profile(site_id=site_id, point_id=point, **packed)
