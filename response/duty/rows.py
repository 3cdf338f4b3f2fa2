"""The shapes of a position, a holding and a turn, wherever they are shown."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from journal.rows import time_text
from response import rota
from response.duty.rotas import turn_of, turns_by_position
from response.duty.settings import holidays_on
from response.models import Holding, Position, RotaTurn
from response.rota import Stretch

_AHEAD = dt.timedelta(days=8)
"""How far ahead the next stretch of a position is looked for."""


def holding_rows(found: QuerySet[Holding]) -> list[dict[str, Any]]:
    """Rows of holdings in the queryset's order, in one query."""
    return [_holding(each) for each in found.select_related("site", "position")]


def _holding(holding: Holding) -> dict[str, Any]:
    position = holding.position
    return {
        "id": holding.pk,
        "site": holding.site.slug,
        "seq": holding.seq,
        "position": {"id": position.pk, "slug": position.slug, "name": {"fr": position.name_fr, "en": position.name_en}},
        "holder": holding.holder,
        "desk": holding.desk,
        "since": time_text(holding.since),
        "closed_at": time_text(holding.until),
        "ending": holding.ending or None,
        "reason": holding.reason,
    }


def position_rows(found: Iterable[Position], now: dt.datetime) -> list[dict[str, Any]]:
    """Rows of positions in their order: who holds each, and who is expected now and next; three queries more."""
    positions = list(found)
    ids = [each.pk for each in positions]
    held = {each.position_id: each for each in Holding.objects.filter(position__in=ids, until=None)}
    turns = turns_by_position(ids)
    holidays = holidays_on(positions[0].site_id) if positions else rota.french_holidays
    rows = []
    for each in positions:
        coming = rota.between(turns[each.pk], now, now + _AHEAD, holidays)
        closures = rota.closures(turns[each.pk], now, now + _AHEAD, holidays)
        running = [stretch for stretch in coming if stretch.begins <= now]
        later = [stretch for stretch in coming if stretch.begins > now]
        rows.append(_position(each, held.get(each.pk), running, later[:1], closures[:1]))
    return rows


def _position(
    position: Position, held: Holding | None, running: list[Stretch], later: list[Stretch], closures: list[Stretch]
) -> dict[str, Any]:
    return {
        "id": position.pk,
        "slug": position.slug,
        "name": {"fr": position.name_fr, "en": position.name_en},
        "place": position.place,
        "holder": held and held.holder,
        "desk": held.desk if held else "",
        "since": time_text(held and held.since),
        "expected": [stretch_row(each) for each in running],
        "next": stretch_row(later[0]) if later else None,
        "vacant_since": time_text(position.vacant_since),
        "closure": {"begins": time_text(closures[0].begins), "ends": time_text(closures[0].ends)} if closures else None,
    }


def stretch_row(stretch: Stretch) -> dict[str, Any]:
    return {"who": stretch.turn.who, "begins": time_text(stretch.begins), "ends": time_text(stretch.ends)}


def turn_rows(found: Iterable[RotaTurn]) -> list[dict[str, Any]]:
    return [_turn(each) for each in found]


def _turn(row: RotaTurn) -> dict[str, Any]:
    turn = turn_of(row)
    return {
        "id": row.pk,
        "starts": turn.starts.isoformat(),
        "ends": turn.ends.isoformat(),
        "zone": turn.zone,
        "who": turn.who,
        "repeats": turn.repeats,
        "excluded": [each.isoformat() for each in turn.excluded],
        "holidays": turn.holidays,
        "instead": turn.instead,
        "nobody": turn.nobody,
        "imported": row.imported,
        "note": row.note,
        "written_at": time_text(row.written_at),
        "written_by": row.written_by,
    }
