"""Which rules that run hear of events of a kind."""

from collections.abc import Iterator
from typing import Any

from alarms.models import Rule


def listeners(site: int) -> dict[str, list[Rule]]:
    """By kind of event the rules that are active and name it, by slug; one query."""
    heard: dict[str, list[Rule]] = {}
    rules = Rule.objects.filter(site_id=site, state=Rule.State.ACTIVE, active_version__isnull=False)
    for rule in rules.select_related("active_version").order_by("slug"):
        for kind in sorted(set(_named(rule.active_version.spec))):
            heard.setdefault(kind, []).append(rule)
    return heard


def _named(part: Any) -> Iterator[str]:
    """Kinds of events in a spec or a part of one."""
    if isinstance(part, dict):
        if isinstance(kind := part.get("event"), str):
            yield kind
        for each in part.values():
            yield from _named(each)
    elif isinstance(part, list):
        for each in part:
            yield from _named(each)
