"""What a plate's holder has a right to: to know what is kept of it, and to have it erased. Every look is journaled, by token.

A plate comes in a body and never in an address; the journal has its token of the month, which names nobody for longer than that.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from passages import erasure, plates, vehicles
from passages.models import ClearRead, Passage, PermitPlate, Stay


def given(said: str) -> str:
    """A normalised plate from what a person typed. Raises Refused."""
    plate = plates.normalised(said)
    if len(plate) < plates.SHORTEST:
        raise Refused("no_plate", "Ce n’est pas une plaque.", "This is no plate.", meaning=Meaning.INVALID, field="plate")
    return plate


def of_plate(site: int, plate: str, now: dt.datetime) -> QuerySet[Passage]:
    """Passages of a plate: in clear, or by the token of a month whose key is there."""
    return Passage.objects.filter(Q(plate=plate) | Q(token__in=vehicles.tokens(site, plate, now)), site_id=site)


def note_search(site: int, plate: str, what: str, found: int, *, by: Actor, now: dt.datetime, why: str = "") -> None:
    """Journal that somebody looked for a plate, in words of `LOOKED`."""
    fr, en = LOOKED[what]
    details: dict[str, object] = {"vehicle": vehicles.token(site, plate, now), "found": found}
    details |= {"why": why} if why else {}
    with live.writing(site) as page:
        page.write(Line(f"plates.{what}", now, f"{fr} ({found})", f"{en} ({found})", (), by, details))


LOOKED = {
    "searched": ("Recherche d’une plaque dans les passages", "A plate was searched for among passages"),
    "looked_up": ("Recherche d’une plaque dans les autorisations", "A plate was searched for among permits"),
    "handed_out": ("Données d’une plaque remises à la personne", "A plate’s data were handed out to the person"),
}


def note_look(passage: Passage, *, by: Actor, now: dt.datetime) -> None:
    """Journal that somebody looked at the plate or the picture of a passage that is over."""
    with live.writing(passage.site_id) as page:
        about = [("passage", passage.pk), ("asset", passage.gate.asset_id)]
        fr, en = (
            f"{passage.gate.name} : plaque d’un passage clos consultée",
            f"{passage.gate.name}: plate of a past passage looked at",
        )
        page.write(Line("plates.looked_at", now, fr, en, about, by, {"passage": passage.pk}))


def handed_out(site: int, plate: str, *, by: Actor, now: dt.datetime) -> dict[str, object]:
    """All that is kept of a plate, as its holder is given it."""
    passages = list(of_plate(site, plate, now).select_related("gate", "decision", "purpose").order_by("pk"))
    reads = ClearRead.objects.filter(read__passage__in=passages).select_related("read").defer("picture").order_by("pk")
    permits = PermitPlate.objects.filter(permit__site_id=site, plate=plate).select_related("permit").order_by("pk")
    stays = Stay.objects.filter(Q(entry__in=passages) | Q(exit__in=passages), site_id=site).order_by("pk")
    told: dict[str, object] = {
        "plate": plate,
        "at": now.isoformat(),
        "permits": [
            {"reference": each.permit.reference, "company": each.permit.company, "contact": each.permit.contact,
             "purpose": each.permit.purpose, "from": each.permit.valid_from.isoformat(),
             "until": each.permit.valid_until.isoformat(), "state": each.permit.state}
            for each in permits
        ],
        "passages": [
            {"id": each.pk, "gate": each.gate.name, "at": each.happened_at.isoformat(), "state": each.state,
             "direction": each.direction, "vehicle": each.vehicle, "colour": each.colour,
             "decision": each.decision.verdict if hasattr(each, "decision") else None,
             "reason": each.decision.reason if hasattr(each, "decision") else None,
             "purpose": each.purpose.statement, "basis": each.purpose.basis, "contact": each.purpose.contact,
             "erased_at": each.erased_at and each.erased_at.isoformat()}
            for each in passages
        ],
        "reads": [
            {"passage": each.read.passage_id, "at": each.read.received_at.isoformat(), "raw": each.raw, "plate": each.plate,
             "confidence": each.read.confidence, "picture": bool(each.picture)}
            for each in reads
        ],
        "stays": [
            {"area": each.area, "entered_at": each.entered_at.isoformat(), "left_at": each.left_at and each.left_at.isoformat()}
            for each in stays
        ],
    }  # fmt: skip
    note_search(site, plate, "handed_out", len(passages), by=by, now=now)
    return told


def erase_of(site: int, plate: str, *, by: Actor, now: dt.datetime) -> int:
    """Erase what is kept in clear of a plate, of passages that are over; its permits are the holder's to end. How many."""
    erased = 0
    with transaction.atomic():
        while done := erasure.erase(of_plate(site, plate, now).exclude(closed_at=None), site, "person", now, by):
            erased += done
    return erased
