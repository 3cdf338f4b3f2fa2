"""Brings facts to the rules that live on them, in order: from readings, from events, and from the alarms of other rules.

Rules that speak of other rules' alarms come after them: the order is a DAG, made once. A rule's facts are sorted by where
they stand in the batch, so that cutting the same input into other batches changes nothing.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import FOREVER
from alarms.engine.cluster import Clusters
from alarms.engine.columns import Moves
from alarms.engine.condition import Conditions
from alarms.engine.count import Counts
from alarms.engine.facts import ABSENT, BEGAN, ENDED, FOUND, MOMENT, TOLERANCE, Fact, Happening, same
from alarms.engine.faults import Fault
from alarms.engine.gate import Gate
from alarms.engine.gathering import Gathering
from alarms.engine.layout import KNOWN, TRUE, Atom, CompileError, ScopedRule
from alarms.engine.order import following, of_comparison, of_event, of_time
from alarms.engine.predicates import Clause, Predicate
from alarms.engine.sequence import Absences, Sequences
from alarms.engine.spec import By, Condition, Count, Missing, Sequence, Spec
from alarms.engine.telling import Keyed
from alarms.engine.transitions import Active, Transition
from assets.register import NO_ASSET, NO_FEED, NO_POINT, NONE, AssetRow, FeedRow, PointRow, Register

AnyGathering = Gathering[Any, Any]

KINDS: dict[type, type[AnyGathering]] = {Condition: Conditions, Count: Counts, Sequence: Sequences, Missing: Absences}
"""Which part of the engine runs a kind that lives on facts."""

_CHANGE = {(0, KNOWN): ABSENT, (0, TRUE): FOUND, (KNOWN, TRUE): BEGAN, (TRUE, KNOWN): ENDED}
_NOTHING: dict[str, object] = {}
Turns = dict[int, tuple[tuple[int, int], ...]]
"""By change, the turns of a fact: which roles of a rule, and that change for each."""


@dataclass(slots=True)
class _Listener:
    """One rule and what it has asked for."""

    runs: AnyGathering
    gate: Gate | None
    place: int
    assets: NDArray[np.bool_]
    events: dict[str, list[tuple[int, Predicate, frozenset[int]]]] = field(default_factory=dict)
    alarms: dict[int, list[tuple[int, frozenset[int]]]] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)


class FactRelay:
    """All rules that live on facts. `atoms`: comparisons the ladders must judge for them, as rules of their own."""

    def __init__(self, register: Register, rules: abc.Sequence[ScopedRule[Spec]], gates: Mapping[int, Gate]) -> None:
        self._register = register
        self.atoms: list[ScopedRule[Atom]] = []
        self._atom_of: dict[tuple[Atom, bytes], int] = {}
        self._asked: list[dict[int, tuple[int, ...]]] = []
        """Per atom: which rule (by its place) asked for it, in which of its roles."""
        self._hearing: list[list[tuple[_Listener, Turns]]] = []
        """Per atom: who hears of it, and of each change as turns of which roles."""
        self._listeners: list[_Listener] = []
        self._of_events: dict[str, list[_Listener]] = {}
        self._found: dict[tuple[str, int], tuple[_Listener, ...]] = {}
        versions = {rule.slug: rule.version for rule in rules if rule.slug}
        for rule in in_order_of_need(rules):
            if type(rule.spec) in KINDS:
                self._listen(rule, versions, gates.get(rule.version))
        for asked in self._asked:
            hearing = [(self._listeners[place], roles) for place, roles in asked.items()]
            self._hearing.append([(listener, _turns(listener.runs.wants, roles)) for listener, roles in hearing])
        self._of_alarms = {version for listener in self._listeners for version in listener.alarms}
        self._due = np.full(len(self._listeners), FOREVER)
        """Of each listener, until when the passing of time changes nothing."""
        self._gated = [listener.place for listener in self._listeners if listener.gate is not None]
        self._busy: list[int] = []
        """Heap of the listeners that have something to do: a site has hundreds, and most of the time nearly all have nothing."""

    @property
    def event_kinds(self) -> frozenset[str]:
        return frozenset(self._of_events)

    @staticmethod
    def runs(rule: ScopedRule[Spec]) -> bool:
        """Whether a rule is one of those that live on facts."""
        return type(rule.spec) in KINDS

    # -- compilation ------------------------------------------------------------------------------------------------

    def _listen(self, rule: ScopedRule[Spec], versions: dict[str, int], gate: Gate | None) -> None:
        register, place = self._register, len(self._listeners)
        runs = _runs(register, rule)
        inside = np.zeros(len(register.asset_id) + 1, bool)
        inside[rule.asset_rows(register)] = True
        # What happens at an address nobody knows concerns the rules about everything.
        inside[NONE] = rule.spec.scope == type(rule.spec.scope)()
        listener = _Listener(runs, gate, place, inside)
        self._listeners.append(listener)
        if isinstance(runs, Conditions):
            for role, (term, rows) in enumerate(runs.listens()):
                self._ask(term, rows, place, role)
            return
        for role, predicate in enumerate(predicates_of(rule.spec)):
            if predicate is None:
                continue
            if predicate.quantity is not None:
                self._ask(predicate, self._rows(rule, predicate), place, role)
            elif predicate.event is not None:
                listener.events.setdefault(predicate.event, []).append((role, predicate, self._kind_codes(predicate)))
                if listener not in self._of_events.setdefault(predicate.event, []):
                    self._of_events[predicate.event].append(listener)
            elif predicate.rule in versions:
                listener.alarms.setdefault(versions[predicate.rule], []).append((role, self._kind_codes(predicate)))

    def _rows(self, rule: ScopedRule[Spec], predicate: Predicate) -> NDArray[np.int32]:
        register = self._register
        rows: NDArray[np.int32] = rule.rows[
            register.quantity.code[rule.rows] == register.quantity.code_of(predicate.quantity or "")
        ]
        if predicate.kinds:
            rows = rows[np.isin(register.kind.code[register.asset[rows]], list(self._kind_codes(predicate)))]
        return rows

    def _kind_codes(self, predicate: Predicate) -> frozenset[int]:
        return frozenset(self._register.kind.code_of(kind) for kind in predicate.kinds)

    def _ask(self, term: Predicate | Clause, rows: NDArray[np.int32], place: int, role: int) -> None:
        """The same comparison of the same points is judged once, whoever asks."""
        spec = Atom(term.above, term.below, term.codes, term.deadband)
        index = self._atom_of.setdefault((spec, rows.tobytes()), len(self.atoms))
        if index == len(self.atoms):
            self.atoms.append(ScopedRule(-1 - index, spec, rows))
            self._asked.append({})
        self._asked[index][place] = (*self._asked[index].get(place, ()), role)

    # -- what happens -----------------------------------------------------------------------------------------------

    def edges(self, moves: Moves, atom: NDArray[np.intp], row: NDArray[np.intp]) -> None:
        """Comparisons that turned: `atom` and `row` (of points) for each move."""
        register = self._register
        asset, feed, point = register.asset[row], register.feed[row], register.point_id[row]
        told = (moves.position, moves.before, moves.after, moves.at, moves.learned, moves.value)
        columns = (atom, row, asset, feed, point, register.sector.code[asset], *told)
        words = register.sector.words
        for index, row_, asset_, feed_, id_, sector, position, before, after, at, learned, value in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            change, key = _CHANGE[before, after], of_comparison(position)
            for listener, turned in self._hearing[index]:
                turns, facts = turned.get(change), listener.facts
                if turns is None:
                    continue
                if facts and facts[-1].key == key:
                    # What one reading turns is one fact: a condition must not see half of it.
                    facts[-1] = facts[-1]._replace(turns=tuple(sorted(facts[-1].turns + turns)))
                    continue
                self._give(
                    listener,
                    Fact(
                        key, at, learned, turns, f"point:{id_}", AssetRow(asset_), FeedRow(feed_), PointRow(row_),
                        words[sector], _NOTHING, value,
                    )
                )  # fmt: skip

    def happen(self, happenings: abc.Sequence[Happening]) -> None:
        """Events, in order."""
        if not self._of_events or not happenings:
            return
        register = self._register
        assets = register.asset_rows(np.array([event.asset or 0 for event in happenings], np.int64)).tolist()
        feeds = register.feed_rows(np.array([event.feed for event in happenings], np.int64)).tolist()
        for ordinal, (event, asset, feed) in enumerate(zip(happenings, assets, feeds, strict=True)):
            listeners = self._concerned(event.kind, asset)
            if not listeners or event.at - event.received > TOLERANCE:
                continue
            sector = register.sector.words[register.sector.code[asset]] if asset != NONE else ""
            subject = f"address:{event.address}" if asset == NONE else f"asset:{event.asset}"
            kind = register.kind.code[asset] if asset != NONE else NONE
            for listener in listeners:
                turns = tuple(
                    (role, MOMENT) for role, predicate, kinds in listener.events[event.kind]
                    if (not kinds or kind in kinds)
                    and all(same(event.attributes.get(name), wanted) for name, wanted in predicate.attributes.items())
                )  # fmt: skip
                if turns:
                    self._give(
                        listener,
                        Fact(
                            of_event(event.place, ordinal), event.at, event.received, turns, subject, AssetRow(asset),
                            FeedRow(feed), NO_POINT, sector, event.attributes if event.kept is None else event.kept, None,
                        )
                    )  # fmt: skip

    def _concerned(self, kind: str, asset: int) -> tuple[_Listener, ...]:
        """Rules that are about events of this kind on this asset (row): worked out once, as the same things happen again."""
        found = self._found.get((kind, asset))
        if found is None:
            found = tuple(each for each in self._of_events.get(kind, ()) if each.assets[asset])
            self._found[kind, asset] = found
        return found

    def alarms(self, keyed: Iterable[Keyed]) -> None:
        """Alarms that were raised or cleared, of rules that others speak of."""
        if not self._of_alarms:
            return
        for key, move in keyed:
            if move.rule not in self._of_alarms or move.kind == "change":
                continue
            asset, sector, attributes = self._about(move)
            change = BEGAN if move.kind == "raise" else ENDED
            kind = self._register.kind.code[asset] if asset != NONE else NONE
            for listener in self._listeners:
                asked = listener.alarms.get(move.rule)
                if asked is None or not (listener.assets[asset] or asset == NONE):
                    continue
                turns = tuple((role, change) for role, kinds in asked if not kinds or kind in kinds)
                if turns and change in listener.runs.wants:
                    self._give(
                        listener,
                        Fact(
                            key, move.at, move.learned, turns, f"{move.subject_kind}:{move.subject}", asset, NO_FEED, NO_POINT,
                            sector, attributes, None,
                        )
                    )  # fmt: skip

    def _about(self, move: Transition) -> tuple[AssetRow, str, dict[str, object]]:
        """Asset row, sector path and attributes of an alarm's subject."""
        register, asset = self._register, NO_ASSET
        if move.subject_kind == "point" and isinstance(move.subject, int):
            asset = AssetRow(register.asset.item(register.point_row(move.subject)))
        elif move.subject_kind == "asset" and isinstance(move.subject, int):
            asset = register.asset_row(move.subject)
        elif move.subject_kind == "sector":
            return NO_ASSET, str(move.subject), {}
        elif move.subject_kind == "attribute":
            name, _, value = str(move.subject).partition("=")
            return NO_ASSET, "", {name: value}
        return asset, register.sector.words[register.sector.code[asset]] if asset != NONE else "", {}

    def _give(self, listener: _Listener, fact: Fact) -> None:
        if not listener.facts:
            heappush(self._busy, listener.place)
        listener.facts.append(fact)

    # -- what follows -----------------------------------------------------------------------------------------------

    def run(self) -> list[Keyed]:
        """Let each rule take its facts in, one rule after another, and give its alarms to those that speak of them."""
        said: list[Keyed] = []
        while self._busy:
            # Facts that follow are for rules that come after.
            listener = self._listeners[heappop(self._busy)]
            keyed = self._taken(listener)
            if keyed:
                said += self._through(listener, keyed)
        return said

    def expire(self, now: int, unknown: NDArray[np.bool_]) -> list[Keyed]:
        """Let time pass, one rule after another, after the facts that came of it."""
        said: list[Keyed] = []
        due = (self._due <= now).nonzero()[0].tolist()
        self._busy = sorted({*due, *self._gated, *self._busy})
        while self._busy:
            listener = self._listeners[heappop(self._busy)]
            keyed = self._taken(listener) if listener.facts else []
            after = of_time(listener.place)
            keyed += [(after, move) for move in listener.runs.expire(now, unknown)]
            self._due[listener.place] = listener.runs.due
            if keyed:
                said += self._through(listener, keyed)
            if listener.gate is not None:
                turned = [(after, move) for move in listener.gate.expire(now)]
                self.alarms(turned)
                said += turned
        return said

    def _taken(self, listener: _Listener) -> list[Keyed]:
        facts, listener.facts = listener.facts, []
        if len(facts) > 1:
            facts.sort(key=attrgetter("key"))
        keyed: list[Keyed] = []
        for number, fact in enumerate(facts):
            moves = listener.runs.take(fact)
            if moves:
                after = following(fact.key, listener.place, number)
                keyed += [(after, move) for move in moves]
        self._due[listener.place] = listener.runs.due
        return keyed

    def _through(self, listener: _Listener, keyed: list[Keyed]) -> list[Keyed]:
        told = keyed if listener.gate is None else list(listener.gate.through(keyed))
        self.alarms(told)
        return told

    @property
    def hears_of_alarms(self) -> bool:
        """Whether some rule speaks of another's alarms."""
        return bool(self._of_alarms)

    def due_after(self, instant: int) -> int:
        """When some rule has something to do next that is due after an instant."""
        return int(self._due.min(initial=FOREVER, where=self._due > instant))

    # -- alarms -----------------------------------------------------------------------------------------------------

    def active(self) -> Iterator[Active]:
        for listener in self._listeners:
            if listener.gate is None:
                yield from listener.runs.active()

    def hold(self, standing: abc.Sequence[Active]) -> None:
        for listener in self._listeners:
            listener.runs.hold(alarm for alarm in standing if alarm.rule == listener.runs.version)
            self._due[listener.place] = listener.runs.due


