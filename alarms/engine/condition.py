"""Conditions at work: a formula over comparisons of an asset's points and of those of the asset it depends on.

Comparisons are true, false or, before a first reading, unknown; formulas follow Kleene's logic, and only what is certain
begins or ends anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from alarms.engine.evidence import ConditionEvidence, TermSeen
from alarms.engine.facts import ABSENT, BEGAN, ENDED, FOUND, Fact
from alarms.engine.gathering import Gathering, Group, Key
from alarms.engine.layout import SECOND, ScopedRule
from alarms.engine.predicates import Clause
from alarms.engine.spec import Condition
from alarms.engine.transitions import Active
from assets.register import NONE, AssetRow, PointRow, Register

IDLE, RISING, HELD, FALLING = 0, 1, 2, 3


Formula = Callable[[Iterator[bool | None]], bool | None]


def truth(clause: Clause) -> Formula:
    """Gives Kleene's value of a formula from the values of its comparisons, in the order they are written."""
    if clause.quantity is not None:
        return next
    parts = [truth(part) for part in clause.parts()]
    if clause.negated is not None:
        (inner,) = parts
        return lambda terms: None if (value := inner(terms)) is None else not value
    decisive = clause.any is not None

    def joined(terms: Iterator[bool | None]) -> bool | None:
        values = [part(terms) for part in parts]
        if decisive in values:
            return decisive
        return None if None in values else not decisive

    return joined


class _Terms(Group):
    __slots__ = ("asset", "ended", "holds", "phase", "since", "terms")

    def __init__(self, asset: AssetRow, terms: int) -> None:
        super().__init__(asset)
        self.asset = asset
        self.phase, self.since, self.ended = IDLE, 0, 0
        self.holds: list[bool | None] = [None] * terms
        """Per comparison: whether it holds, for one of its points at least; None when nothing was read yet."""
        self.terms: list[dict[PointRow, tuple[bool, float | None, int]]] = [{} for _ in range(terms)]
        """Per comparison, by point row: whether it holds, and the reading since which."""


class Conditions(Gathering[_Terms, Condition]):
    """One condition rule: a group per asset in scope."""

    subject_kind = "asset"
    wants = frozenset({FOUND, BEGAN, ENDED, ABSENT})
    open = 1

    def __init__(self, register: Register, rule: ScopedRule[Condition]) -> None:
        super().__init__(register, rule)
        self._terms, self._truth = self.spec.when.terms(), truth(self.spec.when)
        self._on, self._off = round(self.spec.on_delay * SECOND), round(self.spec.off_delay * SECOND)
        self._assets = rule.asset_rows(register)
        self._inside = np.zeros(len(register.asset_id), bool)
        self._inside[self._assets] = True
        self._of_asset = [term.of == "asset" for term in self._terms]
        self._children: dict[AssetRow, list[AssetRow]] = {}
        """Of a rule that asks about parents: the assets in scope below each."""
        for asset in () if all(self._of_asset) else self._assets.tolist():
            self._children.setdefault(AssetRow(register.parent.item(asset)), []).append(AssetRow(asset))

    def listens(self) -> list[tuple[Clause, NDArray[np.int32]]]:
        """Per comparison: the point rows it is about."""
        register, found = self.register, []
        parents = np.unique(register.parent[self._assets])
        for term in self._terms:
            assets = self._assets if term.of == "asset" else parents[parents != NONE]
            inside = np.zeros(len(register.asset_id), bool)
            inside[assets] = True
            of_quantity = register.quantity.code == register.quantity.code_of(term.quantity or "")
            found.append((term, np.flatnonzero(of_quantity & inside[register.asset]).astype(np.int32)))
        return found

    def keys(self, fact: Fact) -> Sequence[Key]:
        asset = fact.asset
        own = (asset,) if self._inside[asset] else ()
        if not self._children:
            return own
        of_asset = {self._of_asset[role] for role, _ in fact.turns}
        children = self._children.get(asset, ()) if False in of_asset else ()
        return (*(own if True in of_asset else ()), *children)

    def new(self, key: Key) -> _Terms:
        assert isinstance(key, int)
        return _Terms(AssetRow(key), len(self._terms))

    def subject(self, key: Key) -> int:
        assert isinstance(key, int)
        return int(self.register.asset_id[key])

    def key_of(self, subject: int | str) -> Key | None:
        row = NONE if isinstance(subject, str) else self.register.asset_row(subject)
        return row if row != NONE and self._inside[row] else None

    def held(self, group: _Terms, alarm: Active) -> None:
        group.phase, group.since = HELD, alarm.since

    def waits(self, group: _Terms, unknown: NDArray[np.bool_]) -> bool:
        return any(unknown[self.register.feed[point]] for term in group.terms for point in term)

    def absorb(self, group: _Terms, fact: Fact) -> None:
        for role, change in fact.turns:
            whose = group.asset if self._of_asset[role] else self.register.parent[group.asset]
            if fact.asset == whose:
                begins, points = change in (BEGAN, FOUND), group.terms[role]
                points[fact.point] = (begins, fact.value, fact.at)
                group.holds[role] = begins or any(holds for holds, _, _ in points.values())
        holds = self._truth(iter(group.holds))
        if group.phase in (IDLE, RISING):
            if holds is not True:
                group.phase = IDLE
            elif group.phase == IDLE:
                group.phase, group.since = RISING, group.clock
                self._at_once(group, self._on, fact)
        elif holds is not None:
            if holds:
                group.phase = HELD
            elif group.phase == HELD:
                group.phase, group.ended = FALLING, group.clock
                self._at_once(group, self._off, fact)

    def _at_once(self, group: _Terms, delay: int, fact: Fact) -> None:
        if not delay:
            self.fall_due(group, group.clock, fact.received)

    def deadline(self, group: _Terms) -> int | None:
        if group.phase == RISING:
            return group.since + self._on
        return group.ended + self._off if group.phase == FALLING else None

    def fall_due(self, group: _Terms, at: int, learned: int) -> None:
        if group.phase == RISING:
            group.phase = HELD
            self.tell(group, self.spec.severity, at, group.since, learned, self._evidence(group, group.since, self._on))
        else:
            group.phase = IDLE
            self.tell(group, None, at, group.since, learned, self._evidence(group, group.ended, self._off))

    def _evidence(self, group: _Terms, first_at: int, delay: int) -> ConditionEvidence:
        seen = []
        for term, points, holds in zip(self._terms, group.terms, group.holds, strict=True):
            # The point that explains it: one for which it holds, if any; the latest of those.
            if not points:
                seen.append(TermSeen(term.named(), term.of, holds, None, None, None))
                continue
            row, (_, value, at) = max(points.items(), key=lambda item: (item[1][0], item[1][2], item[0]))
            seen.append(TermSeen(term.named(), term.of, holds, int(self.register.point_id[row]), value, at))
        return ConditionEvidence(tuple(seen), first_at, delay)
