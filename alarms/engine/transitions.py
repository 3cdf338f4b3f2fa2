"""What the engine tells: transitions of alarms and the evidence each one carries.

All instants are int64 µs since the Unix epoch, UTC; all delays and periods are µs too. None of these can be part of a
reference cycle, so the garbage collector need not follow ten thousand of them when they come at once.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

Kind = Literal["raise", "change", "clear"]
SubjectKind = Literal["point", "asset", "feed"]

MINUTE = 60_000_000
PAST = 5 * MINUTE
"""What ended longer ago than this, counted from when we learned of it, is journaled and not sounded."""


class ThresholdEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="threshold"):
    """Why a threshold's alarm moved.

    value, value_at    the last usable reading when it moved
    limit              what `value` is compared to: the limit of the new severity; on the way down, where the severity
                       left behind ends
    first_value, first_at   the reading that began the delay: the first beyond the limit; on the way down, the first
                       beyond the place where it ends
    delay              on-delay, or off-delay on the way down
    deadband           as written in the rule
    """

    direction: Literal["above", "below"]
    value: float
    value_at: int
    limit: float
    first_value: float
    first_at: int
    delay: int
    deadband: float


class StateEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="state"):
    """Why a state's alarm moved; fields as in ThresholdEvidence. `codes` are those of the severity entered or left."""

    value: float
    value_at: int
    codes: tuple[float, ...]
    first_value: float
    first_at: int
    delay: int


class SilenceEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="silence"):
    """Why a silence began or ended, on the received clock.

    heard      when the subject was last heard before the silence (or when listening began, if later)
    period     how long it may be quiet: factor × interval, at least the rule's minimum
    interval   the expected interval, the smallest of the subject's points
    points     how many points were listened to
    """

    of: Literal["asset", "feed"]
    heard: int
    period: int
    interval: int
    factor: float
    points: int


Evidence = ThresholdEvidence | StateEvidence | SilenceEvidence


class Transition(Struct, frozen=True, gc=False):
    """One move of one alarm. An alarm is identified by (rule, subject_kind, subject).

    rule       version id of the rule
    subject    id of the point, asset or feed
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
    subject: int
    severity: str
    previous: str | None
    at: int
    since: int
    learned: int
    evidence: Evidence
    past: bool = False


class Active(Struct, frozen=True, gc=False):
    """An alarm that stands: what `Engine.active()` lists and what `Engine.seed()` is given."""

    rule: int
    subject_kind: SubjectKind
    subject: int
    severity: str
    since: int


def mark_past(transitions: list[Transition]) -> list[Transition]:
    """The same transitions; those of an alarm that both began and ended in them, all long ago, flagged `past`."""
    if not any(t.kind == "clear" and t.at < t.learned - PAST for t in transitions):
        return transitions
    begun: dict[tuple[int, str, int], list[int]] = {}
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