def _runs(register: Register, rule: ScopedRule[Spec]) -> AnyGathering:
    spec = rule.spec
    if isinstance(spec, Count) and isinstance(spec.by, By) and spec.by.metres is not None:
        return Clusters(register, cast("ScopedRule[Count]", rule))
    return KINDS[type(spec)](register, rule)


def _turns(wants: abc.Collection[int], roles: tuple[int, ...]) -> Turns:
    return {change: tuple((role, change) for role in roles) for change in wants}


ROLES = ("of", "first", "then", "unless")


def predicates_of(spec: Spec) -> list[Predicate | None]:
    """A rule's predicates by role; none of the kinds that have none."""
    return [getattr(spec, name) for name in ROLES if isinstance(getattr(spec, name, None), Predicate)]


def named_rules(spec: Spec) -> list[tuple[str, str]]:
    """(field, slug) of each rule whose alarms a rule listens to."""
    said = [(name, getattr(spec, name, None)) for name in ROLES]
    return [(f"{name}.rule", each.rule) for name, each in said if isinstance(each, Predicate) and each.rule is not None]


def in_order_of_need(rules: abc.Sequence[ScopedRule[Spec]]) -> list[ScopedRule[Spec]]:
    """The rules, each after those whose alarms it speaks of. Raises CompileError, which names the rules of a cycle."""
    by_slug = {rule.slug: rule for rule in rules if rule.slug}
    ordered: list[ScopedRule[Spec]] = []
    done: set[int] = set()

    def visit(rule: ScopedRule[Spec], path: tuple[str, ...]) -> None:
        if rule.slug and rule.slug in path:
            cycle = " → ".join((*path[path.index(rule.slug) :], rule.slug))
            field = next(name for name, slug in named_rules(rule.spec) if slug in path)
            raise CompileError(rule.version, field, Fault.CIRCLE, rules=cycle)
        if rule.version in done:
            return
        for predicate in predicates_of(rule.spec):
            if predicate is not None and predicate.rule in by_slug:
                visit(by_slug[predicate.rule], (*path, rule.slug))
        done.add(rule.version)
        ordered.append(rule)

    for rule in rules:
        visit(rule, ())
    return ordered
