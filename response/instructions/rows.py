"""Instructions as they are shown, which of them hold at an instant, and which are for whom."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from journal.rows import time_text
from response import rota
from response.models import Instruction
from response.rota import Turn


def standing(site: int, now: dt.datetime) -> QuerySet[Instruction]:
    """Those that were not revoked and are not over."""
    return Instruction.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now), site_id=site, revoked_at=None)


def in_force(instruction: Instruction, now: dt.datetime) -> bool:
    """Whether it holds at this instant, at this hour too."""
    if instruction.revoked_at is not None or now < instruction.valid_from:
        return False
    if instruction.valid_to is not None and now >= instruction.valid_to:
        return False
    if instruction.times is None:
        return True
    return bool(rota.expected([msgspec.convert(instruction.times, Turn)], now, rota.french_holidays))


def is_for(row: dict[str, Any], role: str, positions: Collection[int]) -> bool:
    """Whether a row is for somebody of this role who holds these positions."""
    wanted = {each["id"] for each in row["positions"]}
    return (not row["roles"] or role in row["roles"]) and (not wanted or bool(wanted & set(positions)))


def instruction_rows(found: Iterable[Instruction], now: dt.datetime) -> list[dict[str, Any]]:
    """Rows in their order, in three queries."""
    if isinstance(found, QuerySet):
        found = found.select_related("site", "sector").prefetch_related("positions", "reads")
    return [_row(each, now) for each in found]


def _row(each: Instruction, now: dt.datetime) -> dict[str, Any]:
    times = None if each.times is None else msgspec.convert(each.times, Turn)
    return {
        "id": each.pk,
        "site": each.site.slug,
        "seq": each.seq,
        "number": each.number,
        "text": each.text,
        "valid_from": time_text(each.valid_from),
        "valid_to": time_text(each.valid_to),
        "times": times and {"starts": times.starts.isoformat(), "ends": times.ends.isoformat(), "repeats": times.repeats},
        "in_force": in_force(each, now),
        "positions": [
            {"id": one.pk, "slug": one.slug, "name": {"fr": one.name_fr, "en": one.name_en}} for one in each.positions.all()
        ],
        "roles": each.roles,
        "sector": each.sector and {"slug": each.sector.slug, "name": each.sector.name, "path": each.sector.path},
        "must_read": each.must_read,
        "written_at": time_text(each.written_at),
        "written_by": each.written_by,
        "closed_at": time_text(each.revoked_at),
        "revoked_by": each.revoked_by,
        "read_by": [{"person": one.person, "at": time_text(one.read_at)} for one in each.reads.all()],
    }
