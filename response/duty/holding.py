"""Who holds which position: taken, taken over with a reason, given back, released; the only writer of Holding."""

import datetime as dt

from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line, Page, Thing, open_page
from response.models import Holding, Position

LONGEST_REASON = 300
_SAID = {
    Holding.Ending.GIVEN_BACK: ("rendu", "given back"),
    Holding.Ending.RELEASED: ("libéré", "released"),
}


def take(position: int, *, by: Actor, now: dt.datetime, reason: str = "") -> Holding:
    """Hold a position; from somebody else with a reason. Who holds it already goes on holding it. Raises Refused."""
    with transaction.atomic():
        row = locked(position)
        held = current(row)
        if held is not None and held.holder == by.name:
            return held
        if held is not None and not reason.strip():
            fr = f"Ce poste est tenu par {held.holder} : dites pourquoi vous le reprenez."
            en = f"This position is held by {held.holder}: say why you take it over."
            raise Refused("position_held", fr, en, field="reason")
        page = open_page(row.site_id)
        taken = succeed(page, row, held, Holding.Ending.TAKEN_OVER, by, now, _sound(reason))
        live.publish(page)
    return taken


def give_back(position: int, *, by: Actor, now: dt.datetime) -> Holding:
    """Hold it no longer. Raises Refused when it is not one's own."""
    return _end(position, Holding.Ending.GIVEN_BACK, by, now, "")


def release(position: int, *, by: Actor, now: dt.datetime, reason: str) -> Holding:
    """End what somebody else holds and forgot to give back. Raises Refused without a reason."""
    if not reason.strip():
        fr, en = "Dites pourquoi ce poste est libéré.", "Say why this position is released."
        raise Refused("reason_missing", fr, en, meaning=Meaning.INVALID, field="reason")
    return _end(position, Holding.Ending.RELEASED, by, now, _sound(reason))


def current(position: Position) -> Holding | None:
    return Holding.objects.filter(position=position, until=None).first()


def locked(position: int) -> Position:
    """The row, locked: whoever changes who holds it waits. Raises Refused when it is retired."""
    row = Position.objects.select_for_update(no_key=True).get(pk=position)
    if row.retired_at is not None:
        raise Refused("position_retired", "Ce poste n’existe plus.", "This position is no more.")
    return row


def succeed(
    page: Page, position: Position, held: Holding | None, ending: str, by: Actor, now: dt.datetime, reason: str = ""
) -> Holding:
    """Let somebody hold a position, whoever held it before; its line is on the page. The caller has locked the position."""
    about: list[Thing] = [("position", position.pk)]
    fr, en = f"Poste « {position.name_fr} » pris", f"Position “{position.name_en}” taken"
    details: dict[str, object] = {"position": position.slug}
    kind = "holding.taken"
    if held is not None:
        kind = f"holding.{ending}"
        verb = ("repris", "taken over") if ending == Holding.Ending.TAKEN_OVER else ("reçu", "received")
        fr, en = (
            f"Poste « {position.name_fr} » {verb[0]} de {held.holder}",
            f"Position “{position.name_en}” {verb[1]} from {held.holder}",
        )
        about.append(("holding", held.pk))
        details |= {"from": held.holder, "reason": reason}
        held.until, held.ending, held.reason, held.seq = now, ending, reason, page.seq + 1
        held.save(update_fields=["until", "ending", "reason", "seq"])
    taken = Holding.objects.create(
        site_id=position.site_id, position=position, holder=by.name, desk=by.desk, since=now, seq=page.seq + 1
    )
    tail = f" — {reason}" if reason else ""
    page.write(Line(kind, now, fr + tail, en + tail, [("holding", taken.pk), *about], by, details))
    return taken


def _end(position: int, ending: str, by: Actor, now: dt.datetime, reason: str) -> Holding:
    with transaction.atomic():
        row = locked(position)
        held = current(row)
        if held is None or (ending == Holding.Ending.GIVEN_BACK and held.holder != by.name):
            raise Refused("position_not_held", "Vous ne tenez pas ce poste.", "You do not hold this position.")
        page = open_page(row.site_id)
        held.until, held.ending, held.reason = now, ending, reason
        said, tail = _SAID[Holding.Ending(ending)], f" — {reason}" if reason else ""
        whose = (f", tenu par {held.holder}", f", held by {held.holder}") if held.holder != by.name else ("", "")
        fr = f"Poste « {row.name_fr} » {said[0]}{whose[0]}{tail}"
        en = f"Position “{row.name_en}” {said[1]}{whose[1]}{tail}"
        about: list[Thing] = [("holding", held.pk), ("position", row.pk)]
        details: dict[str, object] = {"position": row.slug, "holder": held.holder}
        held.seq = page.write(Line(f"holding.{ending}", now, fr, en, about, by, details))
        held.save(update_fields=["until", "ending", "reason", "seq"])
        live.publish(page)
    return held


def _sound(reason: str) -> str:
    text = reason.strip()
    if len(text) > LONGEST_REASON:
        fr, en = f"Une raison a {LONGEST_REASON} caractères au plus.", f"A reason has at most {LONGEST_REASON} characters."
        raise Refused("reason_length", fr, en, meaning=Meaning.INVALID, field="reason")
    return text
