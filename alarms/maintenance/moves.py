"""What people do to maintenance windows: plan, change and cancel them; each one transaction, journaled.

Locks are taken in one order: the window, then alarms by id, then the ledger.
"""

import datetime as dt

from django.db import transaction

from alarms import live
from alarms.journal import open_page
from alarms.lifecycle.service import restore
from alarms.lifecycle.table import IllegalMove
from alarms.maintenance.lines import told
from alarms.maintenance.times import LONGEST, is_reachable
from alarms.models import Alarm, MaintenanceWindow

FIELDS = ["asset", "sector", "kind", "reason", "critical", "starts_at", "ends_at", "weekdays", "start_time", "end_time"]


def plan(window: MaintenanceWindow, *, by, now: dt.datetime, desk: str = "") -> MaintenanceWindow:
    """Store a new window; it silences from its start on, within two seconds. Raises IllegalMove."""
    _sensible(window, now)
    window.created_at, window.created_by = now, by
    with transaction.atomic():
        window.save(force_insert=True)
        page = open_page(window.site_id)
        page.write(told(window, "planned", "prévue", "planned", now, by.username, desk))
        live.publish(page)
    return window


def change(id_: int, wanted: MaintenanceWindow, *, by, now: dt.datetime, desk: str = "") -> MaintenanceWindow:
    """Give it the fields of `wanted`; what it silenced comes back, and what it still covers is silenced anew.

    Raises IllegalMove, of one that was cancelled too.
    """
    _sensible(wanted, now)
    with transaction.atomic():
        window = _locked(id_)
        if window.cancelled_at is not None:
            raise IllegalMove("Cette maintenance est annulée.", "This maintenance is cancelled.")
        silenced = _silenced(window)
        for field in FIELDS:
            setattr(window, field, getattr(wanted, field))
        window.running_until = None
        window.save(update_fields=[*FIELDS, "running_until"])
        page = open_page(window.site_id)
        page.write(told(window, "changed", "modifiée", "changed", now, by.username, desk))
        restore(silenced, page, "Maintenance modifiée", "Maintenance changed", now, by.username, desk)
        live.publish(page)
    return window


def cancel(id_: int, *, by, now: dt.datetime, desk: str = "") -> MaintenanceWindow:
    """End it for good; what it silenced is back at once. Idempotent."""
    with transaction.atomic():
        window = _locked(id_)
        if window.cancelled_at is not None:
            return window
        silenced = _silenced(window)
        window.cancelled_at, window.running_until = now, None
        window.save(update_fields=["cancelled_at", "running_until"])
        page = open_page(window.site_id)
        page.write(told(window, "cancelled", "annulée", "cancelled", now, by.username, desk))
        restore(silenced, page, "Maintenance annulée", "Maintenance cancelled", now, by.username, desk)
        live.publish(page)
    return window


def _locked(id_: int) -> MaintenanceWindow:
    rows = MaintenanceWindow.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("site", "asset", "sector", "kind").get(pk=id_)


def _silenced(window: MaintenanceWindow) -> list[Alarm]:
    alarms = Alarm.objects.select_for_update(no_key=True, of=("self",)).filter(maintenance=window)
    return list(alarms.order_by("id"))


def _sensible(window: MaintenanceWindow, now: dt.datetime) -> None:
    if window.asset is None and window.sector is None and window.kind is None:
        raise IllegalMove("Il faut un équipement, un secteur ou un type.", "An asset, a sector or a kind is needed.")
    if not window.reason.strip():
        raise IllegalMove("Il faut un motif.", "A reason is required.")
    for field in ("starts_at", "ends_at"):
        moment = getattr(window, field)
        if moment is not None and not is_reachable(moment):
            raise IllegalMove("Entre les années 2000 et 2200.", "Between the years 2000 and 2200.", field)
    if window.ends_at is not None and window.ends_at <= window.starts_at:
        raise IllegalMove("La fin est avant le début.", "The end is before the beginning.", "ends_at")
    if window.ends_at is not None and window.ends_at <= now:
        raise IllegalMove("La fin est déjà passée.", "The end is in the past.", "ends_at")
    if window.ends_at is None and not window.weekdays:
        raise IllegalMove("Il faut une fin.", "An end is required.")
    if window.ends_at is not None and not window.weekdays and window.ends_at - window.starts_at > LONGEST:
        raise IllegalMove("Un an au plus.", "A year at most.", "ends_at")
    if window.weekdays and window.critical and (window.ends_at is None or window.ends_at - now > LONGEST):
        raise IllegalMove(
            "Ce qui se répète et tait aussi les alarmes critiques a une fin, dans un an au plus.",
            "What is repeated and silences critical alarms too has an end, within a year.",
            "ends_at",
        )
