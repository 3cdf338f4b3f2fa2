"""What conditions, counts, sequences and absences share: facts gathered in groups, each group on a clock of its own.

A group's clock is the newest instant it has acted on: that of its newest fact, or that of a delay that ended since. Before a
fact that is newer is taken in, what was due up to its instant takes place, each at its own instant. When no fact comes,
`advance(now)` makes it happen, once `now - lag` is there; the lag is how late the fact reached us that set the clock.
Facts are few, so this is Python per fact; a group costs something only when a fact or a deadline touches it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import ClassVar, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from alarms.engine import spec as specs
from alarms.engine.clock import FOREVER, NEVER
from alarms.engine.facts import Fact, stable, written
from alarms.engine.layout import ScopedRule
from alarms.engine.predicates import By
from alarms.engine.transitions import Active, Evidence, Kind, SubjectKind, Transition
from assets.register import NONE, AssetRow, Register

Key = int | str

SITE: Key = 0


class Group:
    """What every group knows; each kind adds its own."""

    __slots__ = ("clock", "due", "key", "lag", "opened", "severity")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.clock, self.lag = NEVER, 0
        self.due: int | None = None
        """When it must be looked at by the wall clock, if no fact comes before."""
        self.severity: str | None = None
        self.opened = 0


GroupT = TypeVar("GroupT", bound=Group)
RuleT = TypeVar("RuleT", bound=specs.Condition | specs.Count | specs.Sequence | specs.Missing)


class Gathering(ABC, Generic[GroupT, RuleT]):
    """One rule at work on its groups. A kind says where a fact belongs, what it does there, and what is due when."""

    wants: ClassVar[frozenset[int]]
    """Which changes of its predicates (FOUND, BEGAN, ENDED, ABSENT, MOMENT) are facts to this kind."""
    open: ClassVar[int] = 0
    """1 (µs) for kinds whose deadlines wait for all facts of their very instant: a later fact, or time, makes them happen."""
    subject_kind: SubjectKind = "asset"

    def __init__(self, register: Register, rule: ScopedRule[RuleT]) -> None:
        self.register, self.version = register, rule.version
        self.spec: RuleT = rule.spec
        self.groups: dict[Key, GroupT] = {}
        self.told: list[Transition] = []
        self.facts = 0
        """How many facts were taken in: the number of the present one."""
        self._heap: list[tuple[int, Key]] = []
        self._waiting: list[Key] = []
        self._unknown = b""

    # -- what a kind must say ---------------------------------------------------------------------------------------

    @abstractmethod
    def keys(self, fact: Fact) -> Sequence[Key]:
        """The groups a fact belongs to."""

    @abstractmethod
    def new(self, key: Key) -> GroupT:
        """A fresh group."""

    @abstractmethod
    def absorb(self, group: GroupT, fact: Fact) -> None:
        """Take a fact into a group, after what was due before it."""

    @abstractmethod
    def deadline(self, group: GroupT) -> int | None:
        """The next instant at which something is due on the group's clock; None for nothing."""

    @abstractmethod
    def fall_due(self, group: GroupT, at: int, learned: int) -> None:
        """Make happen what is due at an instant."""

    @abstractmethod
    def subject(self, key: Key) -> int | str:
        """The subject of the group's alarm."""

    @abstractmethod
    def key_of(self, subject: int | str) -> Key | None:
        """The group of an alarm's subject; None when it is not a group of this rule."""

    @abstractmethod
    def held(self, group: GroupT, alarm: Active) -> None:
        """An alarm of this fresh group stands from before the start."""

    # -- what a kind may leave as it is -----------------------------------------------------------------------------

    def idle(self, group: GroupT) -> bool:
        """Whether nothing worth remembering is left."""
        return False

    def waits(self, group: GroupT, unknown: NDArray[np.bool_]) -> bool:
        """Whether the passing of time must not end its delays, as feeds (rows) are silent."""
        return False

    # -- what moves it ----------------------------------------------------------------------------------------------

    def take(self, fact: Fact) -> Sequence[Transition]:
        """Take a fact in; gives what it told, in order."""
        self.facts += 1
        for key in self.keys(fact):
            group = self.groups.get(key)
            if group is None:
                group = self.groups[key] = self.new(key)
            if fact.at > group.clock:
                self._settle(group, fact.at - self.open, fact.received)
                group.clock, group.lag = fact.at, max(fact.received - fact.at, 0)
            self.absorb(group, fact)
            self._plan(group, self._settle(group, group.clock - self.open, fact.received))
        return self._said()

    @property
    def due(self) -> int:
        """Before this instant `expire` has nothing to do: most rules do nothing most of the time, and a site has hundreds."""
        if self._waiting:
            return NEVER
        return self._heap[0][0] if self._heap else FOREVER

    def expire(self, now: int, unknown: NDArray[np.bool_]) -> Sequence[Transition]:
        """Let time pass up to `now`; groups of silent feeds wait until that changes."""
        if self._waiting and unknown.tobytes() != self._unknown:
            for key in self._waiting:
                if key in self.groups:
                    self._plan(self.groups[key], self.deadline(self.groups[key]))
            self._waiting.clear()
        while self._heap and self._heap[0][0] <= now:
            due, key = heappop(self._heap)
            group = self.groups.get(key)
            if group is None or group.due != due:
                continue
            group.due = None
            if unknown.any() and self.waits(group, unknown):
                self._waiting.append(key)
                self._unknown = unknown.tobytes()
                continue
            self._plan(group, self._settle(group, now - group.lag, now))
        return self._said()

    def _settle(self, group: GroupT, until: int, learned: int) -> int | None:
        """Make happen what is due up to an instant; gives the deadline after that."""
        while (at := self.deadline(group)) is not None and at <= until:
            group.clock = max(group.clock, at)
            self.fall_due(group, at, learned)
        return at

    def _plan(self, group: GroupT, at: int | None) -> None:
        """When the group must be looked at, its next deadline being this one."""
        due = None if at is None else at + group.lag
        if due is None and self.idle(group):
            del self.groups[group.key]
        if due is not None and due != group.due:
            heappush(self._heap, (due, group.key))
        group.due = due

    def _said(self) -> Sequence[Transition]:
        if not self.told:
            return ()
        told, self.told = self.told, []
        return told

    # -- alarms -----------------------------------------------------------------------------------------------------

    def tell(self, group: GroupT, severity: str | None, at: int, since: int, learned: int, evidence: Evidence) -> None:
        """Move the group's alarm to a severity, None for its end."""
        before, group.severity = group.severity, severity
        if before is None:
            group.opened = since
        kind: Kind = "raise" if before is None else "change" if severity else "clear"
        since = since if severity else group.opened
        shown = severity or before
        assert shown is not None
        self.told.append(
            Transition(
                kind, self.version, self.subject_kind, self.subject(group.key), shown, before, at, since, learned,
                evidence,
            )
        )  # fmt: skip

    def active(self) -> Iterator[Active]:
        for group in self.groups.values():
            if group.severity is not None:
                yield Active(self.version, self.subject_kind, self.subject(group.key), group.severity, group.opened)

    def hold(self, standing: Iterable[Active]) -> None:
        """These alarms of the rule stand."""
        for alarm in standing:
            key = self.key_of(alarm.subject)
            if alarm.subject_kind == self.subject_kind and key is not None:
                group = self.groups[key] = self.new(key)
                group.severity, group.opened, group.lag = alarm.severity, alarm.since, alarm.lag
                self.held(group, alarm)
                self._plan(group, self.deadline(group))


