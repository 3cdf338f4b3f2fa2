"""Sequences and absences as a person would follow them, on what oracle_facts.py keeps of groups."""

from __future__ import annotations

from alarms.engine.evidence import MissingEvidence, Seen, SequenceEvidence
from alarms.engine.spec import Condition, Count, Missing, Sequence
from tests.engine.oracle_facts import LONG_AGO, SECOND, ConditionRule, CountRule, Fact, Group, Rule


class SequenceRule(Rule):
    spec: Sequence
    wants = ("began", "moment")

    def keys(self, fact: Fact) -> list[int | str]:
        key = self.place(fact, self.spec.by)
        return [] if key is None else [key]

    @property
    def within(self) -> int:
        return round(self.spec.within * SECOND)

    def of(self, group: Group, role: int) -> list[Fact]:
        return [fact for fact in group.facts if any(each == role for each, _ in fact.turns)]

    def idle(self, group: Group) -> bool:
        return group.severity is None and not group.facts

    def absorb(self, group: Group, fact: Fact) -> None:
        if fact.at <= group.clock - self.within:
            return
        group.facts.append(fact)
        group.facts.sort(key=lambda each: (each.at, each.number))
        for role, _ in fact.turns:
            self.meet(group, role, fact)

    def seen(self, fact: Fact, what) -> Seen:
        return Seen(what.named(), fact.subject, fact.asset, fact.at)

    @property
    def by(self) -> str:
        return self.spec.by if isinstance(self.spec.by, str) else self.spec.by.attribute

    def meet(self, group: Group, role: int, fact: Fact) -> None:
        if role == 0:
            others = [b for b in self.of(group, 1) if b is not fact and fact.at <= b.at]
            pair = (fact, others[0]) if others and others[0].at < fact.at + self.within else None
        elif role == 1:
            others = [a for a in self.of(group, 0) if a is not fact and a.at <= fact.at]
            pair = (others[-1], fact) if others and others[-1].at > fact.at - self.within else None
        else:
            return
        if pair is None or pair[1].at < group.memory.get("closed", LONG_AGO):
            return
        first, then = pair
        if any(first.at <= c.at <= then.at for c in self.of(group, 2)):
            return
        until = then.at + round(self.spec.hold * SECOND)
        evidence = SequenceEvidence(
            self.seen(first, self.spec.first), self.seen(then, self.spec.then), self.by, self.within, until
        )
        if group.severity is None:
            group.memory |= {"until": until, "evidence": evidence}
            self.tell(group, self.spec.severity, then.at, first.at, fact.received, evidence)
        elif until > group.memory["until"]:
            group.memory |= {"until": until, "evidence": evidence}

    def deadline(self, group: Group) -> int | None:
        if group.severity is not None:
            return group.memory["until"]
        return group.facts[-1].at + 2 * self.within if group.facts else None

    def fall_due(self, group: Group, at: int, learned: int) -> None:
        if group.severity is not None:
            self.tell(group, None, at, group.opened, learned, group.memory["evidence"])
            group.memory["closed"] = at
        else:
            group.facts = []


class MissingRule(SequenceRule):
    spec: Missing
    open = 1

    def waiting(self, group: Group) -> list[Fact]:
        return group.memory.setdefault("waiting", [])

    def waits(self, group: Group, unknown: frozenset[int]) -> bool:
        return any(fact.feed in unknown for fact in self.waiting(group))

    def answers(self, b: Fact, a: Fact) -> bool:
        return b is not a and a.at <= b.at <= a.at + self.within

    def idle(self, group: Group) -> bool:
        return group.severity is None and not self.waiting(group) and not self.of(group, 1)

    def absorb(self, group: Group, fact: Fact) -> None:
        if fact.at <= group.clock - self.within:
            return
        group.facts.append(fact)
        group.facts.sort(key=lambda each: (each.at, each.number))
        waiting = self.waiting(group)
        for role, _ in fact.turns:
            if role == 0:
                if not any(self.answers(b, fact) for b in self.of(group, 1)):
                    waiting.append(fact)
                    waiting.sort(key=lambda each: (each.at, each.number))
                continue
            waiting[:] = [a for a in waiting if not self.answers(fact, a)]
            if group.severity is not None and fact.at >= group.opened:
                at = max(fact.at, group.memory["raised"])
                first = group.memory["evidence"].first
                evidence = MissingEvidence(first, self.spec.then.named(), self.by, self.within, self.seen(fact, self.spec.then))
                group.memory["closed"] = at
                self.tell(group, None, at, group.opened, fact.received, evidence)

    def deadline(self, group: Group) -> int | None:
        waiting, thens = self.waiting(group), self.of(group, 1)
        instants = [fact.at + self.within for fact in waiting]
        if group.severity is not None and self.spec.hold is not None:
            instants.append(group.memory["raised"] + round(self.spec.hold * SECOND))
        if group.severity is None and not waiting and thens:
            instants.append(thens[-1].at + 2 * self.within)
        return min(instants, default=None)

    def fall_due(self, group: Group, at: int, learned: int) -> None:
        waiting, hold = self.waiting(group), self.spec.hold
        if group.severity is not None and hold is not None and group.memory["raised"] + round(hold * SECOND) == at:
            group.memory["closed"] = at
            self.tell(group, None, at, group.opened, learned, group.memory["evidence"])
        elif waiting and waiting[0].at + self.within == at:
            first = waiting.pop(0)
            if group.severity is None and at >= group.memory.get("closed", LONG_AGO):
                evidence = MissingEvidence(self.seen(first, self.spec.first), self.spec.then.named(), self.by, self.within, None)
                group.memory |= {"raised": at, "evidence": evidence}
                self.tell(group, self.spec.severity, at, first.at, learned, evidence)
        else:
            group.facts = []


KINDS = {Condition: ConditionRule, Count: CountRule, Sequence: SequenceRule, Missing: MissingRule}
