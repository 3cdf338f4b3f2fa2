"""What people do to maintenance windows: plan, change and cancel them; each one transaction, journaled.

Locks are taken in one order: the window, then alarms by id, then the ledger.
"""

import datetime as dt

from django.db import transaction

from alarms.engine.wording import Bilingual
from alarms.lifecycle import limits
from alarms.lifecycle.limits import Level
from alarms.lifecycle.service import restore, take_out
from alarms.maintenance.lines import ABOUT, line_of
from alarms.maintenance.times import LONGEST, is_reachable
from alarms.maintenance.windows import covered, schedule
from alarms.models import Alarm, MaintenanceWindow, Severity
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import open_page

FIELDS = [
    "asset", "sector", "kind", "feed", "supervisor", "reason", "critical", "starts_at", "ends_at", "weekdays", "start_time",
    "end_time", "announce_minutes",
]  # fmt: skip
MOST_ANNOUNCED = 10_080
"""Minutes before its beginning: a week."""


def plan(
    window: MaintenanceWindow, *, by: Actor, now: dt.datetime, level: Level = Level.PLANNED_BY_SUPERVISOR
) -> MaintenanceWindow:
    """Store a new window; it silences from its start on, within two seconds, and for as long as `level` may at most.

    Raises Refused.
    """
    _sensible(window, now, level)
    window.created_at, window.created_by_id = now, by.person
    with transaction.atomic():
        window.save(force_insert=True)
        page = open_page(window.site_id)
        page.write(line_of(window, "planned", "prévue", "planned", now, by))
        live.publish(page)
    return window


def change(
    id_: int, wanted: MaintenanceWindow, *, by: Actor, now: dt.datetime, level: Level = Level.PLANNED_BY_SUPERVISOR
) -> MaintenanceWindow:
    """Give it the fields of `wanted`; what it covers no longer is back, what it still covers stays silent to its new end.

    Raises Refused, of one that was cancelled too.
    """
    _sensible(wanted, now, level)
    with transaction.atomic():
        window = _locked(id_)
        if window.cancelled_at is not None:
            raise Refused("maintenance_cancelled", "Cette maintenance est annulée.", "This maintenance is cancelled.")
        silenced = _silenced(window)
        for field in FIELDS:
            setattr(window, field, getattr(wanted, field))
        window.running_until = window.announced_for = None
        window.save(update_fields=[*FIELDS, "running_until", "announced_for"])
        period = schedule(window).at(now)
        kept = set(Alarm.objects.filter(covered(window), maintenance=window).values_list("pk", flat=True)) if period else set()
        page = open_page(window.site_id)
        page.write(line_of(window, "changed", "modifiée", "changed", now, by))
        gone = [alarm for alarm in silenced if alarm.pk not in kept]
        restore(gone, page, "Maintenance modifiée", "Maintenance changed", now, by)
        if period is not None:
            take_out([alarm for alarm in silenced if alarm.pk in kept], window, period.end, page, now)
        live.publish(page)
    return window


def cancel(id_: int, *, by: Actor, now: dt.datetime) -> MaintenanceWindow:
    """End it for good; what it silenced is back at once. Idempotent."""
    with transaction.atomic():
        window = _locked(id_)
        if window.cancelled_at is not None:
            return window
        silenced = _silenced(window)
        window.cancelled_at, window.running_until = now, None
        window.save(update_fields=["cancelled_at", "running_until"])
        page = open_page(window.site_id)
        page.write(line_of(window, "cancelled", "annulée", "cancelled", now, by))
        restore(silenced, page, "Maintenance annulée", "Maintenance cancelled", now, by)
        live.publish(page)
    return window


def _about_something(window: MaintenanceWindow) -> None:
    """Raises Refused."""
    of_assets = any((window.asset, window.sector, window.kind))
    of_feeds = [each for each in (window.feed, window.supervisor) if each is not None]
    if not of_assets and not of_feeds:
        fr = "Il faut un équipement, un secteur, un type, un superviseur ou un flux."
        raise Refused("about_nothing", fr, "An asset, a sector or a kind, a supervisor or a feed is needed.")
    if len(of_feeds) + of_assets > 1:
        fr = "Un superviseur ou un flux a une maintenance à lui."
        raise Refused("about_both", fr, "A supervisor or a feed has a maintenance of its own.", field="feed")
    if window.announce_minutes is not None and not 1 <= window.announce_minutes <= MOST_ANNOUNCED:
        fr, en = "Une maintenance est annoncée au plus une semaine avant.", "A maintenance is announced a week before at most."
        raise Refused("announced_too_early", fr, en, meaning=Meaning.INVALID, field="announce_minutes")


