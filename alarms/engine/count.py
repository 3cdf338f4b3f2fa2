"""Counts at work: distinct subjects that began within a time of one another, in the same place.

A subject is *recent* for the time of the rule after it began, and *present* while it is recent or still holds. Levels begin
by those that are recent and end by those that are present: lamps that went out together are one alarm until they are back.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush, nlargest

from alarms.engine.evidence import MOST_MEMBERS, CountEvidence, Member
from alarms.engine.facts import BEGAN, ENDED, FOUND, MOMENT, Fact, stable, written
from alarms.engine.figures import plain
from alarms.engine.gathering import FactPlaces, Gathering, Group, Key
from alarms.engine.layout import SECOND, ScopedRule
from alarms.engine.spec import RANK, By, Carried, Count
from alarms.engine.transitions import Active
from alarms.engine.wording import rank_of
from assets.register import NONE, AssetRow, Register

_LONG_AGO = -(2**63)


class GroupMember:
    """One member of a group: when it last began (None: not within the time), and which facts of it still hold."""

    __slots__ = ("asset", "began", "holding")

    def __init__(self, asset: AssetRow) -> None:
        self.asset = asset
        self.began: int | None = None
        self.holding: set[str] = set()


class Crowd(Group):
    """A group of a count: its members, when each stops to be recent, and the levels that hold."""

    __slots__ = ("ends", "grace", "members", "recent", "since")

    def __init__(self, key: Key, levels: int) -> None:
        super().__init__(key)
        self.members: dict[str, GroupMember] = {}
        self.ends: list[tuple[int, str]] = []
        self.recent = 0
        self.grace: int | None = None
        """Of an alarm from before the start: until when its levels wait, as those who made it may not be known yet."""
        self.since: list[int | None] = [None] * levels
        """Per level, weakest first: when the first of those that made it hold began; None while it does not."""


class Counts(Gathering[Crowd, Count]):
    """One count rule: a group per place."""

    wants = frozenset({FOUND, BEGAN, ENDED, MOMENT})

    def __init__(self, register: Register, rule: ScopedRule[Count]) -> None:
        super().__init__(register, rule)
        self.rungs = sorted(self.spec.limits, key=lambda rung: RANK[rung.severity])
        self._within = round(self.spec.within * SECOND)
        by = self.spec.by
        self._metres = by.metres if isinstance(by, By) and by.metres is not None else 0.0
        """Of a count by distance; 0 for the others."""
        self._places = FactPlaces(register, "site" if self._metres else by)
        self.subject_kind = self._places.kind

    def subject(self, key: Key) -> int | str:
        return self._places.subject(key)

    def key_of(self, subject: int | str) -> Key | None:
        return self._places.key_of(subject)

    def keys(self, fact: Fact) -> tuple[Key, ...]:
        key = self._places.of(fact)
        return () if key is None or self._member(fact) is None else (key,)

    def new(self, key: Key) -> Crowd:
        return Crowd(key, len(self.rungs))

    def idle(self, group: Crowd) -> bool:
        return not group.members and group.severity is None

    def held(self, group: Crowd, alarm: Active) -> None:
        for level, rung in enumerate(self.rungs):
            if RANK[rung.severity] <= RANK[alarm.severity]:
                group.since[level] = alarm.since
        group.clock, group.grace = alarm.since, max(alarm.since, alarm.asof) + self._within

    def _member(self, fact: Fact) -> str | None:
        """Who counts: the asset, this very fact, or the value of an attribute."""
        distinct = self.spec.distinct
        if isinstance(distinct, Carried):
            value = written(fact.attributes.get(distinct.attribute))
            return None if value is None else stable(f"{distinct.attribute}={value}")
        if distinct == "occurrence":
            return f"{fact.subject}#{self.facts}"
        return fact.subject if fact.asset == NONE else f"asset:{self.register.asset_id.item(fact.asset)}"

    def absorb(self, group: Crowd, fact: Fact) -> None:
        change = fact.turns[0][1]
        name = self._member(fact)
        if name is None:
            return
        lasting = change in (BEGAN, FOUND) and self.spec.distinct == "asset"
        if change == ENDED:
            member = group.members.get(name)
            if member is not None:
                member.holding.discard(fact.subject)
                self.drop_if_gone(group, name, member)
        elif lasting or (change != FOUND and fact.at > group.clock - self._within):
            member = group.members.get(name) or self.join(group, name, fact.asset)
            if lasting:
                member.holding.add(fact.subject)
            if change != FOUND and fact.at > group.clock - self._within:
                self._begin(group, member, name, fact.at)
        self.weigh(group, fact, group.clock, fact.received)

    def join(self, group: Crowd, name: str, asset: AssetRow) -> GroupMember:
        member = group.members[name] = GroupMember(asset)
        return member

    def _begin(self, group: Crowd, member: GroupMember, name: str, at: int) -> None:
        if member.began is None:
            group.recent += 1
        if member.began is None or at > member.began:
            member.began = at
            heappush(group.ends, (at + self._within, name))

    def drop_if_gone(self, group: Crowd, name: str, member: GroupMember) -> None:
        if member.began is None and not member.holding:
            del group.members[name]

    def deadline(self, group: Crowd) -> int | None:
        end = self._next_end(group)
        if group.grace is None:
            return end
        return group.grace if end is None else min(end, group.grace)

    def _next_end(self, group: Crowd) -> int | None:
        while group.ends:
            at, name = group.ends[0]
            member = group.members.get(name)
            if member is not None and member.began == at - self._within:
                return at
            heappop(group.ends)
        return None

    def fall_due(self, group: Crowd, at: int, learned: int) -> None:
        """All that stop to be recent at this instant do so together."""
        gone: list[GroupMember] = []
        if group.grace == at:
            group.grace = None
        while self._next_end(group) == at:
            _, name = heappop(group.ends)
            member = group.members[name]
            member.began = None
            group.recent -= 1
            gone.append(member)
            self.drop_if_gone(group, name, member)
        self.lapse(group, gone, at, learned)

    # -- what follows -----------------------------------------------------------------------------------------------

    def weigh(self, group: Crowd, fact: Fact, at: int, learned: int) -> None:
        """A fact changed who counts."""
        self.level(group, group.members.items(), group.recent, len(group.members), at, learned)

    def lapse(self, group: Crowd, gone: list[GroupMember], at: int, learned: int) -> None:
        """Time changed who counts."""
        self.level(group, group.members.items(), group.recent, len(group.members), at, learned)

    def level(
        self, group: Crowd, members: Iterable[tuple[str, GroupMember]], recent: int, present: int, at: int, learned: int
    ) -> None:
        """Bring the levels of a group in line with who counts, and its alarm with the levels."""
        began: int | None = None
        for level, rung in enumerate(self.rungs):
            if group.since[level] is None and recent >= rung.at_least:
                if began is None:
                    began = min(member.began for _, member in members if member.began is not None)
                group.since[level] = min(began, at)
            elif group.since[level] is not None and present < rung.at_least and group.grace is None:
                group.since[level] = None
        held = [(began, rung.severity) for began, rung in zip(group.since, self.rungs, strict=True) if began is not None]
        since, after = held[-1] if held else (group.opened, None)
        before = group.severity
        if after == before:
            return
        upward = rank_of(after) > rank_of(before)
        explains = next(rung for rung in self.rungs if rung.severity == (after if upward else before))
        evidence = CountEvidence(
            self.spec.of.named(), self._by_name(), recent if upward else present, explains.at_least, self._within,
            self._named(members), present,
        )  # fmt: skip
        self.tell(group, after, at, since, learned, evidence)

    def _by_name(self) -> str:
        return f"{plain(self._metres)} m" if self._metres else self._places.name

    def _named(self, members: Iterable[tuple[str, GroupMember]]) -> tuple[Member, ...]:
        newest = nlargest(
            MOST_MEMBERS, members, key=lambda item: (_LONG_AGO if item[1].began is None else item[1].began, item[0])
        )
        ids = self.register.asset_id
        return tuple(
            Member(name, None if member.asset == NONE else int(ids[member.asset]), member.began) for name, member in newest
        )
