"""How far back each rule must be told the past again after a restart, and so which points, and from when. Pure.

Most rules look back minutes: for them everything is read again from one instant on. A rule that remembers longer (a count
over six hours, a delay of two) asks for the points it speaks of alone, from as far back as it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarms.engine.layout import ScopedRule
from alarms.engine.predicates import Predicate
from alarms.engine.relay import predicates_of
from alarms.engine.spec import Anomaly, Condition, Count, Forecast, Missing, Rate, Spec, lookback
from alarms.engine.spec import Sequence as InSequence
from assets.register import Register

SECOND = 1_000_000
SHALLOW = 3600 * SECOND
"""What is read again for all points goes back this far at most."""
FURTHEST = 7 * 86_400 * SECOND
"""Nothing is read again from further back; a rule that would need it is refused when it is activated."""
MARGIN = 120 * SECOND
COUNTED = 3 * 3600 * SECOND
"""What a counter consumed in an hour is known of one whose beginning was read, after another."""
OF_FACTS = (Count, InSequence, Missing)


def needed(spec: Spec) -> int:
    """µs before an instant from which a rule must be told everything to be right at that instant.

    A count needs its time twice: what began before the first of these facts may have kept its level up. Windows of rates
    and forecasts are filled with the means of minutes and not counted here.
    """
    if isinstance(spec, Count):
        return round(2 * spec.within * SECOND)
    window = spec.window if isinstance(spec, Rate | Forecast) else 0.0
    return round((lookback(spec) - window) * SECOND)


def unsettled(spec: Spec) -> int:
    """µs after the beginning of a replay in which alarms may rest on what began before it: they are taken as told."""
    if isinstance(spec, OF_FACTS):
        return round(spec.within * SECOND)
    window = spec.window if isinstance(spec, Rate | Forecast) else 0.0
    return round((getattr(spec, "on_delay", 0.0) + window) * SECOND) + (COUNTED if isinstance(spec, Anomaly) else 0)


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """All in µs before the last commit.

    base     for every point: what most rules need
    of_rule  by version id; at least `base`
    rows     by register row, int64; at least `base`
    events   for events
    heard    versions whose alarms other rules speak of
    entered  register rows whose last reading before the replay must be known: when what they say began is what counts, and
             their first reading in the replay may come long after its beginning
    """

    base: int
    of_rule: dict[int, int]
    rows: NDArray[np.int64]
    events: int
    heard: frozenset[int]
    entered: NDArray[np.intp]


def reach(register: Register, rules: Sequence[ScopedRule]) -> Reach:
    by_slug = {rule.slug: rule for rule in rules if rule.slug}
    depth = {rule.version: min(_depth(register, rule) + MARGIN, FURTHEST) for rule in rules}
    plain = [rule for rule in rules if not isinstance(rule.spec, OF_FACTS)]
    base = min(max((round(lookback(rule.spec) * SECOND) + MARGIN for rule in plain), default=MARGIN), SHALLOW)
    heard: set[int] = set()
    entered: list[NDArray[np.intp]] = []
    seldom = (register.interval == 0) | (register.interval > MARGIN)
    for rule in rules:
        _deepen(rule, by_slug, depth, heard, ())
    rows = np.full(len(register), base, np.int64)
    events = base
    for rule in rules:
        own, past = rows_read(register, rule), depth[rule.version]
        if isinstance(rule.spec, OF_FACTS):
            entered.append(own)
        elif needed(rule.spec) or rule.version in heard:
            entered.append(own[seldom[own]])
        rows[own] = np.maximum(rows[own], past)
        if any(each is not None and each.event is not None for each in predicates_of(rule.spec)):
            events = max(events, past)
    of_rule = {version: max(past, base) for version, past in depth.items()}
    return Reach(base, of_rule, rows, events, frozenset(heard), np.unique(np.concatenate([np.empty(0, np.intp), *entered])))


def _depth(register: Register, rule: ScopedRule) -> int:
    counts = isinstance(rule.spec, Anomaly) and register.counter[rule.rows].any()
    return needed(rule.spec) + (COUNTED if counts else 0)


def _deepen(
    rule: ScopedRule, by_slug: dict[str, ScopedRule], depth: dict[int, int], heard: set[int], path: tuple[int, ...]
) -> None:
    """Those whose alarms a rule speaks of must be right from where it begins to listen."""
    for predicate in predicates_of(rule.spec):
        other = by_slug.get(predicate.rule) if predicate is not None and predicate.rule else None
        if other is None or other.version in path:
            continue
        heard.add(other.version)
        wanted = min(depth[rule.version] + needed(other.spec), FURTHEST)
        depth[other.version] = max(depth[other.version], wanted)
        _deepen(other, by_slug, depth, heard, (*path, rule.version))


def rows_read(register: Register, rule: ScopedRule) -> NDArray[np.intp]:
    """Register rows of the points a rule reads."""
    spec = rule.spec
    if isinstance(spec, Condition):
        assets = rule.asset_rows(register)
        inside = np.zeros(len(register.asset_id) + 1, bool)
        inside[assets] = inside[register.parent[assets]] = True
        inside[-1] = False
        codes = [register.quantity.code_of(term.quantity) for term in spec.when.terms()]
        return np.flatnonzero(inside[register.asset] & np.isin(register.quantity.code, codes))
    if not isinstance(spec, OF_FACTS):
        return rule.rows.astype(np.intp)
    asked = [each for each in predicates_of(spec) if each is not None and each.quantity is not None]
    found = [_compared(register, rule, each) for each in asked]
    return np.unique(np.concatenate([np.empty(0, np.intp), *found]))


def _compared(register: Register, rule: ScopedRule, predicate: Predicate) -> NDArray[np.intp]:
    rows = rule.rows[register.quantity.code[rule.rows] == register.quantity.code_of(predicate.quantity)]
    if predicate.kinds:
        codes = [register.kind.code_of(kind) for kind in predicate.kinds]
        rows = rows[np.isin(register.kind.code[register.asset[rows]], codes)]
    return rows.astype(np.intp)
