"""Who is inside an area: a stay begins with an entry that passed and ends with an exit. The only writer of Stay."""

import datetime as dt

from django.db import transaction
from django.db.models import Count, Q

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Page
from passages import arrivals, lines, vehicles
from passages.models import Passage, Stay
from passages.reads import Direction

LOST_AFTER = dt.timedelta(days=31)
"""A vehicle whose exit nobody saw is not inside for ever: its token ends with the month's key as well."""


def note_passed(passage: Passage, now: dt.datetime) -> None:
    """Begin or end the stay of a vehicle that has passed, inside the transaction that says so."""
    gate = passage.gate
    if not gate.area:
        return
    way = Direction(gate.direction) if gate.direction != Direction.UNKNOWN else Direction(passage.direction)
    known = vehicles.tokens(passage.site_id, arrivals.canonical(passage.plate), now) if passage.plate else []
    inside = Stay.objects.filter(site_id=passage.site_id, area=gate.area, left_at=None, tokens__overlap=known or ["-"])
    if way is Direction.OUT:
        for stay in inside:
            stay.left_at, stay.exit = now, passage
            stay.save(update_fields=["left_at", "exit"])
            break
        return
    if way is Direction.IN and not Stay.objects.filter(entry=passage).exists():
        inside.update(left_at=now, ended_by="")  # it came in again: nobody saw it leave
        most = passage.permit and passage.permit.longest_stay
        Stay.objects.create(
            site_id=passage.site_id, area=gate.area, tokens=known, permit=passage.permit, entry=passage, entered_at=now,
            leave_by=now + dt.timedelta(minutes=most) if most else None,
        )  # fmt: skip


def sweep(site: int, now: dt.datetime) -> None:
    """Tell, once, of each vehicle that is inside beyond its time; forget those nobody saw leave."""
    over = Q(site_id=site, left_at=None)
    Stay.objects.filter(over, entered_at__lt=now - LOST_AFTER).update(left_at=now)
    rows = Stay.objects.filter(over, overstayed_at=None, leave_by__lte=now)
    with transaction.atomic():
        late = list(rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("entry__gate", "permit"))
        if not late:
            return
        with live.writing(site) as page:
            for stay in late:
                _tell(page, stay, now)


def end(id_: int, *, by: Actor, now: dt.datetime) -> Stay:
    """Somebody saw the vehicle leave, or knows that it did. Idempotent."""
    with transaction.atomic():
        rows = Stay.objects.select_for_update(no_key=True, of=("self",)).select_related("entry__gate", "permit")
        stay = rows.filter(pk=id_).first()
        if stay is None:
            raise Refused("no_such_stay", "Cette présence n’existe pas.", "There is no such stay.", meaning=Meaning.NOT_FOUND)
        if stay.left_at is None:
            stay.left_at, stay.ended_by = now, by.name
            with live.writing(stay.site_id) as page:
                text = ("sortie notée à la main", "exit noted by hand")
                lines.write(page, stay.entry, "stay_ended", *text, now, by=by, area=stay.area)
                stay.entry.save(update_fields=["seq"])
            stay.save(update_fields=["left_at", "ended_by"])
    return stay


def occupancy(site: int, seen: Q | None = None) -> list[dict[str, object]]:
    """By area: how many of the stays that somebody sees are inside, and how many of them beyond their time."""
    rows = Stay.objects.filter(seen or Q(), site_id=site, left_at=None).order_by("area").values("area")
    counted = rows.annotate(inside=Count("pk"), overstayed=Count("pk", filter=Q(overstayed_at__isnull=False)))
    return [dict(row) for row in counted]


def _tell(page: Page, stay: Stay, now: dt.datetime) -> None:
    stay.overstayed_at = now
    stay.save(update_fields=["overstayed_at"])
    permit = stay.permit
    fr, en = (f" (autorisation {permit.reference})", f" (permit {permit.reference})") if permit else ("", "")
    text = (f"véhicule présent au-delà de la durée autorisée{fr}", f"vehicle inside beyond its time{en}")
    lines.write(page, stay.entry, "overstayed", *text, now, area=stay.area)
    stay.entry.save(update_fields=["seq"])
