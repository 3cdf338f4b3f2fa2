"""Conditions, counts, sequences and absences as a person would follow them: plain lists, looked through from end to end.

One rule at a time, one fact at a time. A group's clock is the newest instant it has acted on; what is due up to a newer fact
happens before it; else `advance` makes it happen, once the clock of the wall, less the lag of the newest fact, is there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from alarms.engine.evidence import ConditionEvidence, CountEvidence, Member, TermSeen
from alarms.engine.spec import RANK, By, Carried, Condition, Count
from alarms.engine.transitions import Active, Transition
from tests.engine.oracle import on_paper

SECOND = 1_000_000
LONG_AGO = -(2**63)


@dataclass
class Fact:
    """As alarms.engine.facts.Fact, by ids; `turns` are (role, "found" | "began" | "ended" | "absent" | "moment")."""

    at: int
    received: int
    turns: list[tuple[int, str]]
    subject: str
    asset: int | None
    feed: int | None
    point: int | None
    sector: str
    attributes: Mapping[str, object]
    value: float | None = None
    number: int = 0


@dataclass
class Land:
    """What a person knows of the site: parents and sectors of assets, feeds of points, and where assets stand, in metres."""

    parent: Mapping[int, int]
    sector: Mapping[int, str]
    feed: Mapping[int, int]
    metres: Mapping[int, float]


@dataclass
class Group:
    key: int | str
    clock: int = LONG_AGO
    lag: int = 0
    severity: str | None = None
    opened: int = 0
    facts: list[Fact] = field(default_factory=list)
    memory: dict = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)


class Rule:
    """What all four share."""

    wants = ("found", "began", "ended", "absent", "moment")
    open = 0
    """1 where what is due at an instant waits for all facts of that instant."""

    def __init__(self, version: int, spec, assets: set[int], land: Land) -> None:
        self.version, self.spec, self.assets, self.land = version, spec, assets, land
        self.groups: dict[int | str, Group] = {}
        self.told: list[Transition] = []
        self.number = 0
        by = getattr(spec, "by", "asset")
        self.kind = {"parent": "asset"}.get(by, by) if isinstance(by, str) else "attribute" if by.attribute else "asset"

    def take(self, fact: Fact) -> list[Transition]:
        self.number += 1
        fact.number = self.number
        for key in self.keys(fact):
            group = self.groups.setdefault(key, Group(key))
            if fact.at > group.clock:
                self.settle(group, fact.at - self.open, fact.received)
                group.clock, group.lag = fact.at, max(fact.received - fact.at, 0)
            self.absorb(group, fact)
            self.settle(group, group.clock - self.open, fact.received)
            self.forget(group)
        return self.said()

    def advance(self, now: int, unknown: frozenset[int]) -> list[Transition]:
        while True:
            due = []
            for group in self.groups.values():
                at = self.deadline(group)
                if at is not None and at + group.lag <= now and not self.waits(group, unknown):
                    due.append((at + group.lag, group.key))
            if not due:
                return self.said()
            group = self.groups[min(due)[1]]
            self.settle(group, now - group.lag, now)
            self.forget(group)

    def settle(self, group: Group, until: int, learned: int) -> None:
        while (at := self.deadline(group)) is not None and at <= until:
            group.clock = max(group.clock, at)
            self.fall_due(group, at, learned)

    def forget(self, group: Group) -> None:
        if self.deadline(group) is None and self.idle(group):
            del self.groups[group.key]

    def waits(self, group: Group, unknown: frozenset[int]) -> bool:
        return False

    def said(self) -> list[Transition]:
        told, self.told = self.told, []
        return told

    def tell(self, group: Group, severity: str | None, at: int, since: int, learned: int, evidence) -> None:
        before, group.severity = group.severity, severity
        kind = "raise" if before is None else "change" if severity else "clear"
        if before is None:
            group.opened = since
        since = since if severity else group.opened
        self.told.append(
            Transition(kind, self.version, self.kind, group.key, severity or before, before, at, since, learned, evidence)
        )

    def active(self) -> list[Active]:
        return [Active(self.version, self.kind, g.key, g.severity, g.opened) for g in self.groups.values() if g.severity]

    def place(self, fact: Fact, by: str | By) -> int | str | None:
        if isinstance(by, By):
            if by.attribute not in fact.attributes:
                return None
            return f"{by.attribute}={fact.attributes[by.attribute]}"
        if by == "site":
            return 0
        if by == "sector":
            return fact.sector or None
        return self.land.parent.get(fact.asset) if by == "parent" else fact.asset


class ConditionRule(Rule):
    spec: Condition
    open = 1

    def keys(self, fact: Fact) -> list[int]:
        terms = self.spec.when.terms()
        own = [fact.asset] if fact.asset in self.assets and any(terms[r].of == "asset" for r, _ in fact.turns) else []
        children = sorted(a for a in self.assets if self.land.parent.get(a) == fact.asset)
        return own + [child for child in children if any(terms[r].of == "parent" for r, _ in fact.turns)]

    def idle(self, group: Group) -> bool:
        return False

    def waits(self, group: Group, unknown: frozenset[int]) -> bool:
        return any(self.land.feed[fact.point] in unknown for fact in group.facts)

    def holding(self, group: Group, role: int) -> dict[int, tuple[bool, float, int]]:
        of = self.spec.when.terms()[role].of
        whose = group.key if of == "asset" else self.land.parent.get(group.key)
        seen = {}
        for fact in group.facts:
            for each, change in fact.turns:
                if each == role and fact.asset == whose:
                    seen[fact.point] = (change in ("found", "began"), fact.value, fact.at)
        return seen

    def truth(self, group: Group, clause, role: int) -> tuple[bool | None, int]:
        """The value of a clause whose first comparison has this role, and the role that comes after it."""
        if clause.quantity is not None:
            seen = self.holding(group, role)
            return (any(holds for holds, _, _ in seen.values()) if seen else None), role + 1
        values = []
        for part in clause.all or clause.any or (clause.negated,):
            value, role = self.truth(group, part, role)
            values.append(value)
        if clause.negated is not None:
            return (None if values[0] is None else not values[0]), role
        if clause.all is not None:
            return (False if False in values else None if None in values else True), role
        return (True if True in values else None if None in values else False), role

    def absorb(self, group: Group, fact: Fact) -> None:
        group.facts.append(fact)
        holds, _ = self.truth(group, self.spec.when, 0)
        memory = group.memory
        phase = memory.setdefault("phase", "idle")
        if phase == "idle" and holds is True:
            memory |= {"phase": "rising", "since": group.clock}
            if not self.spec.on_delay:
                self.fall_due(group, group.clock, fact.received)
        elif phase == "rising" and holds is not True:
            memory["phase"] = "idle"
        elif phase == "held" and holds is False:
            memory |= {"phase": "falling", "ended": group.clock}
            if not self.spec.off_delay:
                self.fall_due(group, group.clock, fact.received)
        elif phase == "falling" and holds is True:
            memory["phase"] = "held"

    def deadline(self, group: Group) -> int | None:
        memory = group.memory
        if memory.get("phase") == "rising":
            return memory["since"] + round(self.spec.on_delay * SECOND)
        return memory["ended"] + round(self.spec.off_delay * SECOND) if memory.get("phase") == "falling" else None

    def fall_due(self, group: Group, at: int, learned: int) -> None:
        rising = group.memory["phase"] == "rising"
        group.memory["phase"] = "held" if rising else "idle"
        first_at = group.memory["since" if rising else "ended"]
        delay = round((self.spec.on_delay if rising else self.spec.off_delay) * SECOND)
        terms = []
        for role, term in enumerate(self.spec.when.terms()):
            seen = self.holding(group, role)
            holds = any(each for each, _, _ in seen.values()) if seen else None
            best = max(seen, key=lambda point: (seen[point][0], seen[point][2], point), default=None)
            _, value, instant = seen.get(best, (None, None, None))
            terms.append(TermSeen(term.named(), term.of, holds, best, value, instant))
        evidence = ConditionEvidence(tuple(terms), first_at, delay)
        self.tell(group, self.spec.severity if rising else None, at, group.memory["since"], learned, evidence)


class CountRule(Rule):
    """By place, or by distance: then one group has all the facts, and alarms are zones, each a group of its own."""

    spec: Count
    wants = ("found", "began", "ended", "moment")

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.within = round(self.spec.within * SECOND)
        self.metres = self.spec.by.metres if isinstance(self.spec.by, By) else None
        self.zones: dict[int, Group] = {}

    def keys(self, fact: Fact) -> list[int | str]:
        if self.metres is not None:
            return [] if fact.asset is None else [0]
        key = self.place(fact, self.spec.by)
        return [] if key is None or self.who(fact) is None else [key]

    def who(self, fact: Fact) -> str | None:
        distinct = self.spec.distinct
        if isinstance(distinct, Carried):
            value = fact.attributes.get(distinct.attribute)
            return None if value is None else f"{distinct.attribute}={value}"
        if distinct == "occurrence":
            return f"{fact.subject}#{fact.number}"
        return fact.subject if fact.asset is None else f"asset:{fact.asset}"

    def idle(self, group: Group) -> bool:
        return not self.present(group, None) and group.severity is None and not self.zones

    def absorb(self, group: Group, fact: Fact) -> None:
        people = group.memory
        (_, change), who = fact.turns[0], self.who(fact)
        lasting = change in ("began", "found") and self.spec.distinct == "asset"
        fresh = change in ("began", "moment") and fact.at > group.clock - self.within
        if change == "ended":
            if who in people:
                people[who]["holding"].discard(fact.subject)
        elif lasting or fresh:
            one = people.setdefault(who, {"began": None, "holding": set(), "asset": fact.asset})
            if lasting:
                one["holding"].add(fact.subject)
            if fresh and (one["began"] is None or fact.at > one["began"]):
                one["began"] = fact.at
        self.clean(group)
        if self.metres is None:
            self.weigh(group, group, None, group.clock, fact.received)
            return
        near = [zone for zone in self.zones.values() if self.close(zone.key, fact.asset)]
        if not near and change in ("began", "moment"):
            near = [Group(fact.asset)]
        for zone in near:
            self.weigh(group, zone, zone.key, group.clock, fact.received)

    def close(self, one: int, other: int) -> bool:
        return abs(self.land.metres[one] - self.land.metres[other]) <= self.metres

    def clean(self, group: Group) -> None:
        for who in [who for who, one in group.memory.items() if one["began"] is None and not one["holding"]]:
            del group.memory[who]

    def deadline(self, group: Group) -> int | None:
        return min((one["began"] + self.within for one in group.memory.values() if one["began"] is not None), default=None)

    def fall_due(self, group: Group, at: int, learned: int) -> None:
        over = [one for one in group.memory.values() if one["began"] is not None and one["began"] + self.within == at]
        for one in over:
            one["began"] = None
        self.clean(group)
        if self.metres is None:
            self.weigh(group, group, None, at, learned)
        for zone in list(self.zones.values()):
            if any(self.close(zone.key, one["asset"]) for one in over):
                self.weigh(group, zone, zone.key, at, learned)

    def present(self, group: Group, centre: int | None) -> dict[str, dict]:
        people = group.memory.items()
        return {who: one for who, one in people if centre is None or self.close(centre, one["asset"])}

    def weigh(self, group: Group, alarm: Group, centre: int | None, at: int, learned: int) -> None:
        people = self.present(group, centre)
        recent = [one["began"] for one in people.values() if one["began"] is not None]
        levels = alarm.levels
        for rung in self.spec.limits:
            if rung.severity not in levels and len(recent) >= rung.at_least:
                levels[rung.severity] = min(*recent, at)
            elif rung.severity in levels and len(people) < rung.at_least:
                del levels[rung.severity]
        before, after = alarm.severity, max(levels, key=RANK.__getitem__, default=None)
        if before != after:
            upward = RANK.get(after, 0) > RANK.get(before, 0)
            least = next(rung.at_least for rung in self.spec.limits if rung.severity == (after if upward else before))
            newest = sorted(
                people.items(), key=lambda item: (LONG_AGO if item[1]["began"] is None else item[1]["began"], item[0])
            )
            members = tuple(Member(who, one["asset"], one["began"]) for who, one in reversed(newest[-50:]))
            by = self.spec.by if isinstance(self.spec.by, str) else self.spec.by.attribute or f"{self.metres:g} m"
            evidence = CountEvidence(
                self.spec.of.named(), by, len(recent) if upward else len(people), least, self.within, members, len(people)
            )
            self.tell(alarm, after, at, levels[after] if after else alarm.opened, learned, evidence)
        if centre is not None:
            self.zones[centre] = alarm
            if alarm.severity is None:
                del self.zones[centre]

    def active(self) -> list[Active]:
        zones = [Active(self.version, "asset", z.key, z.severity, z.opened) for z in self.zones.values()]
        return zones if self.metres is not None else super().active()


def turned(term, before: bool | None, value: float) -> tuple[bool, str | None]:
    """Whether a comparison holds after a value, and what that changes, if anything."""
    if term.codes is not None:
        holds = value in term.codes
    elif term.above is not None:
        holds = value > term.above or (before is True and not value < on_paper(term.above, -term.deadband))
    else:
        holds = value < term.below or (before is True and not value > on_paper(term.below, term.deadband))
    if before is None:
        return holds, "found" if holds else "absent"
    return holds, None if holds == before else "began" if holds else "ended"


def usable(quality: int, value: float) -> bool:
    return quality != 2 and math.isfinite(value)
