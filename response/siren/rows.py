"""The one shape of a siren, wherever it is shown."""

from typing import Any

from django.db.models import QuerySet

from journal.rows import time_text
from response.models import Siren
from response.notification.sealed import Unreadable
from response.siren import moves, spec


def siren_rows(found: QuerySet[Siren]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.pk, "slug": each.slug, "name": each.name, "settings": _settings(each), "patterns": each.patterns,
            "enabled": each.enabled_at is not None, "reached_at": time_text(each.reached_at), "said": each.said,
            "fault": _fault(each.fault), "failing_since": time_text(each.failing_since), "test_until": time_text(each.test_until),
        }
        for each in found
    ]  # fmt: skip


def _fault(fault: str) -> dict[str, str] | None:
    if not fault:
        return None
    fr, en = spec.fault_words(fault)
    return {"fr": fr, "en": en}


def _settings(row: Siren) -> dict[str, Any]:
    """Empty when the keys of today do not open them."""
    try:
        return moves.shown(row)
    except Unreadable:
        return {}
