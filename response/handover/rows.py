"""The one shape of a hand-over, wherever it is shown."""

from typing import Any

from django.db.models import QuerySet

from journal.rows import time_text
from response.models import HandOver


def handover_rows(found: QuerySet[HandOver]) -> list[dict[str, Any]]:
    """Rows in the queryset's order, in one query; without the facts, which one asks for one by one."""
    return [_row(each) for each in found.defer("facts", "changes").select_related("site", "position")]


def handover_row(handover: HandOver) -> dict[str, Any]:
    """One with its facts."""
    return _row(handover) | {"facts": handover.facts, "changes": handover.changes}


def _row(each: HandOver) -> dict[str, Any]:
    position = each.position
    return {
        "id": each.pk,
        "site": each.site.slug,
        "seq": each.seq,
        "position": {"id": position.pk, "slug": position.slug, "name": {"fr": position.name_fr, "en": position.name_en}},
        "since": time_text(each.since),
        "given_at": time_text(each.given_at),
        "given_by": each.given_by,
        "note": each.note,
        "accepted_at": time_text(each.accepted_at),
        "accepted_by": each.accepted_by,
        "withdrawn_at": time_text(each.withdrawn_at),
        "closed_at": time_text(each.accepted_at or each.withdrawn_at),
    }
