"""Whom a step has called: the number of a contractor or an entity as the directory has it now, else the one the procedure has."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from response.models import Contractor, Entity
from response.procedures import spec

_NUMBER = re.compile(r"\+?[0-9][0-9 .()/-]{1,29}")
Found = Mapping[tuple[str, str], "tuple[dict[str, str], str]"]
"""Name in both languages and number ("" without one), by `contractor` or `entity` and the slug; of what is in the directory."""


def look_up(site: int, definitions: Iterable[spec.Definition]) -> Found:
    """All whom these definitions have called: a query for each sort, and none for a sort nobody names."""
    calls = [step for definition in definitions for step in definition.steps if isinstance(step, spec.Call)]
    contractors, entities = ({slug for call in calls if (slug := getattr(call, sort))} for sort in ("contractor", "entity"))
    found: dict[tuple[str, str], tuple[dict[str, str], str]] = {}
    if contractors:
        rows = Contractor.objects.filter(site_id=site, slug__in=contractors, retired_at=None)
        found |= {("contractor", row.slug): ({"fr": row.name, "en": row.name}, _number(row.phone)) for row in rows}
    if entities:
        known = Entity.objects.filter(site_id=site, slug__in=entities, retired_at=None)
        found |= {("entity", row.slug): ({"fr": row.name_fr, "en": row.name_en}, _number(row.contact)) for row in known}
    return found


def told(call: spec.Call, found: Found) -> dict[str, Any]:
    """`number` to call, if there is one; of a call by the directory `whom`, and `directory`: found, without_number or gone."""
    sort, slug = ("contractor", call.contractor) if call.contractor else ("entity", call.entity)
    if not slug:
        return {"number": call.number}
    typed = {"number": call.number} if call.number else {}
    entry = found.get((sort, slug))
    if entry is None:
        return typed | {"whom": {"fr": slug, "en": slug}, "directory": "gone"}
    name, number = entry
    if not number:
        return typed | {"whom": name, "directory": "without_number"}
    return {"number": number, "whom": name, "directory": "found"}


def _number(text: str) -> str:
    """The longest number of a text that says how somebody is reached: hours are written in digits, too."""
    found = [each.strip() for each in _NUMBER.findall(text)]
    return max(found, key=lambda each: sum(sign.isdigit() for sign in each), default="")
