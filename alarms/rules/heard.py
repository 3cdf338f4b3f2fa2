"""What rules that run listen to: events of a kind, limits that points have by name."""

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


def limit_readers(site: int) -> dict[str, dict[str, list[Rule]]]:
    """By quantity and name of a limit of its points, the rules that are active and judge by it, by slug; one query."""
    read: dict[str, dict[str, list[Rule]]] = {}
    rules = Rule.objects.filter(site_id=site, state=Rule.State.ACTIVE, active_version__isnull=False)
    for rule in rules.select_related("active_version").order_by("slug"):
        spec = rule.active_version.spec
        quantity = (spec.get("scope") or {}).get("quantity")
        for limit in spec.get("limits") or () if isinstance(quantity, str) else ():
            for value in (limit.get("limit"), limit.get("clear")) if isinstance(limit, dict) else ():
                name = value.get("point") if isinstance(value, dict) else None
                known = read.setdefault(quantity, {}).setdefault(name, []) if isinstance(name, str) else [rule]
                if rule not in known:
                    known.append(rule)
    return read
