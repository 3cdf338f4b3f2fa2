"""From the journal's lines about alarms to annunciations: what asked for an operator, and what became of it. Pure.

An annunciation is a way into `unacknowledged` that somebody could hear: the alarm was raised, raised again after it had returned,
became worse after it was acknowledged, or came back into view. Acknowledgements, comments and returns are none. What was raised
while it was silenced, or learned when it was over, is kept beside with the reason why nobody heard it.
"""

import datetime as dt
from collections.abc import Iterable

import msgspec

RAISED, WORSENED, BACK = 1, 2, 3
HEARD, PAST, SUPPRESSED, SHELVED, OUT_OF_SERVICE = range(5)
SEVERITIES = {"critical": 1, "high": 2, "medium": 3, "low": 4}

_SILENCES = {"alarm.suppressed": SUPPRESSED, "alarm.shelved": SHELVED, "alarm.out_of_service": OUT_OF_SERVICE}
_ENDS = {"alarm.unsuppressed": SUPPRESSED, "alarm.unshelved": SHELVED, "alarm.in_service": OUT_OF_SERVICE}
_NO_ACT = {"alarm.acknowledged", "alarm.withdrawn", "alarm.released", *_SILENCES, *_ENDS}
"""What people do to an alarm without doing anything about it."""


class Details(msgspec.Struct):
    """What of a line's details matters here."""

    severity: str = ""
    shown: str = ""
    at: dt.datetime | None = None


class Told(msgspec.Struct, frozen=True):
    """A line of the journal about one alarm."""

    seq: int
    at: dt.datetime
    kind: str
    alarm: int
    actor_kind: str
    actor: str
    details: Details


class Annunciated(msgspec.Struct):
    """One annunciation; fields as of reports.models.Annunciation. `id` is None while it is not stored."""

    alarm: int
    seq: int
    cause: int
    severity: int
    current: int
    at: dt.datetime
    began_at: dt.datetime
    unheard: int = HEARD
    silence: int = 0
    waiting_since: dt.datetime | None = None
    acknowledged_at: dt.datetime | None = None
    acknowledged_by: str = ""
    taken_at: dt.datetime | None = None
    returned_at: dt.datetime | None = None
    acted: bool = False
    id: int | None = None

    @property
    def stands(self) -> bool:
        return self.returned_at is None


class Story:
    """Goes over lines in their order. `known`: of each alarm the last annunciation so far, and those whose condition holds."""

    def __init__(self, known: Iterable[Annunciated]) -> None:
        self.latest: dict[int, Annunciated] = {}
        self._standing: dict[int, list[Annunciated]] = {}
        for row in sorted(known, key=lambda row: row.seq):
            self._keep(row)
        self.new: list[Annunciated] = []
        self.changed: dict[int, Annunciated] = {}

    def hear(self, line: Told) -> None:
        """A line about an alarm that was never raised here changes nothing."""
        kind = line.kind.removesuffix("_past")
        if kind == "alarm.raised":
            self._raise(line, past=kind != line.kind)
            return
        last = self.latest.get(line.alarm)
        if last is None:
            return
        if kind in ("alarm.severity", "alarm.revised"):
            self._reweigh(line, last)
        elif kind in _SILENCES:
            self._silence(line, last, _SILENCES[kind])
        elif kind in _ENDS:
            last.silence &= ~(1 << _ENDS[kind])
            if last.stands and line.actor_kind != "person":  # whoever brings it back has it before their eyes
                last = self._append(line, BACK, last.current, last.began_at, last)
        elif kind == "alarm.acknowledged":
            last.acknowledged_at, last.acknowledged_by = line.at, line.actor
        elif kind == "alarm.withdrawn":
            last.acknowledged_at, last.acknowledged_by = None, ""
        elif kind == "alarm.taken":
            last.taken_at = last.taken_at or line.at
        elif kind == "alarm.returned":
            self._return(line)
        if line.actor_kind == "person" and kind not in _NO_ACT:
            last.acted = True
        self._mark(last)

    def _keep(self, row: Annunciated) -> None:
        self.latest[row.alarm] = row
        if row.stands:
            self._standing.setdefault(row.alarm, []).append(row)

    def _return(self, line: Told) -> None:
        """The condition is over: of everything that was annunciated of it."""
        for row in self._standing.pop(line.alarm, []):
            row.returned_at = line.details.at or line.at
            self._mark(row)

    def _mark(self, row: Annunciated) -> None:
        if row.id is not None:
            self.changed[row.id] = row

    def _raise(self, line: Told, past: bool) -> None:
        last = self.latest.get(line.alarm)
        severity = SEVERITIES.get(line.details.severity, last.current if last else 4)
        row = self._append(line, RAISED, severity, line.details.at or line.at, last)
        if past:
            row.unheard, row.waiting_since = PAST, last.waiting_since if last and last.acknowledged_at is None else None

    def _reweigh(self, line: Told, last: Annunciated) -> None:
        told = SEVERITIES.get(line.details.shown or line.details.severity, last.current)
        now = SEVERITIES.get(line.details.severity, told)
        if told < last.current and last.acknowledged_at is not None and last.stands:
            self._append(line, WORSENED, told, last.began_at, last)
        self.latest[line.alarm].current = now
        self._mark(last)

    def _silence(self, line: Told, last: Annunciated, why: int) -> None:
        last.silence |= 1 << why
        if last.at == line.at and last.unheard == HEARD and last.acknowledged_at is None:  # in one transaction: nobody heard it
            last.unheard = why
            if last.waiting_since == last.at:
                last.waiting_since = None

    def _append(self, line: Told, cause: int, severity: int, began: dt.datetime, last: Annunciated | None) -> Annunciated:
        silence = last.silence if last else 0
        unheard = next((why for why in (SUPPRESSED, SHELVED, OUT_OF_SERVICE) if silence & (1 << why)), HEARD)
        waits = last.waiting_since if last is not None and last.acknowledged_at is None else None
        if unheard == HEARD:
            waits = waits or line.at
        row = Annunciated(
            alarm=line.alarm, seq=line.seq, cause=cause, severity=severity, current=severity, at=line.at, began_at=began,
            unheard=unheard, silence=silence, waiting_since=waits,
        )  # fmt: skip
        self._keep(row)
        self.new.append(row)
        return row
