"""Preventive plans: kept by administrators, reminded of ahead, ordered once for each due day; the only writer of OrderPlan."""

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

import msgspec
from django.db import IntegrityError, transaction

from alarms.maintenance import moves as maintenance
from alarms.maintenance.times import local
from alarms.models import MaintenanceWindow
from assets.models import Asset, AssetKind, Sector, Site
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, Thing, open_page
from response.models import Contract, OrderPlan
from response.orders import moves, terms
from response.orders.proposal import nearest
from response.orders.recurrence import days
from response.orders.terms import Priority

MOST_ASSETS = 200
MOST_WINDOWS = 20
"""Assets of a list that get a maintenance window each; a longer list has none."""
LONGEST_WINDOW = 24 * 60


class Wanted(msgspec.Struct, frozen=True):
    """A plan as it is to be: of some assets, or of all of a kind, in a sector or everywhere."""

    name: str
    contract: Contract
    work: str
    every: int
    unit: str
    starts_on: dt.date
    assets: Collection[Asset] = ()
    kind: AssetKind | None = None
    sector: Sector | None = None
    season: Collection[int] = ()
    remind_days: int = 0
    window_start: dt.time | None = None
    window_minutes: int = 0


def keep(site: Site, wanted: Wanted, *, by: Actor, now: dt.datetime, known: OrderPlan | None = None) -> OrderPlan:
    """Add a plan or change one; its next due day is today or later. Raises Refused."""
    _sound(wanted)
    with transaction.atomic():
        row = OrderPlan(site=site)
        if known is not None:
            row = OrderPlan.objects.select_for_update(no_key=True).get(pk=known.pk)
        for name in ("name", "contract", "work", "every", "unit", "starts_on", "kind", "sector", "remind_days"):
            setattr(row, name, getattr(wanted, name))
        row.window_start, row.window_minutes = wanted.window_start, wanted.window_minutes
        row.season, row.ended_at = sorted(set(wanted.season)), None
        row.next_on = _next(row, _today(site, now), row.orders.values_list("due_on", flat=True) if row.pk else ())
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise _wrong("name", "Un plan du site a déjà ce nom.", "A plan of the site has this name.") from error
        row.assets.set(wanted.assets)
        _tell(row, *(("ajouté", "added") if known is None else ("modifié", "changed")), "changed", by, now)
    return row


def end(id_: int, *, by: Actor, now: dt.datetime) -> OrderPlan:
    """Order nothing more by it. Again does no harm."""
    with transaction.atomic():
        row = OrderPlan.objects.select_for_update(no_key=True).get(pk=id_)
        if row.ended_at is None:
            row.ended_at, row.next_on = now, None
            row.save(update_fields=["ended_at", "next_on"])
            _tell(row, "terminé", "ended", "ended", by, now)
    return row


def sweep(site: int, now: dt.datetime) -> int:
    """Remind of what comes, and order what is due today or was while nobody looked; how many orders were made."""
    waiting = OrderPlan.objects.filter(site_id=site, ended_at=None, next_on__isnull=False)
    made = 0
    for id_ in waiting.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = waiting.select_for_update(no_key=True, of=("self",)).select_related("site", "contract__contractor__site")
            plan = row.filter(pk=id_).first()
            if plan is not None:
                made += _look(plan, _today(plan.site, now), now)
    return made


def _look(plan: OrderPlan, today: dt.date, now: dt.datetime) -> int:
    assert plan.next_on is not None
    if plan.next_on <= today:
        _order(plan, plan.next_on, now)
        plan.next_on = _next(plan, plan.next_on + dt.timedelta(days=1), ())
        plan.save(update_fields=["next_on"])
        return 1
    soon = plan.next_on - dt.timedelta(days=plan.remind_days) <= today
    if plan.remind_days and soon and plan.reminded_on != plan.next_on:
        plan.reminded_on = plan.next_on
        plan.save(update_fields=["reminded_on"])
        _tell(plan, f"échéance le {plan.next_on:%d/%m/%Y}", f"due on {plan.next_on}", "reminded", SYSTEM, now)
    return 0


