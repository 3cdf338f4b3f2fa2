"""Maintenance as the desk and the list of feeds tell of it: what is under way or announced, with its reason and its times."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from alarms.maintenance.lines import about_words
from alarms.maintenance.times import Period
from alarms.maintenance.windows import schedule
from alarms.models import MaintenanceWindow
from assets.models import Feed
from hypervisor.api.duty import standing
from hypervisor.api.maintenance import STATES, visible
from hypervisor.rights import Right
from response.duty import closures
from response.duty import settings as duty_settings

MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Work:
    """A maintenance, or the closure of a position, whose time is under way or near."""

    about: str
    reason: str
    starts: dt.datetime
    ends: dt.datetime
    running: bool
    position: bool = False


def announced(right: Right, now: dt.datetime) -> list[Work]:
    """What the band of the desk tells: maintenance that is announced, from then until its end; one query."""
    near = _windows(right, now).filter(announce_minutes__isnull=False).order_by("id")
    found = [work for window in near for work in _now(window, now, dt.timedelta(minutes=window.announce_minutes or 0))]
    return sorted(found, key=lambda each: (not each.running, each.starts, each.about))[:MOST_TOLD]


def of_feeds(right: Right, now: dt.datetime) -> dict[int, Work]:
    """By feed the maintenance of it, or of its supervisor, that is under way or the next; two queries at most."""
    windows = list(_windows(right, now).exclude(feed=None, supervisor=None).order_by("id"))
    supervisors = {window.supervisor_id for window in windows} - {None}
    feeds: dict[int, list[int]] = {}
    if supervisors:
        for pk, supervisor in Feed.objects.filter(supervisor__in=supervisors).values_list("pk", "supervisor"):
            feeds.setdefault(supervisor, []).append(pk)
    found: dict[int, Work] = {}
    for window in windows:
        its = [window.feed_id] if window.feed_id is not None else feeds.get(window.supervisor_id or 0, [])
        for work in _now(window, now, None):
            for feed in its:
                other = found.get(feed)
                if other is None or (not work.running, work.starts) < (not other.running, other.starts):
                    found[feed] = work
    return found


def in_words(work: Work, zone: ZoneInfo, now: dt.datetime) -> str:
    """Why a feed is expected to be silent, or when it will be."""
    shown = {"reason": work.reason, "starts": _clock(work.starts, zone, now), "ends": _clock(work.ends, zone, now)}
    if work.running:
        return _("Under maintenance until {ends}: {reason}").format(**shown)
    return _("Maintenance from {starts} until {ends}: {reason}").format(**shown)


def _clock(moment: dt.datetime, zone: ZoneInfo, now: dt.datetime) -> str:
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%d/%m %H:%M}"


def _windows(right: Right, now: dt.datetime) -> QuerySet[MaintenanceWindow]:
    found = MaintenanceWindow.objects.filter(STATES["planned"](now), visible(right), site_id=right.site_id)
    return found.select_related("site", "asset", "sector", "kind", "supervisor", "feed")


def _now(window: MaintenanceWindow, now: dt.datetime, ahead: dt.timedelta | None) -> Iterator[Work]:
    """The time of a window that runs, or the next one if it begins within `ahead`; None: whenever."""
    times = schedule(window)
    period: Period | None = times.at(now) if window.starts_at <= now else None
    running = period is not None
    if period is None:
        period = times.after(now)
    if period is None or (not running and ahead is not None and period.start - ahead > now):
        return
    about = about_words(window)[get_language() == "en"]
    yield Work(about, window.reason, period.start, period.end, running)


def band(right: Right, zone: ZoneInfo) -> list[dict[str, object]]:
    """The lines of the desk's band: maintenance of the site, and positions that are closed."""
    now = timezone.now()
    found = [*announced(right, now), *_closures(right, now)]
    return [
        {
            "about": each.about, "running": each.running, "reason": each.reason, "heading": _heading(each),
            "starts": _clock(each.starts, zone, now), "ends": _clock(each.ends, zone, now),
        }
        for each in found
    ]  # fmt: skip


def _heading(work: Work) -> str:
    if work.position:
        return _("Position closed") if work.running else _("Closure announced")
    return _("Under maintenance") if work.running else _("Maintenance announced")


def _closures(right: Right, now: dt.datetime) -> list[Work]:
    """Of positions, those under way and those that were announced."""
    english, told = get_language() == "en", duty_settings.of_site(right.site_id)
    names = {row.pk: row.name_en if english else row.name_fr for row in standing(right.site_id)}
    found = closures.near(right.site_id, list(names), dt.timedelta(minutes=told.announce_minutes), now)
    return [Work(names[pk], "", each.begins, each.ends, each.begins <= now, position=True) for pk, each in found.items()]
