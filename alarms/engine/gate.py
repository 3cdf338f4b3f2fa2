"""The calendar of one rule: what it lets through, and what it tells itself when it opens and closes.

The rule goes on judging whatever the hour; the calendar only decides what is told. At a closing, alarms that stand are
cleared at that instant; at an opening, what holds by then is raised at that instant, with its true beginning. A move inside
the hours is told as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

import msgspec

from alarms.engine.calendar import Openings
from alarms.engine.evidence import CalendarEvidence, Evidence
from alarms.engine.telling import Keyed
from alarms.engine.transitions import Active, Kind, SubjectKind, Transition

Alarm = tuple[SubjectKind, int | str]


@dataclass(slots=True)
class _Kept:
    """One alarm of the rule. `severity`, `since`, `evidence`: what holds; `shown`, `opened`: what was told; µs."""

    asof: int
    severity: str | None
    since: int
    evidence: Evidence | None
    shown: str | None = None
    opened: int = 0


class Gate:
    """Stands behind a rule that has a calendar."""

    def __init__(self, version: int, openings: Openings) -> None:
        self._version, self._openings = version, openings
        self._alarms: dict[Alarm, _Kept] = {}
        self._boundaries: list[tuple[int, Alarm]] = []

    def through(self, keyed: Iterable[Keyed]) -> Iterator[Keyed]:
        """What is told of these moves of the rule, in order."""
        for key, move in keyed:
            alarm = (move.subject_kind, move.subject)
            kept = self._alarms.get(alarm)
            if kept is None:
                kept = self._alarms[alarm] = _Kept(move.at, None, 0, None)
                self._await(alarm, kept)
            for boundary in self._settle(alarm, kept, move.at, move.learned):
                yield key, boundary
            kept.severity = None if move.kind == "clear" else move.severity
            kept.since, kept.evidence = move.since, move.evidence
            told = self._told(kept, move) if self._openings.open(max(move.at, kept.asof)) else None
            if told is not None:
                yield key, told
            self._forget(alarm, kept)

    def expire(self, now: int) -> Iterator[Transition]:
        """Openings and closings up to `now`."""
        while self._boundaries and self._boundaries[0][0] <= now:
            boundary, alarm = heappop(self._boundaries)
            kept = self._alarms.get(alarm)
            if kept is None:
                continue
            if kept.asof < boundary:
                yield from self._settle(alarm, kept, boundary, now)
            self._forget(alarm, kept)

    def active(self) -> Iterator[Active]:
        for (kind, subject), kept in self._alarms.items():
            if kept.shown is not None:
                yield Active(self._version, kind, subject, kept.shown, kept.opened)

    def untold(self) -> Iterator[Active]:
        """What holds and was not told."""
        for (kind, subject), kept in self._alarms.items():
            if kept.shown is None and kept.severity is not None:
                yield Active(self._version, kind, subject, kept.severity, kept.since)

    def hold(self, standing: Iterable[Active]) -> None:
        """These alarms of the rule stand, and are told unless they say otherwise."""
        for alarm in standing:
            shown = None if alarm.untold else alarm.severity
            kept = _Kept(alarm.since, alarm.severity, alarm.since, None, shown, alarm.since)
            self._alarms[alarm.subject_kind, alarm.subject] = kept
            self._await((alarm.subject_kind, alarm.subject), kept)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _told(self, kept: _Kept, move: Transition) -> Transition | None:
        before, kept.shown = kept.shown, kept.severity
        if before == kept.shown:
            return None
        if before is None:
            kept.opened = move.since
            return msgspec.structs.replace(move, kind="raise", previous=None)
        return msgspec.structs.replace(move, previous=before, since=move.since if kept.shown else kept.opened)

    def _settle(self, alarm: Alarm, kept: _Kept, until: int, learned: int) -> Iterator[Transition]:
        """The openings and closings of an alarm up to an instant."""
        passed = False
        while (boundary := self._openings.next(kept.asof)) is not None and boundary <= until:
            kept.asof, passed = boundary, True
            if self._openings.open(boundary):
                if kept.severity is not None:
                    kept.shown, kept.opened = kept.severity, kept.since
                    evidence = kept.evidence or CalendarEvidence(boundary, boundary)
                    yield self._move("raise", alarm, kept.severity, None, boundary, kept.since, learned, evidence)
            elif kept.shown is not None:
                shown, kept.shown = kept.shown, None
                evidence = CalendarEvidence(boundary, self._openings.next(boundary))
                yield self._move("clear", alarm, shown, shown, boundary, kept.opened, learned, evidence)
        kept.asof = max(kept.asof, until)
        if passed:
            self._await(alarm, kept)

    def _move(
        self, kind: Kind, alarm: Alarm, severity: str, previous: str | None, at: int, since: int, learned: int, evidence: Evidence
    ) -> Transition:
        return Transition(kind, self._version, *alarm, severity, previous, at, since, learned, evidence)

    def _await(self, alarm: Alarm, kept: _Kept) -> None:
        boundary = self._openings.next(kept.asof)
        if boundary is not None:
            heappush(self._boundaries, (boundary, alarm))

    def _forget(self, alarm: Alarm, kept: _Kept) -> None:
        if kept.severity is None and kept.shown is None:
            del self._alarms[alarm]
