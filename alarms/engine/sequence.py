"""Sequences and absences at work: one thing and then another in time, or not.

Both look at facts by their own instants, whichever arrived first: a slow feed's A may come in after the B that followed it.
A fact older than its group's newest by more than the rule's time came too late and is passed over.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left, bisect_right, insort
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from alarms.engine.evidence import Evidence, MissingEvidence, Seen, SequenceEvidence
from alarms.engine.facts import BEGAN, MOMENT, Fact
from alarms.engine.gathering import FactPlaces, Gathering, Group, Key
from alarms.engine.layout import SECOND, ScopedRule
from alarms.engine.spec import Missing, Sequence
from alarms.engine.transitions import Active
from assets.register import NONE, FeedRow, Register

FIRST, THEN, UNLESS = 0, 1, 2
MOST = 1_000
"""How many facts of each role a group remembers, the oldest forgotten first."""

Entry = tuple[int, int, Seen, FeedRow]
"""Instant, number of the fact within the rule, what it was, and the row of the feed that told."""


class _Past(Group):
    """What a group remembers: facts by role in the order of their instants, and when its alarm ends (None: not by itself)."""

    __slots__ = ("closed", "evidence", "raised", "roles", "until")

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.roles: tuple[list[Entry], ...] = ([], [], [])
        self.until: int | None = None
        self.raised = 0
        self.closed = -(2**63)
        """When the last alarm ended: nothing is raised before it."""
        self.evidence: Evidence | None = None


MeetingT = TypeVar("MeetingT", bound=Sequence | Missing)


class _Meeting(Gathering[_Past, MeetingT]):
    """What both share: where facts meet, what is remembered of them, and for how long."""

    wants = frozenset({BEGAN, MOMENT})

    def __init__(self, register: Register, rule: ScopedRule[MeetingT]) -> None:
        super().__init__(register, rule)
        self._within = round(self.spec.within * SECOND)
        self._names = [self.spec.first.named(), self.spec.then.named()]
        self._places = FactPlaces(register, self.spec.by)
        self.subject_kind = self._places.kind

    @abstractmethod
    def meet(self, group: _Past, role: int, fact: Fact) -> None:
        """See what a fact, which has just been remembered in this role, makes with the others."""

    def subject(self, key: Key) -> int | str:
        return self._places.subject(key)

    def key_of(self, subject: int | str) -> Key | None:
        return self._places.key_of(subject)

    def idle(self, group: _Past) -> bool:
        return group.severity is None and not any(group.roles)

    def keys(self, fact: Fact) -> tuple[Key, ...]:
        key = self._places.of(fact)
        return () if key is None else (key,)

    def new(self, key: Key) -> _Past:
        return _Past(key)

    def absorb(self, group: _Past, fact: Fact) -> None:
        if fact.at <= group.clock - self._within:
            return
        asset = None if fact.asset == NONE else int(self.register.asset_id[fact.asset])
        for role, _ in fact.turns:
            entries = group.roles[role]
            what = self._names[role] if role != UNLESS else self._names[FIRST]
            insort(entries, (fact.at, self.facts, Seen(what, fact.subject, asset, fact.at), fact.feed), key=_when)
            self._forget(entries, group.clock - 2 * self._within)
        for role, _ in fact.turns:
            self.meet(group, role, fact)

    def _own(self, entries: list[Entry]) -> Entry | None:
        """The entry of the fact being taken in, unless so many are newer that it was forgotten at once."""
        return next((entry for entry in reversed(entries) if entry[1] == self.facts), None)

    def earliest(self, thens: list[Entry], first: Entry | None) -> Entry | None:
        """The next thing at or after `first`, within the time after it; not the same fact."""
        if first is None:
            return None
        for index in range(bisect_left(thens, first[0], key=_at), len(thens)):
            if thens[index][1] != first[1]:
                return thens[index] if thens[index][0] < first[0] + self._within + self.open else None
        return None

    @staticmethod
    def _forget(entries: list[Entry], before: int) -> None:
        gone = max(bisect_right(entries, before, key=_at), len(entries) - MOST)
        if gone > 0:
            del entries[:gone]


class Sequences(_Meeting[Sequence]):
    """One sequence rule: the alarm stands for `hold` after the last time it was seen."""

    def __init__(self, register: Register, rule: ScopedRule[Sequence]) -> None:
        super().__init__(register, rule)
        self._hold = round(self.spec.hold * SECOND)

    def held(self, group: _Past, alarm: Active) -> None:
        until = alarm.since + self._hold
        group.clock, group.until = alarm.since, until
        first, then = (Seen(name, "", None, alarm.since) for name in self._names)
        group.evidence = SequenceEvidence(first, then, self._places.name, self._within, until)

    def meet(self, group: _Past, role: int, fact: Fact) -> None:
        if role == UNLESS:
            return
        if role == THEN:
            then = self._own(group.roles[THEN])
            first = self._latest(group.roles[FIRST], then)
        else:
            first = self._own(group.roles[FIRST])
            then = self.earliest(group.roles[THEN], first)
        if first is None or then is None or then[0] < group.closed or self._averted(group, first[0], then[0]):
            return
        until = then[0] + self._hold
        if group.severity is None:
            group.until = until
            evidence = SequenceEvidence(first[2], then[2], self._places.name, self._within, until)
            self.tell(group, self.spec.severity, then[0], first[0], fact.received, evidence)
            group.evidence = evidence
        elif group.until is None or until > group.until:
            group.until = until
            group.evidence = SequenceEvidence(first[2], then[2], self._places.name, self._within, until)

    def _latest(self, firsts: list[Entry], then: Entry | None) -> Entry | None:
        """The last first thing at or before `then`, less than the time before it; not the same fact."""
        if then is None:
            return None
        for index in range(bisect_right(firsts, then[0], key=_at) - 1, -1, -1):
            if firsts[index][1] != then[1]:
                return firsts[index] if firsts[index][0] > then[0] - self._within else None
        return None

    def _averted(self, group: _Past, first: int, then: int) -> bool:
        unless = group.roles[UNLESS]
        place = bisect_left(unless, first, key=_at)
        return place < len(unless) and unless[place][0] <= then

    def deadline(self, group: _Past) -> int | None:
        if group.severity is not None:
            return group.until
        # Nothing more can come of what is this old: the group may be forgotten.
        newest = max((entries[-1][0] for entries in group.roles if entries), default=None)
        return None if newest is None else newest + 2 * self._within

    def fall_due(self, group: _Past, at: int, learned: int) -> None:
        if group.severity is not None:
            assert group.evidence is not None
            self.tell(group, None, at, group.opened, learned, group.evidence)
            group.closed, group.until = at, None
        else:
            for entries in group.roles:
                entries.clear()


class Absences(_Meeting[Missing]):
    """One rule of what should have followed: the alarm waits for it, or for `hold`. Who waits is in the first role."""

    open = 1

    def __init__(self, register: Register, rule: ScopedRule[Missing]) -> None:
        super().__init__(register, rule)
        self._hold = None if self.spec.hold is None else round(self.spec.hold * SECOND)

    def held(self, group: _Past, alarm: Active) -> None:
        group.clock = group.raised = alarm.since
        group.until = None if self._hold is None else alarm.since + self._hold
        group.evidence = self._evidence(Seen(self._names[FIRST], "", None, alarm.since), None)

    def waits(self, group: _Past, unknown: NDArray[np.bool_]) -> bool:
        return any(feed != NONE and unknown[feed] for _, _, _, feed in group.roles[FIRST])

    def meet(self, group: _Past, role: int, fact: Fact) -> None:
        waiting, thens = group.roles[FIRST], group.roles[THEN]
        if role == FIRST:
            first = self._own(waiting)
            if first is not None and self.earliest(thens, first) is not None:
                waiting.remove(first)
            return
        then = self._own(thens)
        if then is None:
            return
        waiting[:] = [each for each in waiting if not (each[0] <= then[0] <= each[0] + self._within) or each[1] == then[1]]
        if group.severity is not None and then[0] >= group.opened:
            at = max(then[0], group.raised)
            assert isinstance(group.evidence, MissingEvidence)
            evidence = self._evidence(group.evidence.first, then[2])
            group.closed, group.until = at, None
            self.tell(group, None, at, group.opened, fact.received, evidence)

    def deadline(self, group: _Past) -> int | None:
        waiting, thens = group.roles[FIRST], group.roles[THEN]
        instants = [waiting[0][0] + self._within] if waiting else []
        if group.severity is not None:
            instants += [] if group.until is None else [group.until]
        elif thens and not waiting:
            instants.append(thens[-1][0] + 2 * self._within)
        return min(instants, default=None)

    def fall_due(self, group: _Past, at: int, learned: int) -> None:
        waiting = group.roles[FIRST]
        if group.severity is not None and group.until == at:
            assert group.evidence is not None
            group.closed, group.until = at, None
            self.tell(group, None, at, group.opened, learned, group.evidence)
        elif waiting and waiting[0][0] + self._within == at:
            first = waiting.pop(0)
            if group.severity is None and at >= group.closed:
                group.raised, group.until = at, None if self._hold is None else at + self._hold
                group.evidence = self._evidence(first[2], None)
                self.tell(group, self.spec.severity, at, first[0], learned, group.evidence)
        else:
            group.roles[THEN].clear()

    def _evidence(self, first: Seen, then: Seen | None) -> MissingEvidence:
        return MissingEvidence(first, self._names[THEN], self._places.name, self._within, then)


def _when(entry: Entry) -> tuple[int, int]:
    return entry[0], entry[1]


def _at(entry: Entry) -> int:
    return entry[0]
