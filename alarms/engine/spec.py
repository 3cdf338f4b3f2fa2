"""What a rule may say: the closed set of typed specs, their JSON form, and the errors an administrator reads.

How a kind is added: CONTRIBUTING.md, *A rule kind*.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from alarms.engine.calendar import Calendar
from alarms.engine.faults import Fault, Faulty, SpecError, Trouble, of_error
from alarms.engine.figures import plain
from alarms.engine.predicates import By, Carried, Clause, Predicate
from alarms.engine.wording import (
    RANK,
    SEVERITIES,
    Bilingual,
    BilingualText,
    Message,
    Part,
    Scope,
    Seconds,
    Severity,
    Slug,
    Stake,
    finite,
    storable,
)

__all__ = [
    "RANK", "SEVERITIES", "Anomaly", "AtLeast", "Bilingual", "By", "Calendar", "Carried", "Clause", "Codes", "Condition",
    "Count", "Forecast", "Limit", "Message", "Missing", "PointLimit", "Predicate", "Rate", "Scope", "Score", "Sequence",
    "Severity", "Silence", "Spec", "SpecError", "Stake", "State", "Threshold", "decode", "encode",
    "lookback", "schema",
]  # fmt: skip

Span = Annotated[float, Meta(gt=0, le=30 * 86_400)]
Window = Annotated[float, Meta(ge=30, le=7 * 86_400)]
Per = Literal["point", "sector"]


class PointLimit(Part, frozen=True):
    """The limit is a value of the point itself, by name; a point without it is not judged at this level."""

    point: Slug


class Limit(Part, frozen=True):
    """One rung of a threshold's ladder. `clear` is where it ends; without it, the deadband away from the limit."""

    severity: Severity
    limit: float | PointLimit
    clear: float | PointLimit | None = None


class Codes(Part, frozen=True):
    """One rung of a state's ladder: the values that are this severe."""

    severity: Severity
    codes: Annotated[tuple[float, ...], Meta(min_length=1, max_length=64)] = field(name="in")


class _Rule(Part, frozen=True, kw_only=True):
    """What every rule says.

    `stake`: what is lost when nobody answers; of alarms that are equally severe the graver one comes first (docs/adr/0010).
    `cause`: whether its alarms explain those of what depends on their asset; unsaid, the high and the critical ones do.
    `settling`: how long after each other such alarms may come, or go, and still be told as one (docs/adr/0005).
    """

    scope: Scope
    message: Message | None = None
    stake: Stake = "continuity"
    suggested_action: Bilingual | None = None
    procedure: BilingualText | None = None
    calendar: Calendar | None = None
    cause: bool | None = None
    settling: Annotated[float, Meta(ge=0, le=3600)] = 30.0


class Threshold(_Rule, frozen=True, tag_field="kind", tag="threshold", kw_only=True):
    """A value beyond a limit: docs/reference/rules/threshold.md.

    `per`: whether each point has an alarm, or each sector one, which names its worst point.
    """

    direction: Literal["above", "below"]
    limits: Annotated[tuple[Limit, ...], Meta(min_length=1, max_length=4)]
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0
    per: Per = "point"

    def __post_init__(self) -> None:
        _needs_quantity(self.scope)
        finite("deadband", self.deadband)
        _rising(self.limits, self.direction)


class State(_Rule, frozen=True, tag_field="kind", tag="state", kw_only=True):
    """A value among given codes: docs/reference/rules/state.md."""

    values: Annotated[tuple[Codes, ...], Meta(min_length=1, max_length=4)]
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0

    def __post_init__(self) -> None:
        _needs_quantity(self.scope)
        _distinct_severities(self.values, "values")
        codes = [code for rung in self.values for code in rung.codes]
        for code in codes:
            finite("code", code)
        if len(codes) != len(set(codes)):
            raise Faulty(Fault.CODE_TWICE, at="values")


class Silence(_Rule, frozen=True, tag_field="kind", tag="silence", kw_only=True):
    """Nothing heard for too long: docs/reference/rules/silence.md."""

    of: Literal["asset", "feed"]
    severity: Severity
    factor: Annotated[float, Meta(ge=1, le=10_000)] = 3.0
    minimum: Seconds = 0.0


