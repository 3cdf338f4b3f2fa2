"""Alarms that nobody heard: transitions of a trial paired from raise to clear. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from alarms.engine.spec import RANK
from alarms.engine.transitions import Transition


@dataclass(slots=True)
class WouldBe:
    """One alarm as it would have been.

    raised     the transition that began it, with its evidence
    severity   the worst it reached
    cleared_at µs, None while it stands
    """

    raised: Transition
    severity: str
    cleared_at: int | None = None

    @property
    def version(self) -> int:
        return self.raised.rule

    @property
    def subject(self) -> str:
        return f"{self.raised.subject_kind}:{self.raised.subject}"

    @property
    def at(self) -> int:
        return self.raised.at

    def overlaps(self, other: WouldBe) -> bool:
        """Whether both stood at some instant; one that stands has no end."""
        return (other.cleared_at is None or self.at <= other.cleared_at) and (
            self.cleared_at is None or other.at <= self.cleared_at
        )


@dataclass(slots=True)
class WouldBeAlarms:
    """Would-be alarms in the order in which they were raised."""

    found: list[WouldBe] = field(default_factory=list)
    _open: dict[tuple[int, str], WouldBe] = field(default_factory=dict)

    def note(self, transitions: Iterable[Transition]) -> None:
        for move in transitions:
            key = (move.rule, f"{move.subject_kind}:{move.subject}")
            known = self._open.get(key)
            if move.kind == "clear":
                if known is not None:
                    known.cleared_at = move.at
                    del self._open[key]
            elif known is None:
                self._open[key] = alarm = WouldBe(move, move.severity)
                self.found.append(alarm)
            elif RANK[move.severity] > RANK[known.severity]:
                known.severity = move.severity

    def within(self, start: int, end: int) -> list[WouldBe]:
        """Those raised in [start, end), µs: what a warm-up before it found is not counted."""
        return [alarm for alarm in self.found if start <= alarm.at < end]


def match(new: list[WouldBe], old: list[WouldBe]) -> tuple[list[WouldBe], list[WouldBe]]:
    """(added, removed): alarms of one that overlap none of the other about the same subject."""
    return _without_partner(new, old), _without_partner(old, new)


def _without_partner(alarms: list[WouldBe], others: list[WouldBe]) -> list[WouldBe]:
    by_subject: dict[str, list[WouldBe]] = {}
    for other in others:
        by_subject.setdefault(other.subject, []).append(other)
    return [alarm for alarm in alarms if not any(map(alarm.overlaps, by_subject.get(alarm.subject, ())))]
