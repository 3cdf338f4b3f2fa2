"""Derived values as a person would compute them: from the whole list of a point's readings, each time anew."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from zoneinfo import ZoneInfo

import msgspec

from alarms.engine.evidence import AnomalyEvidence, ForecastEvidence, RateEvidence
from alarms.engine.spec import Anomaly, Forecast, Limit, Rate, Threshold
from alarms.engine.transitions import Transition
from tests.engine.oracle import SECOND, Ladder, Point, _ladder

HOUR = 3600
Cell = tuple[float, float, float, int, int]
"""Of one hour of the week: median, deviation above and below, weeks, samples."""


@dataclass
class DerivedLadder(Ladder):
    """One rule on one point; `point` stands for the derived value, `source` for what is read."""

    source: Point | None = None
    rule: Rate | Forecast | Anomaly | None = None
    zone: str = "UTC"
    profile: Mapping[int, Cell] = field(default_factory=dict)
    past: list[tuple[int, float]] = field(default_factory=list)
    behind: dict[int, tuple] = field(default_factory=dict)
    shown: list[float] = field(default_factory=list)
    lost: float = 0.0
    restart: tuple[float, float] | None = None
    hour: tuple[int, int, float, float, bool] | None = None
    """Of a counter: number and first reading of its newest hour, what was lost by then, and whether it is the first for sure."""

    def take(self, at: int, value: float, received: int) -> list[Transition]:
        raw = value
        if self.source.counter:
            value = self.count(raw)
        self.past.append((at, value))
        derived = self.derive(at, value)
        if derived is None:
            return []
        number, behind = derived
        self.behind[at] = (raw, behind[1]) if isinstance(self.rule, Rate) else behind
        moves = self.read(at, number, received)
        self.point.value, self.point.value_at = number, at
        self.point.newest, self.point.heard = at, received
        return moves

    def count(self, raw: float) -> float:
        """Clearly below the number before it is a restart: what it counted is not known, and counts as nothing."""
        last, before = (self.shown[-1:] or [-math.inf])[0], (self.shown[-2:-1] or [math.inf])[0]
        back = self.restart is not None and raw >= self.restart[0]
        if back:
            self.lost = self.restart[1]
            self.shown[-1] = self.restart[0]
        if self.shown and last - raw > 0.1 * abs(last) and raw < before:
            self.restart = (last, self.lost)
            self.lost += last - raw
        elif raw != last:
            self.restart = None
        self.shown.append(raw)
        return raw + self.lost

    def derive(self, at: int, value: float) -> tuple[float, tuple] | None:
        if isinstance(self.rule, Anomaly):
            if self.source.counter:
                return self.consumed(at, value)
            return self.score(at, value)
        window = round(self.rule.window * SECOND)
        slot = -(-window // 30)
        last_of_slot = {instant // slot: (instant, number) for instant, number in self.past}
        if sum(instant // slot == at // slot for instant, _ in self.past) > 1:
            return None
        inside = [(instant, number) for instant, number in last_of_slot.values() if at - window < instant <= at]
        if len(inside) < 3 or at - min(inside)[0] < window / 2:
            return None
        xs = [(instant - at) / 1e6 for instant, _ in inside]
        ys = [number - value for _, number in inside]
        return self.slope(value, xs, ys) if isinstance(self.rule, Rate) else self.trend(value, xs, ys)

    def slope(self, value: float, xs: Sequence[float], ys: Sequence[float]) -> tuple[float, tuple]:
        n, sx, sy = len(xs), sum(xs), sum(ys)
        sxy, sxx = sum(x * y for x, y in zip(xs, ys, strict=True)), sum(x * x for x in xs)
        return (n * sxy - sx * sy) / (n * sxx - sx * sx) * HOUR, (value, n)

    def trend(self, value: float, xs: Sequence[float], ys: Sequence[float]) -> tuple[float, tuple]:
        pairs = sorted(zip(xs, ys, strict=True))
        slope = median([(y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(pairs) for x2, y2 in pairs[i + 1 :]])
        level = 0.0 if self.source.counter else median([y - slope * x for x, y in pairs]) + value
        expected, (least, most) = level + slope * self.rule.within, self.source.plausible
        seen = [y + value for y in ys]
        if not self.source.counter and least <= min(seen) and max(seen) <= most:
            expected = min(max(expected, least), most)
        return expected, (level, slope * HOUR)

    def consumed(self, at: int, value: float) -> tuple[float, tuple] | None:
        """Once an hour, when its successor has begun: a minute before the clock says so, as meters are not that exact."""
        number, before = (at + 60 * SECOND) // (HOUR * SECOND), self.hour
        if before is not None and before[0] == number:
            return None
        self.hour = (number, at, value, self.lost, before is not None)
        if before is None or not before[4] or before[3] != self.lost or not 1800 * SECOND <= at - before[1] <= 5400 * SECOND:
            return None
        return self.score(before[0] * HOUR * SECOND, (value - before[2]) * (HOUR * SECOND / (at - before[1])))

    def score(self, at: int, value: float) -> tuple[float, tuple] | None:
        local = dt.datetime.fromtimestamp(at // SECOND, ZoneInfo(self.zone))
        cell = self.profile.get(local.weekday() * 24 + local.hour)
        if cell is None or cell[3] < self.rule.minimum_history:
            return None
        median, above, below = cell[0], max(cell[1], self.rule.floor), max(cell[2], self.rule.floor)
        if above == 0 or below == 0:
            return None
        away = (value - median) / (above if value >= median else below)
        signed = {"above": away, "below": -away, "both": abs(away)}[self.rule.direction]
        return signed, (value, median, above, below, *cell[3:])

    def _tell(self, at: int, learned: int, value: float, value_at: int) -> list[Transition]:
        return [
            msgspec.structs.replace(move, subject=self.source.id, evidence=self.explain(move.evidence))
            for move in super()._tell(at, learned, value, value_at)
        ]

    def explain(self, seen) -> RateEvidence | ForecastEvidence | AnomalyEvidence:
        rule, behind = self.rule, self.behind[seen.value_at]
        common = (seen.value, seen.value_at, seen.limit, seen.first_value, seen.first_at, seen.delay, rule.deadband)
        if isinstance(rule, Rate):
            return RateEvidence(rule.direction, *common, round(rule.window * SECOND), *behind)
        if isinstance(rule, Anomaly):
            reading, usual, above, below, weeks, samples = behind
            deviation = abs((reading - usual) / seen.value) if seen.value else 0.0
            edge = min(3, seen.limit)
            known = (usual - edge * below, usual + edge * above, weeks, samples, self.source.counter)
            return AnomalyEvidence(rule.direction, *common, reading, usual, deviation, *known)
        level, slope = behind
        expected = level + slope / HOUR * rule.within
        bounded = abs(seen.value - expected) > 1e-9 * max(1.0, abs(expected))
        reached = None
        if (seen.limit - level) * slope > 0 and (seen.limit - level) / slope * HOUR * SECOND < 2**53:
            reached = seen.value_at + round((seen.limit - level) / slope * HOUR * SECOND)
        return ForecastEvidence(
            rule.direction, *common, round(rule.window * SECOND), round(rule.within * SECOND), level, slope, reached, bounded
        )


def derived_ladder(
    version: int, spec: Rate | Forecast | Anomaly, source: Point, zone: str, profile: Mapping[int, Cell]
) -> DerivedLadder:
    limits, direction = spec.limits, getattr(spec, "direction", "above")
    if isinstance(spec, Anomaly):
        limits, direction = tuple(Limit(severity=r.severity, limit=r.limit, clear=r.clear) for r in spec.limits), "above"
    threshold = Threshold(
        scope=spec.scope,
        direction=direction,
        limits=limits,
        deadband=spec.deadband,
        on_delay=spec.on_delay,
        off_delay=spec.off_delay,
    )
    stands_for = Point(source.id, source.asset, source.feed, 0, source.limits)
    made = _ladder(version, threshold, stands_for)
    return DerivedLadder(version, threshold, stands_for, made.levels, source=source, rule=spec, zone=zone, profile=profile)
