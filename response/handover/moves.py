"""Gives, withdraws and accepts hand-overs; the only writer of HandOver. Who accepts one holds the position from then on."""

import datetime as dt

import msgspec
from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line, Thing, open_page
from response.duty import holding
from response.handover.facts import Facts, changed, gather
from response.models import HandOver, Holding

LONGEST = 4_000
"""Characters of the note."""
PENDING = {"accepted_at": None, "withdrawn_at": None}


def as_json(facts: Facts) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(facts)
    return told


def facts_of(row: HandOver) -> Facts:
    return msgspec.convert(row.facts, Facts)


def give(position: int, note: str, *, by: Actor, now: dt.datetime) -> HandOver:
    """Give a position that one holds: its facts are frozen. Raises Refused."""
    note = note.strip()
    if len(note) > LONGEST:
        fr, en = f"Écrivez {LONGEST} caractères au plus.", f"Write at most {LONGEST} characters."
        raise Refused("note_length", fr, en, meaning=Meaning.INVALID, field="note")
    with transaction.atomic():
        row = holding.locked(position)
        held = holding.current(row)
        if held is None or held.holder != by.name:
            raise Refused("position_not_held", "Vous ne tenez pas ce poste.", "You do not hold this position.")
        if (pending := HandOver.objects.filter(position=row, **PENDING).first()) is not None:
            if pending.given_by == by.name and pending.note == note:
                return pending  # sent again
            if pending.given_by == by.name:
                fr, en = "Vous avez déjà donné la relève de ce poste.", "You gave the hand-over of this position already."
                raise Refused("handover_pending", fr, en)
            _withdrawn(pending, by, now)  # of somebody from whom the position was taken over since
        facts = gather(row.site_id, held.since, now)
        page = open_page(row.site_id)
        made = HandOver.objects.create(
            site_id=row.site_id, position=row, since=held.since, given_at=now, given_by=by.name, note=note,
            facts=as_json(facts), seq=page.seq + 1,
        )  # fmt: skip
        total = facts.alarms.total
        fr = f"Relève du poste « {row.name_fr} » donnée, {total} alarmes ouvertes"
        en = f"Hand-over of position “{row.name_en}” given, {total} open alarms"
        about: list[Thing] = [("handover", made.pk), ("position", row.pk)]
        details: dict[str, object] = {"position": row.slug, "note": note, "facts": made.facts}
        page.write(Line("handover.given", now, fr, en, about, by, details))
        live.publish(page)
    return made


def withdraw(handover: int, *, by: Actor, now: dt.datetime) -> HandOver:
    """Take it back before anybody accepted it. Raises Refused."""
    with transaction.atomic():
        row = _locked(handover)
        if row.given_by != by.name:
            raise Refused("handover_of_another", "Cette relève est d’un autre.", "This hand-over is another person's.")
        _withdrawn(row, by, now)
    return row


def accept(handover: int, *, by: Actor, now: dt.datetime) -> HandOver:
    """Take the position over, with what changed since it was given. Raises Refused."""
    with transaction.atomic():
        row = HandOver.objects.select_related("position").get(pk=handover)
        position = holding.locked(row.position_id)
        row = _locked(handover)
        if row.given_by == by.name:
            fr, en = "On n’accepte pas sa propre relève.", "Nobody accepts their own hand-over."
            raise Refused("handover_own", fr, en)
        changes = changed(facts_of(row), gather(row.site_id, row.since, now))
        held = holding.current(position)
        page = open_page(row.site_id)
        holding.succeed(page, position, held, Holding.Ending.HANDED_OVER, by, now)
        row.accepted_at, row.accepted_by, row.changes = now, by.name, msgspec.to_builtins(changes)
        fr = f"Relève du poste « {position.name_fr} » acceptée de {row.given_by}"
        en = f"Hand-over of position “{position.name_en}” accepted from {row.given_by}"
        about: list[Thing] = [("handover", row.pk), ("position", position.pk)]
        details: dict[str, object] = {"position": position.slug, "from": row.given_by, "changes": row.changes}
        row.seq = page.write(Line("handover.accepted", now, fr, en, about, by, details))
        row.save(update_fields=["accepted_at", "accepted_by", "changes", "seq"])
        live.publish(page)
    return row


def _locked(handover: int) -> HandOver:
    """Raises Refused for one that waits no longer."""
    row = HandOver.objects.select_for_update(no_key=True).get(pk=handover)
    if row.accepted_at is not None or row.withdrawn_at is not None:
        raise Refused("handover_over", "Cette relève n’attend plus.", "This hand-over waits no longer.")
    return row


def _withdrawn(row: HandOver, by: Actor, now: dt.datetime) -> None:
    page = open_page(row.site_id)
    position = row.position
    row.withdrawn_at = now
    fr, en = f"Relève du poste « {position.name_fr} » retirée", f"Hand-over of position “{position.name_en}” withdrawn"
    about: list[Thing] = [("handover", row.pk), ("position", position.pk)]
    row.seq = page.write(Line("handover.withdrawn", now, fr, en, about, by, {"position": position.slug}))
    row.save(update_fields=["withdrawn_at", "seq"])
    live.publish(page)
