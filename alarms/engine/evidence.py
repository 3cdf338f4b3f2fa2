"""What alarms rest on: one evidence per kind of rule, complete enough to tell why without asking anybody.

All instants are int64 µs since the Unix epoch, UTC; all delays and periods are µs too. None of these can be part of a
reference cycle, so the garbage collector need not follow ten thousand of them when they come at once.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from alarms.engine.wording import Bilingual

MOST_MEMBERS = 50
"""How many members an evidence names; it always says how many there were."""


class ThresholdEvidence(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="threshold"):
    """Why a threshold's alarm moved.

    value, value_at    the last usable reading when it moved
    limit              what `value` is compared to: the limit of the new severity; on the way down, where the severity
                       left behind ends
    first_value, first_at   the reading that began the delay: the first beyond the limit; on the way down, the first
                       beyond the place where it ends
    delay              on-delay, or off-delay on the way down
    deadband           as written in the rule
    point, standing    of a sector's alarm: whose values these are, and how many points stand with it
    """

    direction: Literal["above", "below"]
    value: float
    value_at: int
    limit: float
    first_value: float
    first_at: int
    delay: int
    deadband: float
    point: int | None = None
    standing: int = 0


class StateEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="state"):
    """Why a state's alarm moved; fields as in ThresholdEvidence. `codes` are those of the severity entered or left."""

    value: float
    value_at: int
    codes: tuple[float, ...]
    first_value: float
    first_at: int
    delay: int


class SilenceEvidence(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="silence"):
    """Why a silence began or ended, on the received clock.

    heard      when the subject was last heard before the silence (or when listening began, if later)
    period     how long it may be quiet: factor × interval, at least the rule's minimum
    interval   the expected interval, the smallest of the subject's points
    points     how many points were listened to
    ahead      None when nothing came since; else something came that cannot be used, and its clock is ahead by this (negative:
               behind, 0: the clock is not what is wrong)
    """

    of: Literal["asset", "feed"]
    heard: int
    period: int
    interval: int
    factor: float
    points: int
    ahead: int | None = None


class RateEvidence(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="rate"):
    """As ThresholdEvidence, of the slope in the point's unit per hour. `reading` is the value read at `value_at`."""

    direction: Literal["above", "below"]
    value: float
    value_at: int
    limit: float
    first_value: float
    first_at: int
    delay: int
    deadband: float
    window: int
    reading: float
    samples: int
    point: int | None = None
    standing: int = 0


class ForecastEvidence(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="forecast"):
    """As ThresholdEvidence, of the value expected at `value_at + within`.

    level      the trend's value at `value_at`
    slope      in the point's unit per hour
    reached_at when the trend reaches `limit`; None when it moves away from it or is there already
    bounded    the trend goes beyond what is plausible of the point: `value` is the end of that range, and is not to be told
    """

    direction: Literal["above", "below"]
    value: float
    value_at: int
    limit: float
    first_value: float
    first_at: int
    delay: int
    deadband: float
    window: int
    within: int
    level: float
    slope: float
    reached_at: int | None
    bounded: bool = False
    point: int | None = None
    standing: int = 0


class AnomalyEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="anomaly"):
    """As ThresholdEvidence, of the score: how many deviations `reading` is away from `median`.

    deviation    what one is worth on the reading's side, in the point's unit
    low, high    from where to where readings are usual at that hour; None in what was written before they were kept
    weeks        in how many weeks that hour was observed; samples: by how many past hours `low` and `high` are known
    hourly       of a counter: `reading`, `median`, `deviation`, `low` and `high` are consumption per hour, that of the hour that
                 the reading of `value_at` has ended
    """

    direction: Literal["above", "below", "both"]
    value: float
    value_at: int
    limit: float
    first_value: float
    first_at: int
    delay: int
    deadband: float
    reading: float
    median: float
    deviation: float
    low: float | None = None
    high: float | None = None
    weeks: int = 0
    samples: int = 0
    hourly: bool = False


class TermSeen(Struct, frozen=True, gc=False):
    """One comparison of a condition: what it says, and the reading since which it is true or not (None: never read)."""

    what: Bilingual
    of: Literal["asset", "parent"]
    holds: bool | None
    point: int | None
    value: float | None
    at: int | None


class ConditionEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="condition"):
    """Why a condition's alarm moved: all its comparisons. `first_at`: when the formula became true, or ceased to be."""

    terms: tuple[TermSeen, ...]
    first_at: int
    delay: int


class Member(Struct, frozen=True, gc=False):
    """One subject that counted. `at`: when it began; None: before anybody watched."""

    subject: str
    asset: int | None
    at: int | None


class CountEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="count"):
    """Why a count's alarm moved.

    count      upwards, how many distinct subjects began within the time; downwards, how many are left
    at_least   the number of the severity reached; on the way down, of the one left behind
    members    those that count, newest first, at most MOST_MEMBERS of `total`
    """

    what: Bilingual
    by: str
    count: int
    at_least: int
    within: int
    members: tuple[Member, ...]
    total: int


class Seen(Struct, frozen=True, gc=False):
    """One fact of a sequence: what it was, on what, and when."""

    what: Bilingual
    subject: str
    asset: int | None
    at: int


class SequenceEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="sequence"):
    """Which two things followed each other; `until`: when the alarm ends if they do not again."""

    first: Seen
    then: Seen
    by: str
    within: int
    until: int


class MissingEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="missing"):
    """What was not followed, by what (`expected`), within what time; `then` is what came at last, of a clear."""

    first: Seen
    expected: Bilingual
    by: str
    within: int
    then: Seen | None


class CalendarEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="calendar"):
    """The rule's calendar closed at `closed_at`; `opens_at` is when it is in force again, None when never."""

    closed_at: int
    opens_at: int | None


class SetAsideEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="set_aside"):
    """Entries of the log were set aside: how many waited, and of the first of them its number, its offset, the kind of
    the defect and when that was."""

    count: int
    number: int
    offset: str
    fault: str
    at: int


class RuleSetAsideEvidence(Struct, frozen=True, gc=False, tag_field="kind", tag="rule_set_aside"):
    """A version of a rule could not be built or restored: its number, the kind of the defect and when that was."""

    version: int
    fault: str
    at: int


Evidence = (
    ThresholdEvidence
    | StateEvidence
    | SilenceEvidence
    | RateEvidence
    | ForecastEvidence
    | AnomalyEvidence
    | ConditionEvidence
    | CountEvidence
    | SequenceEvidence
    | MissingEvidence
    | CalendarEvidence
    | SetAsideEvidence
    | RuleSetAsideEvidence
)


Limited = ThresholdEvidence | RateEvidence | ForecastEvidence
"""Those of a value beyond a limit: `point` is the worst one, of a sector's alarm."""


def witness(evidence: Evidence) -> int | None:
    """The point whose reading tells how an alarm about no point stands: the worst of a sector, that of the first comparison of a
    condition which holds, or of the fact that was seen last; None where there is none."""
    if isinstance(evidence, Limited):
        return evidence.point
    if isinstance(evidence, ConditionEvidence):
        read = [term for term in evidence.terms if term.point is not None]
        return next((term.point for term in sorted(read, key=lambda term: not term.holds)), None)
    if isinstance(evidence, SequenceEvidence):
        return _point(evidence.then.subject)
    if isinstance(evidence, MissingEvidence):
        return _point((evidence.then or evidence.first).subject)
    return None


def _point(subject: str) -> int | None:
    kind, _, ident = subject.partition(":")
    return int(ident) if kind == "point" else None
