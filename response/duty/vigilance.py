"""Sees that positions are held as the rota expects, and that no critical alarm waits too long: states that begin and end.

A sweep: each state is a row that is written with its line in the journal in one transaction, so a beginning and an end are told
once each, whoever is killed in between. What is told becomes events of the log (`response.duty.events`), which rules judge.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q

from alarms.models import Alarm, Severity
from alarms.rows import SILENT
from journal import live
from journal.page import Line, Page, open_page
from response.duty import closures, settings
from response.duty.rotas import expected_at
from response.models import Holding, Position, Watchfulness
from response.rota import Holidays, holidays_of

_WAITING = Q(state__in=[Alarm.State.UNACKNOWLEDGED, Alarm.State.RETURNED])


def sweep(site: int, now: dt.datetime) -> None:
    told = settings.of_site(site)
    closures.sweep(site, now)
    _positions(site, holidays_of(told.region), now)
    _critical(site, told.patience_minutes, now)


def _positions(site: int, holidays: Holidays, now: dt.datetime) -> None:
    """Tell where a position begins to be vacant, or is so no longer: held, expected by nobody, or retired."""
    positions = list(Position.objects.filter(Q(retired_at=None) | Q(vacant_since__isnull=False), site_id=site))
    expected = expected_at([each.pk for each in positions], now, holidays)
    changing = [each.pk for each in positions if _is_vacant(each, bool(expected[each.pk])) != (each.vacant_since is not None)]
    for position in changing:
        with transaction.atomic():
            row = Position.objects.select_for_update(no_key=True).get(pk=position)
            vacant = _is_vacant(row, bool(expected[position]))
            if vacant == (row.vacant_since is not None):
                continue  # another sweep told it
            page = open_page(site)
            row.vacant_since = now if vacant else None
            row.seq = _told(page, row, vacant, now)
            row.save(update_fields=["vacant_since", "seq"])
            live.publish(page)


def _is_vacant(position: Position, expected: bool) -> bool:
    return expected and position.retired_at is None and not Holding.objects.filter(position=position, until=None).exists()


def _told(page: Page, row: Position, vacant: bool, now: dt.datetime) -> int:
    if vacant:
        kind, fr, en = "position.vacant", "vacant, quelqu’un y est attendu", "vacant, somebody is expected"
    else:
        kind, fr, en = "position.covered", "pourvu, ou plus attendu", "covered, or not expected any more"
    text_fr, text_en = f"Poste « {row.name_fr} » {fr}", f"Position “{row.name_en}” {en}"
    return page.write(
        Line(kind, now, text_fr, text_en, [("position", row.pk)], details={"position": row.slug, "name": row.name_fr})
    )


def _critical(site: int, patience: int, now: dt.datetime) -> None:
    """Tell when critical alarms begin to wait too long, and when none does any longer."""
    since = now - dt.timedelta(minutes=patience)
    late = Alarm.objects.filter(_WAITING, ~SILENT, site_id=site, is_open=True, severity=Severity.CRITICAL, learned_at__lte=since)
    oldest = late.order_by("learned_at", "id").first()
    known = Watchfulness.objects.filter(site_id=site).first()
    if (oldest is not None) == (known is not None and known.waiting_since is not None):
        return
    with transaction.atomic():
        Watchfulness.objects.get_or_create(site_id=site)
        row = Watchfulness.objects.select_for_update(no_key=True).get(site_id=site)
        if (oldest is not None) == (row.waiting_since is not None):
            return
        page = open_page(site)
        if oldest is not None:
            fr, en = (
                f"Alarme critique non acquittée depuis {patience} min : {oldest.sentence_fr}",
                f"Critical alarm unacknowledged for {patience} min: {oldest.sentence_en}",
            )
            line = Line("attention.overdue", now, fr[:600], en[:600], [("alarm", oldest.pk)], details={"alarm": oldest.pk})
        else:
            line = Line("attention.restored", now, "Plus aucune alarme critique n’attend", "No critical alarm waits any more")
        row.waiting_since = oldest and now
        page.write(line)
        row.save(update_fields=["waiting_since"])
        live.publish(page)
