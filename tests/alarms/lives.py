"""A naive model of what alarms live through, to be held against what the database has.

`Life` reads the journal of one alarm and says what became of it, a line at a time. `worst` says how severe a value is.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field

from journal.models import JournalEntry

CRITICAL, HIGH, MEDIUM, LOW = 1, 2, 3, 4
SEVERITY = {"critical": CRITICAL, "high": HIGH, "medium": MEDIUM, "low": LOW}
OF_READINGS = ("alarm.raised", "alarm.severity", "alarm.returned")
"""Kinds of lines that say what readings did."""
ASIDE = ("alarm.attached", "alarm.moved", "alarm.chattering", "alarm.steady")
"""Kinds of lines after which an acknowledgement can still be taken back."""
UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, NORMAL = "unacknowledged", "acknowledged", "returned", "normal"

Rungs = tuple[tuple[int, float], ...]
"""(severity, limit) of a rule without deadband or delays."""

LOADS: list[Rungs] = [
    ((HIGH, 2.5), (CRITICAL, 3.5)),
    ((MEDIUM, 1.5), (HIGH, 2.5), (CRITICAL, 3.5)),
    ((LOW, 0.5), (HIGH, 3.5)),
    ((CRITICAL, 2.5),),
]
"""Versions of the rule about the load of everything; of what others depend on, high and critical alarms are causes."""
OWN: list[Rungs] = [((MEDIUM, 2.5),), ((LOW, 1.5), (HIGH, 2.5))]
"""Versions of a rule about each point's own mark, less what is written here; it explains nothing."""


def worst(rungs: Rungs, value: float | None) -> int | None:
    """How severe a value is, None when it is no alarm."""
    return None if value is None else min((severity for severity, limit in rungs if value > limit), default=None)


@dataclass
class Life:
    """One alarm as its journal tells it."""

    state: str = NORMAL
    shown: int = LOW
    now: int | None = None
    suppressed: bool = False
    past: bool = False
    came: int = 0
    seq: int = 0
    silenced: set[str] = field(default_factory=set)
    """By which acts it is silent; what outlasts the last of them asks to be acknowledged again."""
    withdrawable: tuple[JournalEntry, str, int] | None = None
    """The acknowledgement that may be taken back, and the state and severity before it."""

    def read(self, line: JournalEntry) -> None:
        self.seq = line.seq
        details = json.loads(line.details)
        past = line.kind.endswith("_past")
        match line.kind.removesuffix("_past"):
            case "alarm.raised":
                self._raised(SEVERITY[details["severity"]], past)
            case "alarm.severity":
                self._moved(SEVERITY[details["severity"]])
            case "alarm.revised":
                if SEVERITY[details["shown"]] < self.shown and self.state == ACKNOWLEDGED:
                    self.state = UNACKNOWLEDGED
                self.shown, self.now = SEVERITY[details["shown"]], SEVERITY[details["severity"]]
                assert self.shown == self.now or self.state == UNACKNOWLEDGED
            case "alarm.returned":
                self._returned(past)
            case "alarm.acknowledged":
                before = self.state, self.shown
                self._acknowledged()
                if before[0] != ACKNOWLEDGED:
                    self.withdrawable = line, *before
            case "alarm.withdrawn":
                self._withdrawn(line)
            case "alarm.suppressed":
                assert self.shown != CRITICAL, "what is critical is never suppressed"
                self.suppressed = True
                self.state = NORMAL if self.state == RETURNED else self.state
            case "alarm.shelved" | "alarm.out_of_service":
                self.silenced.add(line.kind)
            case "alarm.unshelved" | "alarm.in_service":
                self.silenced.discard({"alarm.unshelved": "alarm.shelved", "alarm.in_service": "alarm.out_of_service"}[line.kind])
                if self.state == ACKNOWLEDGED and not self.silenced and not self.suppressed:
                    self.state = UNACKNOWLEDGED
            case "alarm.unsuppressed":
                self.suppressed = False
                self.state = UNACKNOWLEDGED if self.state == ACKNOWLEDGED else self.state
        if self.withdrawable and line.kind not in ASIDE and line.actor != self.withdrawable[0].actor:
            self.withdrawable = None

    def _withdrawn(self, line: JournalEntry) -> None:
        assert self.withdrawable is not None, "taken back after somebody or something has moved it"
        acknowledged, self.state, self.shown = self.withdrawable
        assert line.actor == acknowledged.actor
        assert line.at - acknowledged.at <= dt.timedelta(seconds=10)
        self.withdrawable = None

    def _raised(self, severity: int, past: bool) -> None:
        assert self.state in (NORMAL, RETURNED), f"raised while {self.state}"
        self.shown = severity if self.state == NORMAL else min(self.shown, severity)
        self.past = past and self.state == NORMAL
        self.state, self.now = UNACKNOWLEDGED, severity
        self.came += 1

    def _moved(self, severity: int) -> None:
        assert self.state in (UNACKNOWLEDGED, ACKNOWLEDGED), f"moved while {self.state}"
        if self.state == ACKNOWLEDGED:
            self.shown = severity
            if severity < self.now:
                self.state = UNACKNOWLEDGED
        self.shown, self.now = min(self.shown, severity), severity

    def _returned(self, past: bool) -> None:
        assert self.state in (UNACKNOWLEDGED, ACKNOWLEDGED), f"returned while {self.state}"
        unheard = (past and self.past) or (self.suppressed and self.shown != CRITICAL)
        self.state = NORMAL if unheard or self.state == ACKNOWLEDGED else RETURNED
        self.now = None

    def _acknowledged(self) -> None:
        assert self.state != NORMAL, "acknowledged while it was closed"
        if self.state == UNACKNOWLEDGED:
            self.shown = self.now
        self.state = NORMAL if self.state == RETURNED else ACKNOWLEDGED