def _order(plan: OrderPlan, day: dt.date, now: dt.datetime) -> None:
    """The order of a due day, and its maintenance windows; where these cannot be, the order says so."""
    assets = list(plan.assets.select_related("sector").order_by("code")[:MOST_ASSETS])
    alone = assets[0] if len(assets) == 1 else None
    listed = f" — {', '.join(each.code for each in assets)}" if len(assets) > 1 else ""
    zone = ZoneInfo(plan.site.timezone)
    by_then = local(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()), zone, last=False)
    draft = moves.Draft(
        fault=f"{plan.work}{listed}"[: moves.LONGEST], contractor=plan.contract.contractor, contract=plan.contract,
        priority=nearest(Priority.LOW, terms.read_terms(plan.contract.terms)), asset=alone, sector=plan.sector, plan=plan,
        due_on=day, due=terms.Due(None, None, by_then),
    )  # fmt: skip
    order = moves.order(plan.site_id, draft, by=Actor("procedure", plan.name), now=now)
    if plan.window_start is None:
        return
    begins = local(dt.datetime.combine(day, plan.window_start), zone, last=False)
    ends = begins + dt.timedelta(minutes=plan.window_minutes)
    about = [{"asset": each} for each in assets] or [{"kind": plan.kind, "sector": plan.sector}]
    try:
        with transaction.atomic():
            for each in about:
                window = MaintenanceWindow(
                    site=plan.site, reason=f"{plan.name}, intervention n° {order.number}"[:250], starts_at=begins, ends_at=ends,
                    **each,
                )  # fmt: skip
                maintenance.plan(window, by=SYSTEM, now=now)
    except Refused as refused:
        moves.note(
            order.pk, f"Pas de maintenance prévue : {refused.fr} / No maintenance window: {refused.en}", by=SYSTEM, now=now
        )


def _next(plan: OrderPlan, since: dt.date, ordered: Collection[dt.date]) -> dt.date | None:
    """The first due day from then on that has no order."""
    taken = set(ordered)
    coming = days(plan.starts_on, plan.every, plan.unit, plan.season, since)
    return next((day for day in coming if day not in taken), None)


def _today(site: Site, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(site.timezone)).date()


def _sound(wanted: Wanted) -> None:
    """Raises Refused."""
    if not wanted.name.strip() or not wanted.work.strip():
        raise _wrong("name", "Il faut un nom et ce qui est à faire.", "A name, and what is to be done.")
    if not 1 <= wanted.every <= 1000 or wanted.unit not in OrderPlan.Unit.values:
        raise _wrong("every", "Tous les 1 à 1000 jours ou mois.", "Every 1 to 1000 days or months.")
    if bool(wanted.assets) == (wanted.kind is not None):
        raise _wrong("assets", "Des équipements, ou un type.", "Some assets, or a kind.")
    if len(wanted.assets) > MOST_ASSETS:
        raise _wrong("assets", f"{MOST_ASSETS} équipements au plus.", f"{MOST_ASSETS} assets at most.")
    if any(not 1 <= month <= 12 for month in wanted.season):
        raise _wrong("season", "Des mois de 1 à 12.", "Months from 1 to 12.")
    if not dt.date(2000, 1, 1) <= wanted.starts_on <= dt.date(2150, 1, 1):
        raise _wrong("starts_on", "De 2000 à 2150.", "From 2000 to 2150.")
    if wanted.window_start is not None:
        if not 1 <= wanted.window_minutes <= LONGEST_WINDOW:
            raise _wrong("window_minutes", "De 1 minute à 24 heures.", "From 1 minute to 24 hours.")
        if len(wanted.assets) > MOST_WINDOWS:
            raise _wrong("window_start", f"{MOST_WINDOWS} équipements au plus avec maintenance.",
                         f"{MOST_WINDOWS} assets at most with a window.")  # fmt: skip


def _wrong(field: str, fr: str, en: str) -> Refused:
    return Refused("bad_plan", fr, en, meaning=Meaning.INVALID, field=field)


def _tell(plan: OrderPlan, fr: str, en: str, kind: str, by: Actor, now: dt.datetime) -> None:
    page = open_page(plan.site_id)
    about: list[Thing] = [("order_plan", plan.pk)]
    told: dict[str, object] = {"plan": plan.name, "next_on": plan.next_on and plan.next_on.isoformat()}
    page.write(Line(f"order_plan.{kind}", now, f"Plan « {plan.name} » {fr}", f"Plan “{plan.name}” {en}", about, by, told))
    live.publish(page)