class Condition(_Rule, frozen=True, tag_field="kind", tag="condition", kw_only=True):
    """A formula over several points of an asset and of the one it depends on: docs/reference/rules/condition.md."""

    when: Clause
    severity: Severity
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0


class Rate(_Rule, frozen=True, tag_field="kind", tag="rate", kw_only=True):
    """A slope over a window, in the point's unit per hour: docs/reference/rules/rate.md. `per`: as of a threshold."""

    window: Window
    direction: Literal["above", "below"]
    limits: Annotated[tuple[Limit, ...], Meta(min_length=1, max_length=4)]
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0
    per: Per = "point"

    def __post_init__(self) -> None:
        _needs_quantity(self.scope)
        finite("deadband", self.deadband)
        _rising(self.limits, self.direction)


class Forecast(_Rule, frozen=True, tag_field="kind", tag="forecast", kw_only=True):
    """The trend of a window reaches a limit within a time: docs/reference/rules/forecast.md. `per`: as of a threshold."""

    window: Window
    within: Span
    direction: Literal["above", "below"]
    limits: Annotated[tuple[Limit, ...], Meta(min_length=1, max_length=4)]
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0
    per: Per = "point"

    def __post_init__(self) -> None:
        _needs_quantity(self.scope)
        finite("deadband", self.deadband)
        _rising(self.limits, self.direction)


class Score(Part, frozen=True):
    """One rung of an anomaly's ladder: how many robust deviations away."""

    severity: Severity
    limit: Annotated[float, Meta(gt=0)]
    clear: Annotated[float, Meta(ge=0)] | None = None


class Anomaly(_Rule, frozen=True, tag_field="kind", tag="anomaly", kw_only=True):
    """Far from what this point does at this hour of the week: docs/reference/rules/anomaly.md."""

    limits: Annotated[tuple[Score, ...], Meta(min_length=1, max_length=4)]
    direction: Literal["above", "below", "both"] = "both"
    minimum_history: Annotated[int, Meta(ge=1, le=520)] = 3
    """Weeks in which the hour must have been observed."""
    floor: Annotated[float, Meta(ge=0)] = 0.0
    """The deviation is never taken for smaller than this, in the point's unit."""
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0

    def __post_init__(self) -> None:
        _needs_quantity(self.scope)
        finite("deadband", self.deadband)
        finite("floor", self.floor)
        _rising(self.limits, "above")


class AtLeast(Part, frozen=True):
    """One rung of a count's ladder."""

    severity: Severity
    at_least: Annotated[int, Meta(ge=1, le=1_000_000)]


class Count(_Rule, frozen=True, tag_field="kind", tag="count", kw_only=True):
    """Many distinct subjects at once, somewhere: docs/reference/rules/count.md."""

    of: Predicate
    by: Literal["site", "sector", "parent", "asset"] | By
    within: Span
    limits: Annotated[tuple[AtLeast, ...], Meta(min_length=1, max_length=4)]
    distinct: Literal["asset", "occurrence"] | Carried = "asset"

    def __post_init__(self) -> None:
        _distinct_severities(self.limits)
        least = [rung.at_least for rung in sorted(self.limits, key=lambda rung: RANK[rung.severity])]
        if least != sorted(set(least)):
            raise Faulty(Fault.NOT_MORE, at="limits")
        if isinstance(self.by, By) and self.by.attribute is not None:
            _carries("of", "by.attribute", self.of)
        if isinstance(self.distinct, Carried):
            if isinstance(self.by, By) and self.by.metres is not None:
                raise Faulty(Fault.NO_PLACE, at="distinct.attribute")
            _carries("of", "distinct.attribute", self.of)


class Sequence(_Rule, frozen=True, tag_field="kind", tag="sequence", kw_only=True):
    """One thing, then another: docs/reference/rules/sequence.md."""

    first: Predicate
    then: Predicate
    unless: Predicate | None = None
    by: Literal["asset", "sector"] | By
    within: Span
    severity: Severity
    hold: Span = 600.0
    """Seconds the alarm stands after the last time it was seen."""

    def __post_init__(self) -> None:
        _meets(self.by, first=self.first, then=self.then, unless=self.unless)


