"""Planned closures of positions: times of the rota at which nobody is expected; announced, begun and ended, each told once.

A closure is an exception of the rota, *nobody*: while it lasts no position is missed. Alone in writing until when a position is
closed, and which closure was announced.
"""

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

from django.db import transaction

from assets.models import Site
from journal import live
from journal.page import Line, Page, open_page
from response import rota
from response.duty import settings
from response.duty.rotas import turns_by_position
from response.models import Position
from response.rota import Stretch


def sweep(site: int, now: dt.datetime) -> int:
    """Tell what begins, ends or comes near; how many lines."""
    told = settings.of_site(site)
    ahead = dt.timedelta(minutes=told.announce_minutes)
    positions = list(Position.objects.filter(site_id=site))
    turns = turns_by_position([each.pk for each in positions if each.retired_at is None])
    if not any(turn.nobody for its in turns.values() for turn in its) and not any(each.closed_until for each in positions):
        return 0
    zone, holidays = ZoneInfo(Site.objects.values_list("timezone", flat=True).get(pk=site)), settings.holidays_on(site)
    closures = {each.pk: rota.closures(turns.get(each.pk, ()), now, now + ahead, holidays) for each in positions}
    return sum(_turn(each, closures[each.pk], zone, now) for each in positions if _changes(each, closures[each.pk], now))


def near(site: int, positions: Collection[int], ahead: dt.timedelta, now: dt.datetime) -> dict[int, Stretch]:
    """By position the closure under way, or the next within `ahead`; two queries, one where nothing is ever closed."""
    turns = turns_by_position(positions)
    if not any(turn.nobody for its in turns.values() for turn in its):
        return {}
    holidays = settings.holidays_on(site)
    found = {pk: rota.closures(its, now, now + ahead, holidays) for pk, its in turns.items()}
    return {pk: its[0] for pk, its in found.items() if its}


def _split(closures: list[Stretch], now: dt.datetime) -> tuple[Stretch | None, Stretch | None]:
    """The one under way, and the next."""
    running = max((each for each in closures if each.begins <= now), key=lambda each: each.ends, default=None)
    return running, next((each for each in closures if each.begins > now), None)


def _changes(position: Position, closures: list[Stretch], now: dt.datetime) -> bool:
    running, coming = _split(closures, now)
    return (running is not None) != (position.closed_until is not None) or (
        coming is not None and position.closure_announced_for != coming.begins
    )


def _turn(position: Position, closures: list[Stretch], zone: ZoneInfo, now: dt.datetime) -> int:
    """Look again with the row locked: another sweep may have told it."""
    running, coming = _split(closures, now)
    with transaction.atomic():
        row = Position.objects.select_for_update(no_key=True).get(pk=position.pk)
        if not _changes(row, closures, now):
            return 0
        page, lines = open_page(row.site_id), 0
        if (running is not None) != (row.closed_until is not None):
            row.closed_until = running and running.ends
            row.seq = _told(page, row, *(_CLOSED if running else _REOPENED), running, zone, now)
            lines += 1
        if coming is not None and row.closure_announced_for != coming.begins:
            row.closure_announced_for = coming.begins
            row.seq = _told(page, row, *_ANNOUNCED, coming, zone, now)
            lines += 1
        row.save(update_fields=["closed_until", "closure_announced_for", "seq"])
        live.publish(page)
    return lines


_ANNOUNCED = ("closure_announced", "fermeture annoncée", "closure announced")
_CLOSED = ("closed", "fermé comme prévu", "closed as planned")
_REOPENED = ("reopened", "rouvert", "open again")


def _told(
    page: Page, row: Position, kind: str, fr: str, en: str, closure: Stretch | None, zone: ZoneInfo, now: dt.datetime
) -> int:
    if closure is not None:
        begins, ends = closure.begins.astimezone(zone), closure.ends.astimezone(zone)
        fr = f"{fr}, du {begins:%d/%m à %H:%M} au {ends:%d/%m à %H:%M}"
        en = f"{en}, from {begins:%d/%m %H:%M} to {ends:%d/%m %H:%M}"
    text = f"Poste « {row.name_fr} » {fr}", f"Position “{row.name_en}” {en}"
    return page.write(Line(f"position.{kind}", now, *text, [("position", row.pk)], details={"position": row.slug}))
