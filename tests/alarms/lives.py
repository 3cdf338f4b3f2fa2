"""A naive model of what alarms live through, to be held against what the database has.

`Life` reads the journal of one alarm and says what became of it, a line at a time. `worst` says how severe a value is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from alarms.models import JournalEntry

CRITICAL, HIGH, MEDIUM, LOW = 1, 2, 3, 4
SEVERITY = {"critical": CRITICAL, "high": HIGH, "medium": MEDIUM, "low": LOW}
OF_READINGS = ("alarm.raised", "alarm.severity", "alarm.returned")
"""Kinds of lines that say what readings did."""
UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, NORMAL = "unacknowledged", "acknowledged", "returned", "normal"

Rungs = tuple[tuple[int, float], ...]
"""(severity, limit) of a rule without deadband or delays."""


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
                self._acknowledged()
            case "alarm.suppressed":
                assert self.shown != CRITICAL, "what is critical is never suppressed"
                self.suppressed = True
                self.state = NORMAL if self.state == RETURNED else self.state
            case "alarm.unsuppressed":
                self.suppressed = False
                self.state = UNACKNOWLEDGED if self.state == ACKNOWLEDGED else self.state

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