class Missing(_Rule, frozen=True, tag_field="kind", tag="missing", kw_only=True):
    """One thing that another should have followed: docs/reference/rules/missing.md."""

    first: Predicate
    then: Predicate
    by: Literal["asset", "sector"] | By
    within: Span
    severity: Severity
    hold: Span | None = None
    """Seconds after which the alarm ends by itself; without it, it waits for what was missing."""

    def __post_init__(self) -> None:
        _meets(self.by, first=self.first, then=self.then)


Spec = Threshold | State | Silence | Condition | Rate | Forecast | Anomaly | Count | Sequence | Missing


def lookback(spec: Spec) -> float:
    """Seconds of the past that what a rule says next may depend on; the latest value of each point not counted."""
    delays = max(getattr(spec, "on_delay", 0.0), getattr(spec, "off_delay", 0.0))
    if isinstance(spec, Rate | Forecast):
        return spec.window + delays
    if isinstance(spec, Count):
        return spec.within
    if isinstance(spec, Sequence | Missing):
        return 2 * spec.within + (spec.hold or 0.0)
    return delays


def decode(document: bytes | str | dict[str, Any]) -> Spec:
    """A spec from JSON text or from already parsed JSON. Raises SpecError, which names the field and the reason."""
    try:
        spec: Spec = msgspec.convert(document, Spec) if isinstance(document, dict) else msgspec.json.decode(document, type=Spec)
        storable(encode(spec))
        return spec
    except (msgspec.ValidationError, Faulty, UnicodeEncodeError) as error:
        raise SpecError(of_error(error)) from error
    except msgspec.DecodeError as error:
        raise SpecError(Trouble("", Fault.NOT_JSON, {"reason": error})) from error
    except RecursionError as error:
        raise SpecError(Trouble("", Fault.TOO_DEEP)) from error


def encode(spec: Spec) -> bytes:
    """JSON text; `decode(encode(spec)) == spec`."""
    return msgspec.json.encode(spec)


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a spec, for the API's description and for the editor."""
    return msgspec.json.schema(Spec)


def _needs_quantity(scope: Scope) -> None:
    if scope.quantity is None:
        raise Faulty(Fault.NO_QUANTITY, at="scope.quantity")


def _distinct_severities(rungs: tuple[Limit | Codes | Score | AtLeast, ...], at: str = "limits") -> None:
    severities = [rung.severity for rung in rungs]
    if len(severities) != len(set(severities)):
        raise Faulty(Fault.SEVERITY_TWICE, at=at)


def _carries(what: str, needed_by: str, predicate: Predicate | None) -> None:
    if predicate is not None and predicate.quantity is not None:
        raise Faulty(Fault.NO_ATTRIBUTE, at=what, needed_by=needed_by)


def _meets(by: str | By, **predicates: Predicate | None) -> None:
    if isinstance(by, By):
        if by.metres is not None:
            raise Faulty(Fault.ONLY_A_COUNT, at="by.metres")
        for what, predicate in predicates.items():
            _carries(what, "by.attribute", predicate)


def _rising(rungs: tuple[Limit | Score, ...], direction: str) -> None:
    """Each rung clears on its own near side, and the more severe ones lie further out."""
    _distinct_severities(rungs)
    outward = 1 if direction == "above" else -1
    numbers = []
    for rung in sorted(rungs, key=lambda rung: RANK[rung.severity]):
        if isinstance(rung.limit, float):
            finite("limit", rung.limit)
            numbers.append(outward * rung.limit)
        if isinstance(rung.clear, float):
            finite("clear", rung.clear)
            if isinstance(rung.limit, float) and outward * rung.clear > outward * rung.limit:
                raise Faulty(Fault.CLEARS_BEYOND, at="limits", severity=rung.severity, clear=plain(rung.clear))
    if numbers != sorted(set(numbers)):
        raise Faulty(Fault.NOT_FURTHER_ABOVE if direction == "above" else Fault.NOT_FURTHER_BELOW, at="limits")
