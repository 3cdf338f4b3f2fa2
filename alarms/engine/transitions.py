"""What the engine tells: transitions of alarms, each with its evidence, and the alarms that stand.

All instants are int64 µs since the Unix epoch, UTC; all delays and periods are µs too. None of these can be part of a
reference cycle, so the garbage collector need not follow ten thousand of them when they come at once.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from alarms.engine.evidence import Evidence, SilenceEvidence, StateEvidence, ThresholdEvidence

__all__ = [
    "Active", "Evidence", "Kind", "SilenceEvidence", "StateEvidence", "SubjectKind", "ThresholdEvidence", "Transition",
    "mark_past",
]  # fmt: skip

Kind = Literal["raise", "change", "clear"]
SubjectKind = Literal["point", "asset", "feed", "sector", "attribute", "site"]

MINUTE = 60_000_000
PAST = 5 * MINUTE
"""What ended longer ago than this, counted from when we learned of it, is journaled and not sounded."""


class Transition(Struct, frozen=True, gc=False):
    """One move of one alarm. An alarm is identified by (rule, subject_kind, subject).

    A change to the severity it has tells why it stands, when that is another reason than before.

    rule       version id of the rule
    subject    id of the point, asset or feed; 0 of the site; of a sector its path, of an attribute "name=value" (stable,
               at most 80 characters: a longer one is cut and ends in a digest)
    severity   the one it has now; of a clear, the one it had
    previous   the one it had before, None for a raise
    at         when it truly moved, on the readings' clock (silence: received clock)
    since      when the condition behind it began: of the severity it has now; of a clear, of the whole alarm
    learned    when we could first know it: `received` of the reading that told, or `now` of `advance`
    past       begun and ended longer ago than PAST when we learned of both at once: journal it, do not sound it
    """

    kind: Kind
    rule: int
    subject_kind: SubjectKind
    subject: int | str
    severity: str
    previous: str | None
    at: int
    since: int
    learned: int
    evidence: Evidence
    past: bool = False


class Active(Struct, frozen=True, gc=False):
    """An alarm that stands: what `Engine.active()` lists and what `Engine.seed()` is given.

    asof   of one that is given: from when on facts are known (µs); a count's alarm waits from there for who holds it up, and a
           silence is ended by what is received after it
    ahead  of a silence that is given: as in its evidence
    lag    of one that is given: how much later than it was raised that was known (µs)
    untold of one that is given: its rule's calendar holds it back
    extent of a point that shares the alarm of its sector: how far beyond its limit it was when it moved last
    """

    rule: int
    subject_kind: SubjectKind
    subject: int | str
    severity: str
    since: int
    asof: int = 0
    ahead: int | None = None
    lag: int = 0
    untold: bool = False
    extent: float = 0.0


def mark_past(transitions: list[Transition]) -> list[Transition]:
    """The same transitions; those of an alarm that both began and ended in them, all long ago, flagged `past`."""
    if not any(t.kind == "clear" and t.at < t.learned - PAST for t in transitions):
        return transitions
    begun: dict[tuple[int, str, int | str], list[int]] = {}
    past: set[int] = set()
    for index, move in enumerate(transitions):
        alarm = (move.rule, move.subject_kind, move.subject)
        if move.at >= move.learned - PAST:
            begun.pop(alarm, None)
        elif move.kind == "raise":
            begun[alarm] = [index]
        elif alarm in begun:
            begun[alarm].append(index)
            if move.kind == "clear":
                past.update(begun.pop(alarm))
    return [msgspec.structs.replace(t, past=True) if i in past else t for i, t in enumerate(transitions)]