class FactPlaces:
    """Where a fact belongs under `by`: the keys of groups, and the subjects of their alarms.

    by site: 0. By asset, or under one parent: the asset's row. By sector: its path. By attribute: "name=value".
    """

    def __init__(self, register: Register, by: Literal["site", "sector", "parent", "asset"] | By) -> None:
        self._register = register
        self.kind: SubjectKind = "attribute"
        if isinstance(by, By):
            self._by = by.attribute or ""
        else:
            self._by = by
            self.kind = "asset" if by == "parent" else by

    @property
    def name(self) -> str:
        """How the evidence calls it."""
        return self._by

    def of(self, fact: Fact) -> Key | None:
        """None when the fact belongs nowhere: no asset, no parent, no sector, no such attribute."""
        if self.kind == "attribute":
            value = written(fact.attributes.get(self._by))
            return None if value is None else stable(f"{self._by}={value}")
        if self.kind == "site":
            return SITE
        if self.kind == "sector":
            return stable(fact.sector) if fact.sector else None
        asset = fact.asset
        if self._by == "parent" and asset != NONE:
            asset = AssetRow(self._register.parent.item(asset))
        return None if asset == NONE else asset

    def subject(self, key: Key) -> int | str:
        return int(self._register.asset_id.item(key)) if self.kind == "asset" and isinstance(key, int) else key

    def key_of(self, subject: int | str) -> Key | None:
        if self.kind != "asset" or isinstance(subject, str):
            return subject
        row = self._register.asset_row(subject)
        return None if row == NONE else row