def _near(window: MaintenanceWindow, now: dt.datetime, level: Level) -> None:
    """Raises Refused where it silences beyond what the site allows; a repetition does when that is most of the time."""
    severity = Severity.CRITICAL if window.critical else Severity.HIGH
    longest = limits.longest(window.site_id)[Level.SERVICE if window.out_of_service else level][severity]
    if schedule(window).is_rare or (window.ends_at is not None and window.ends_at - max(window.starts_at, now) <= longest):
        return
    fr, en = limits.said(longest)
    if window.out_of_service:
        raise Refused(
            "silent_too_long",
            f"Un équipement, alarmes critiques comprises, se met hors service pour {fr} au plus.",
            f"An asset, critical alarms included, is out of service for {en} at most.",
            field="ends_at",
        )
    whom = _WHOM[level]
    what = Bilingual(" qui met aussi en silence les alarmes critiques", ", critical alarms included,")
    often = Bilingual(" : elle court plus de la moitié du temps", ": it runs for more than half of the time")
    raise Refused(
        "silent_too_long",
        f"Prévue par {whom.fr}, une maintenance{what.fr * window.critical} finit dans {fr} au plus"
        f"{often.fr * bool(window.weekdays)}.",
        f"A maintenance that {whom.en} plans{what.en * window.critical} ends within {en}{often.en * bool(window.weekdays)}.",
        field="ends_at",
    )


_WHOM = {
    Level.PLANNED_BY_SUPERVISOR: Bilingual("un chef de quart", "a shift supervisor"),
    Level.PLANNED_BY_ADMINISTRATOR: Bilingual("un administrateur", "an administrator"),
}


def _locked(id_: int) -> MaintenanceWindow:
    rows = MaintenanceWindow.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("site", *ABOUT).get(pk=id_)


def _silenced(window: MaintenanceWindow) -> list[Alarm]:
    alarms = Alarm.objects.select_for_update(no_key=True, of=("self",)).filter(maintenance=window)
    return list(alarms.order_by("id"))


def _sensible(window: MaintenanceWindow, now: dt.datetime, level: Level) -> None:
    _about_something(window)
    if not window.reason.strip():
        raise Refused("no_reason", "Il faut un motif.", "A reason is required.")
    for field in ("starts_at", "ends_at"):
        moment = getattr(window, field)
        if moment is not None and not is_reachable(moment):
            raise Refused(
                "out_of_the_calendar", "Entre les années 2000 et 2200.", "Between the years 2000 and 2200.", field=field
            )
    if window.ends_at is not None and window.ends_at <= window.starts_at:
        raise Refused("ends_before_it_starts", "La fin est avant le début.", "The end is before the beginning.", field="ends_at")
    if window.ends_at is not None and window.ends_at <= now:
        raise Refused("ends_in_the_past", "La fin est déjà passée.", "The end is in the past.", field="ends_at")
    if window.ends_at is None and not window.weekdays:
        raise Refused("no_end", "Il faut une fin.", "An end is required.")
    if (
        not window.out_of_service and window.ends_at is not None and not window.weekdays
        and window.ends_at - window.starts_at > LONGEST
    ):  # fmt: skip
        raise Refused(
            "too_long",
            f"{LONGEST.days} jours au plus.",
            f"{LONGEST.days} days at most.",
            meaning=Meaning.INVALID,
            field="ends_at",
        )
    if window.weekdays and window.critical and (window.ends_at is None or window.ends_at - now > LONGEST):
        raise Refused(
            "too_long",
            "Ce qui se répète et met aussi en silence les alarmes critiques a une fin, dans un an au plus.",
            "What is repeated and silences critical alarms too has an end, within a year.",
            field="ends_at",
        )
    _near(window, now, level)
