"""A plausible firing of a rule, so that an administrator reads what it will say before it says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alarms.engine import spec as specs
from alarms.engine.evidence import (
    AnomalyEvidence,
    ConditionEvidence,
    CountEvidence,
    Evidence,
    ForecastEvidence,
    Member,
    MissingEvidence,
    RateEvidence,
    Seen,
    SequenceEvidence,
    SilenceEvidence,
    StateEvidence,
    TermSeen,
    ThresholdEvidence,
)
from alarms.engine.figures import plain
from alarms.engine.profiles import REACH
from alarms.engine.transitions import SubjectKind, Transition

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Example:
    """What the subject of the example is: its own limits by name, the seconds between two of its readings, whether it counts."""

    limits: Mapping[str, float]
    interval: int = 60
    counter: bool = False


def subject_kind(spec: specs.Spec) -> SubjectKind:
    """What the alarms of this rule are about."""
    match spec:
        case specs.Silence():
            return spec.of
        case specs.Condition():
            return "asset"
        case specs.Count() | specs.Sequence() | specs.Missing():
            if isinstance(spec.by, specs.By):
                return "asset" if spec.by.attribute is None else "attribute"
            return "asset" if spec.by == "parent" else spec.by
    return "point"


def firing(spec: specs.Spec, subject: int | str, example: Example, at: int) -> Transition:
    """The raise of an alarm of the first severity the rule names, at `at` µs."""
    severity, evidence = _fired(spec, example, at)
    began = at - int(getattr(spec, "on_delay", 0.0) * SECOND)
    return Transition("raise", 0, subject_kind(spec), subject, severity, None, at, began, at, evidence)


def _fired(spec: specs.Spec, example: Example, at: int) -> tuple[str, Evidence]:
    match spec:
        case specs.Threshold() | specs.Rate() | specs.Forecast() | specs.Anomaly():
            return _beyond(spec, example, at)
        case specs.State():
            rung, delay = spec.values[0], int(spec.on_delay * SECOND)
            return rung.severity, StateEvidence(rung.codes[0], at, rung.codes, rung.codes[0], at - delay, delay)
        case specs.Silence():
            interval = example.interval * SECOND
            period = max(int(spec.factor * interval), int(spec.minimum * SECOND))
            return spec.severity, SilenceEvidence(spec.of, at - period, period, interval, spec.factor, 1)
        case specs.Condition():
            terms = tuple(TermSeen(term.named(), term.of, True, None, None, at) for term in spec.when.terms())
            delay = int(spec.on_delay * SECOND)
            return spec.severity, ConditionEvidence(terms, at - delay, delay)
        case specs.Count():
            rung = min(spec.limits, key=lambda each: each.at_least)
            members = tuple(Member("asset:0", None, at) for _ in range(min(rung.at_least, 3)))
            within = int(spec.within * SECOND)
            told = CountEvidence(spec.of.named(), _place(spec.by), rung.at_least, rung.at_least, within, members, rung.at_least)
            return rung.severity, told
        case specs.Sequence():
            gap, within = int(spec.within * SECOND / 2), int(spec.within * SECOND)
            first = Seen(spec.first.named(), "asset:0", None, at - gap)
            then = Seen(spec.then.named(), "asset:0", None, at)
            return spec.severity, SequenceEvidence(first, then, _place(spec.by), within, at + int(spec.hold * SECOND))
        case specs.Missing():
            within = int(spec.within * SECOND)
            first = Seen(spec.first.named(), "asset:0", None, at - within)
            return spec.severity, MissingEvidence(first, spec.then.named(), _place(spec.by), within, None)


def _place(by: str | specs.By) -> str:
    if isinstance(by, specs.By):
        return f"{plain(by.metres)} m" if by.attribute is None else by.attribute
    return by


def _beyond(
    spec: specs.Threshold | specs.Rate | specs.Forecast | specs.Anomaly, example: Example, at: int
) -> tuple[str, Evidence]:
    rung = spec.limits[0]
    limit = rung.limit if isinstance(rung.limit, float) else example.limits.get(rung.limit.point, 10.0)
    step = max(abs(limit) * 0.05, spec.deadband, 0.1)
    value = round(limit - step if spec.direction == "below" else limit + step, 2)
    delay = int(spec.on_delay * SECOND)
    told = {
        "direction": spec.direction, "value": value, "value_at": at, "limit": limit, "first_value": value,
        "first_at": at - delay, "delay": delay, "deadband": spec.deadband,
    }  # fmt: skip
    match spec:
        case specs.Threshold():
            return rung.severity, ThresholdEvidence(**told)
        case specs.Rate():
            return rung.severity, RateEvidence(**told, window=int(spec.window * SECOND), reading=value, samples=10)
        case specs.Anomaly():
            deviation = max(spec.floor, 1.0)
            reading = round(20 + value * deviation, 1)
            edge = min(REACH, limit) * deviation
            usual = {"low": 20.0 - edge, "high": 20.0 + edge, "weeks": 8, "samples": 168, "hourly": example.counter}
            return rung.severity, AnomalyEvidence(**told, reading=reading, median=20.0, deviation=deviation, **usual)
        case specs.Forecast():
            within = int(spec.within * SECOND)
            level = round(limit + step if spec.direction == "below" else limit - step, 2)
            slope = (value - level) * 3600 / spec.within
            return rung.severity, ForecastEvidence(
                **told, window=int(spec.window * SECOND), within=within, level=level, slope=slope, reached_at=at + within // 2
            )
