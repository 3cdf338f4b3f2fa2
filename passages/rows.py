"""The one shape of a passage, a permit and a stay wherever they are shown.

What may leave the house names no plate and no person.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from assets.instants import microseconds
from journal.rows import time_text
from passages import plates, reasons
from passages.models import ClearRead, Gate, Passage, Permit, Stay
from passages.permits import hours

_RELATED = ("site", "gate__asset__kind", "gate__asset__sector", "permit", "decision", "command__type")


def passage_rows(
    passages: QuerySet[Passage], *, plates_of: Collection[int] | bool = False, people: bool = True
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows of a queryset, in its order, in one query.

    plates_of   ids whose plates and candidates are told, True for all: only for whoever has the right, never for what leaves
    people      whether who decided, and why, is told
    """
    pictures = ClearRead.objects.filter(read__passage=OuterRef("pk")).exclude(picture=b"")
    found = passages.select_related(*_RELATED).annotate(has_picture=Exists(pictures))
    return [_passage(row, plates_of is True or (plates_of is not False and row.pk in plates_of), people) for row in found]


def passages_by_id(ids: Collection[int]) -> list[dict[str, Any]]:
    """Rows as they may leave the house."""
    return passage_rows(Passage.objects.filter(pk__in=ids), people=False)


def permits_by_id(ids: Collection[int]) -> list[dict[str, Any]]:
    return permit_rows(Permit.objects.filter(pk__in=ids), with_plates=False, people=False)


def _passage(row: Passage, with_plate: bool, people: bool) -> dict[str, Any]:
    decision = getattr(row, "decision", None)
    return {
        "id": row.pk, "site": row.site.slug, "seq": row.seq, "gate": gate_brief(row.gate), "asset": _asset(row.gate),
        "sector": _sector(row.gate), "state": row.state, "policy": row.gate.policy,
        "first_at": time_text(row.first_at), "last_at": time_text(row.last_at), "happened_at": time_text(row.happened_at),
        "closed_at": time_text(row.closed_at), "confirmed_at": time_text(row.confirmed_at), "erased_at": time_text(row.erased_at),
        "has_plate": bool(row.plate), "plate": plates.shown(row.plate) if with_plate and row.plate else None,
        "country": row.country or None, "candidates": _candidates(row) if with_plate else [],
        "direction": row.direction, "vehicle": row.vehicle or None, "colour": row.colour or None,
        "reads": row.reads, "agreement": row.agreement, "confidence": round(row.confidence, 3), "match": row.match or None,
        "verdict": row.verdict, "facts": row.facts, "permit": row.permit and permit_brief(row.permit),
        "picture": row.has_picture,  # type: ignore[attr-defined]
        "command": row.command and {"id": row.command.pk, "state": row.command.state, "reason": row.command.reason or None},
        "decision": decision and {
            "verdict": decision.verdict, "at": time_text(decision.at), "recommended": decision.recommended,
            "automatic": decision.actor_kind == "system",
            "by": decision.actor if people else None, "desk": decision.desk if people else None,
            "reason": decision.reason if people else None,
            "reason_said": _reason(decision.reason) if people else None,
        },
    }  # fmt: skip


def _reason(reason: str) -> dict[str, str] | None:
    return dict(zip(("fr", "en"), reasons.said(reason), strict=True)) if reason else None


def gate_brief(gate: Gate) -> dict[str, Any]:
    return {"id": gate.pk, "slug": gate.slug, "name": gate.name}


def permit_brief(permit: Permit) -> dict[str, Any]:
    return {"id": permit.pk, "reference": permit.reference, "company": permit.company}


def _candidates(row: Passage) -> list[dict[str, Any]]:
    return [
        {"permit": each["permit"], "plate": plates.shown(each["plate"]), "distance": each["distance"],
         "differs": _places(each["plate"], each["differs"]), "twin": each["twin"]}
        for each in row.candidates
    ]  # fmt: skip


def _places(plate: str, differs: Iterable[int]) -> list[int]:
    """Places in a plate as it is shown: the dashes of AB-123-CD count."""
    dashes = plates.is_siv(plate)
    return [place + (dashes and place > 1) + (dashes and place > 4) for place in differs]


def _asset(gate: Gate) -> dict[str, Any]:
    asset = gate.asset
    return {"id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug, "lon": asset.longitude,
            "lat": asset.latitude}  # fmt: skip


def _sector(gate: Gate) -> dict[str, Any] | None:
    sector = gate.asset.sector
    return None if sector is None else {"slug": sector.slug, "name": sector.name, "path": sector.path}


def permit_rows(permits: QuerySet[Permit], *, with_plates: bool, people: bool = True) -> list[dict[str, Any]]:
    """Rows of a queryset, in its order, in three queries."""
    found = permits.select_related("site", "source").prefetch_related("gates", "plates")
    return [
        {
            "id": row.pk, "site": row.site.slug, "seq": row.seq, "reference": row.reference, "company": row.company,
            "contact": row.contact if people else None, "purpose": row.purpose, "state": row.state,
            "valid_from": time_text(row.valid_from), "valid_until": time_text(row.valid_until), "weekly": row.weekly,
            "hours": {language: hours.shown(row.weekly, language) for language in ("fr", "en")},
            "gates": None if row.every_gate else [gate_brief(gate) for gate in row.gates.all()],
            "escort": row.escort, "longest_stay": row.longest_stay, "source": row.source and row.source.slug,
            "vehicles": len(row.plates.all()),
            "plates": [{"plate": plates.shown(each.plate), "country": each.country or None} for each in row.plates.all()]
                      if with_plates else None,
            "changed_at": time_text(row.changed_at), "closed_at": time_text(row.changed_at) if row.state == "ended" else None,
        }
        for row in found
    ]  # fmt: skip


def stay_rows(stays: QuerySet[Stay], now: dt.datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk, "site": row.site.slug, "area": row.area, "permit": row.permit and permit_brief(row.permit),
            "entry": row.entry_id, "exit": row.exit_id, "entered_at": time_text(row.entered_at),
            "leave_by": time_text(row.leave_by), "overstayed": row.overstayed_at is not None, "left_at": time_text(row.left_at),
            "ended_by": row.ended_by or None,
            "minutes": (microseconds(row.left_at or now) - microseconds(row.entered_at)) // 60_000_000,
        }
        for row in stays.select_related("site", "permit")
    ]  # fmt: skip


def read_rows(passage: Passage, *, with_plates: bool) -> list[dict[str, Any]]:
    """The reads of a passage, in the order in which they came; without plates once they are erased."""
    found = passage.plate_reads.select_related("clear", "reader").defer("clear__picture")
    return [
        {
            "id": row.pk, "reader": row.reader and row.reader.slug, "at": time_text(row.at),
            "received_at": time_text(row.received_at), "confidence": row.confidence, "direction": row.direction,
            "phase": row.phase, "retransmitted": row.retransmitted, "preview": row.preview, "parked": row.parked,
            "zone": row.zone or None, "listed": row.listed or None,
            "raw": row.clear.raw if with_plates and hasattr(row, "clear") else None,
            "plate": plates.shown(row.clear.plate) if with_plates and hasattr(row, "clear") else None,
            "link": (row.clear.link or None) if with_plates and hasattr(row, "clear") else None,
        }
        for row in found.order_by("pk")
    ]  # fmt: skip


def picture(passage: Passage) -> ClearRead | None:
    """The read with the newest picture."""
    return ClearRead.objects.filter(read__passage=passage).exclude(picture=b"").order_by("-read_id").first()
