"""Begins and ends maintenance windows when their time comes. Swept every two seconds by a task.

At the start, what is open already and covered goes out of service; at the end, `lifecycle.deadlines` brings it back, as it does
for all that is out of service until an instant.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q

from alarms.lifecycle.service import restore, take_out
from alarms.maintenance.lines import ABOUT, announced, line_of
from alarms.maintenance.moves import MOST_ANNOUNCED
from alarms.maintenance.times import Period
from alarms.maintenance.windows import covered, schedule
from alarms.models import Alarm, MaintenanceWindow
from journal import live
from journal.page import open_page


def sweep(site: int, now: dt.datetime) -> int:
    """Begin and end what is due on one site; returns how many windows were."""
    alive = Q(ends_at=None) | Q(ends_at__gt=now) | Q(running_until__isnull=False)
    due = MaintenanceWindow.objects.filter(alive, site_id=site, cancelled_at=None, starts_at__lte=now)
    turned = sum(turn(id_, now) for id_ in due.order_by("id").values_list("id", flat=True))
    return turned + _announce_coming(site, now) + _left_behind(site, now)


def _announce_coming(site: int, now: dt.datetime) -> int:
    """Announce each time of a window once, so long before it begins as the window says."""
    alive = Q(ends_at=None) | Q(ends_at__gt=now)
    near = Q(starts_at__lte=now + dt.timedelta(minutes=MOST_ANNOUNCED))
    rows = MaintenanceWindow.objects.filter(alive, near, site_id=site, cancelled_at=None, announce_minutes__isnull=False)
    return sum(_announce(row.pk, now) for row in rows.select_related("site").order_by("id") if _coming(row, now) is not None)


def _coming(window: MaintenanceWindow, now: dt.datetime) -> Period | None:
    """The time that is to be announced now."""
    period = schedule(window).after(now)
    if period is None or window.announce_minutes is None or window.announced_for == period.start:
        return None
    return period if period.start - dt.timedelta(minutes=window.announce_minutes) <= now else None


def _announce(id_: int, now: dt.datetime) -> bool:
    with transaction.atomic():
        rows = MaintenanceWindow.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        window = rows.select_related("site", *ABOUT).filter(pk=id_, cancelled_at=None).first()
        period = window and _coming(window, now)
        if window is None or period is None:
            return False
        page = open_page(window.site_id)
        page.write(announced(window, period, now))
        window.announced_for = period.start
        window.save(update_fields=["announced_for"])
        live.publish(page)
    return True


def _left_behind(site: int, now: dt.datetime) -> int:
    """Bring back what was silenced by a window that was being cancelled at that very moment."""
    with transaction.atomic():
        silent = Alarm.objects.filter(site_id=site, maintenance__cancelled_at__isnull=False)
        alarms = list(silent.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("id"))
        if not alarms:
            return 0
        page = open_page(site)
        restore(alarms, page, "Maintenance annulée", "Maintenance cancelled", now)
        live.publish(page)
    return len(alarms)


def turn(id_: int, now: dt.datetime) -> bool:
    """Begin or end one window if that is due, unless somebody holds it; whether it was."""
    with transaction.atomic():
        rows = MaintenanceWindow.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        window = rows.select_related("site", *ABOUT).filter(pk=id_, cancelled_at=None).first()
        if window is None:
            return False
        period = schedule(window).at(now)
        if window.running_until is not None and (period is None or window.running_until <= now):
            _end(window, now)
            return True
        if period is None or window.running_until is not None:
            return False
        _begin(window, period, now)
    return True


def _begin(window: MaintenanceWindow, period: Period, now: dt.datetime) -> None:
    alarms = Alarm.objects.select_for_update(no_key=True, of=("self",)).filter(covered(window), is_open=True)
    shorter = Q(out_of_service_until=None) | Q(out_of_service_until__lt=period.end)
    alarms = list(alarms.filter(shorter).order_by("id"))
    page = open_page(window.site_id)
    page.write(line_of(window, "started", "commencée", "started", now))
    take_out(alarms, window, period.end, page, now)
    _store(window, period.end, page)


def _end(window: MaintenanceWindow, now: dt.datetime) -> None:
    page = open_page(window.site_id)
    page.write(line_of(window, "ended", "terminée", "ended", now))
    _store(window, None, page)


def _store(window: MaintenanceWindow, until: dt.datetime | None, page) -> None:
    window.running_until = until
    window.save(update_fields=["running_until"])
    live.publish(page)
