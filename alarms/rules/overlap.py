"""Which rules may hear the same things: by quantity, event or rule, and by kinds, places and assets of their scopes. Pure.

Told from what rules say, without the inventory: two rules that overlap here may still share no point, and two that do not
share none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from alarms.engine import spec as specs
from alarms.engine.relay import predicates_of

SEVERITIES = ("critical", "high", "medium", "low")
SILENCE = "silence"


def worst(spec: specs.Spec) -> str:
    """The worst severity a rule can raise."""
    rungs = getattr(spec, "limits", None) or getattr(spec, "values", None) or (spec,)
    return min((rung.severity for rung in rungs), key=SEVERITIES.index)


def hears(spec: specs.Spec) -> frozenset[tuple[str, str]]:
    """(what, name) of all that a rule listens to: quantities, events, rules, silences."""
    match spec:
        case specs.Silence():
            return frozenset({(SILENCE, spec.of)})
        case specs.Condition():
            return frozenset(("quantity", term.quantity) for term in spec.when.terms() if term.quantity)
    facts = [each for each in predicates_of(spec) if each is not None]
    told = {(what, name) for fact in facts for what in ("quantity", "event", "rule") if (name := getattr(fact, what))}
    return frozenset(told or {("quantity", spec.scope.quantity or "")})


def overlap(one: specs.Spec, other: specs.Spec, paths: Collection[str]) -> bool:
    """`paths` are those of the site's sectors: slugs joined by "/"."""
    if not hears(one) & hears(other):
        return False
    mine, theirs = one.scope, other.scope
    if not (_meet(mine.kinds, theirs.kinds) and _meet(mine.assets, theirs.assets)):
        return False
    told = {name: value for name, value in mine.attributes.items() if name in theirs.attributes}
    if any(theirs.attributes[name] != value for name, value in told.items()):
        return False
    return not mine.sectors or not theirs.sectors or any(_within(path, mine.sectors, theirs.sectors) for path in paths)


def _meet(some: Iterable[str], others: Iterable[str]) -> bool:
    """An empty condition holds for all."""
    some, others = set(some), set(others)
    return not some or not others or not some.isdisjoint(others)


def _within(path: str, some: Iterable[str], others: Iterable[str]) -> bool:
    parts = set(path.split("/"))
    return not parts.isdisjoint(some) and not parts.isdisjoint(others)
