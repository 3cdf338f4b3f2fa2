"""Rates, forecasts and anomalies at work: a value derived from a point's readings, judged by a ladder as a threshold is.

Each pair of a rule and a point is a row of its own, with a clock of its own that moves with every derived value; on these
rows run the same ladders as on points. Deriving is columnar: all rules of a kind at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import Clock, by_row
from alarms.engine.evidence import AnomalyEvidence, Evidence, ForecastEvidence, RateEvidence
from alarms.engine.ladders import Ladders, Moves, Read
from alarms.engine.layout import SECOND, ScopedRule, lay_out
from alarms.engine.profiles import HOURS, HourOfWeek, Profiles
from alarms.engine.spec import SEVERITIES, Anomaly, Forecast, Limit, Rate, Threshold
from alarms.engine.telling import Keyed
from alarms.engine.transitions import Transition
from alarms.engine.windows import Windows, least_squares, robust_line
from assets.register import Register

HOUR = 3600
CONSISTENT = 1.4826
"""Makes the MAD of normal values their standard deviation."""
_SEVERITY = (None, *SEVERITIES)
DERIVED = (Rate, Forecast, Anomaly)

Values = tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]
"""Of each reading: whether a value could be derived, the value, and two numbers that explain it (m, 2)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What the ladders are laid out over."""

    point: NDArray[np.intp]
    limits: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.point)


class Derived:
    """All rules that judge a derived value. Rows are pairs of point and rule, sorted by point row and then by rule."""

    def __init__(self, register: Register, rules: Sequence[ScopedRule], zone: str, profiles: Profiles) -> None:
        self.rules = [rule for rule in rules if isinstance(rule.spec, DERIVED)]
        self._register = register
        point = np.concatenate([np.empty(0, np.intp), *(rule.rows for rule in self.rules)]).astype(np.intp)
        rule = np.repeat(np.arange(len(self.rules)), [len(each.rows) for each in self.rules])
        order = np.argsort(point, kind="stable")
        self.point, self.rule = point[order], rule[order]
        rows = _Rows(self.point, {name: column[self.point] for name, column in register.limits.items()})
        ladders = [
            ScopedRule(each.version, _ladder(each.spec), _where(self.rule, index)) for index, each in enumerate(self.rules)
        ]
        self.clock = Clock(len(rows))
        self.ladders = Ladders(lay_out(rows, ladders), self.clock)
        self.feed = register.feed[self.point]
        self._explained = np.zeros((len(rows), 2))
        """The two numbers behind each row's newest value."""
        counts = np.bincount(self.point, minlength=len(register))
        self._start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        self._watched = counts > 0
        kind = np.array([DERIVED.index(type(each.spec)) for each in self.rules], np.int64)[self.rule]
        self._kind, self._inner = kind, np.zeros(len(rows), np.intp)
        """Of each row: its kind, and its place among the rows of that kind."""
        specs = []
        for index in range(len(DERIVED)):
            mine = _where(kind, index)
            self._inner[mine] = np.arange(len(mine))
            specs.append([self.rules[each].spec for each in self.rule[mine]])
        judged = register.point_id[self.point[_where(kind, 2)]]
        self._parts = (_Slopes(specs[0]), _Trends(specs[1]), _Scores(specs[2], judged, zone, profiles))

    def judge(self, read: Read) -> Iterator[Keyed]:
        """Applied readings of points, in order; gives what their derived values tell."""
        if not self.rules:
            return
        chosen = (self._watched.take(read.rows) & read.usable).nonzero()[0]
        if not len(chosen):
            return
        read = read.take(chosen)
        row, owner = self._rows_of(read.rows)
        at, value = read.at[owner], read.value[owner]
        known, derived, explained = self._derive(row, at, value)
        kept = known.nonzero()[0]
        if not len(kept):
            return
        row, derived, explained, owner = row[kept], derived[kept], explained[kept], owner[kept]
        of_rows = Read(read.position[owner], row, read.at[owner], derived, np.ones(len(row), bool), read.received[owner])
        self.clock.newest[row], self.clock.heard[row] = of_rows.at, of_rows.received
        awake = self.ladders.awake(row, derived).nonzero()[0]
        if len(awake):
            yield from self._tell(self.ladders.judge(of_rows, awake, True), of_rows, explained)
        self._explained[row] = explained

    def recall(self, rows: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        """Fill windows with what point rows read before anything is judged: finite values, each row's in order of time."""
        row, owner = self._rows_of(rows)
        self._derive(row, at[owner], value[owner])

    def _rows_of(self, points: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The rows of some point rows, and for each which of those it belongs to."""
        count = self._start[points + 1] - self._start[points]
        ends = count.cumsum()
        owner = np.arange(len(points)).repeat(count)
        return np.arange(len(owner)) + (self._start[points] - ends + count)[owner], owner

    def expire(self, now: int, unknown_feeds: NDArray[np.bool_]) -> Iterator[Keyed]:
        """End the delays that are over at `now`; rows of silent feeds wait."""
        if self.rules:
            unknown = (lambda: unknown_feeds[self.feed]) if unknown_feeds.any() else (lambda: None)
            yield from self._tell(self.ladders.expire(now, unknown), None, None)

    def _derive(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> Values:
        known, derived, explained = np.zeros(len(row), bool), np.zeros(len(row)), np.zeros((len(row), 2))
        kind = self._kind[row]
        for index, part in enumerate(self._parts):
            mine = _where(kind, index)
            if not len(mine):
                continue
            inner = self._inner[row[mine]]
            for turn in _turns(inner) if part.remembers else (np.arange(len(mine)),):
                places = mine[turn]
                known[places], derived[places], explained[places] = part.derive(inner[turn], at[places], value[places])
        return known, derived, explained

    # -- telling ----------------------------------------------------------------------------------------------------

    def _tell(self, batches: list[Moves], read: Read | None, explained: NDArray[np.float64] | None) -> Iterator[Keyed]:
        batches = [moves for moves in batches if len(moves.check)]
        if not batches:
            return
        moves = Moves(*map(np.concatenate, zip(*batches, strict=True)))
        behind: dict[tuple[int, int], tuple[float, float]] = {}
        if read is not None:
            moved = np.isin(read.rows, self.ladders.layout.row[moves.check]).nonzero()[0]
            keys = zip(read.rows[moved].tolist(), read.at[moved].tolist(), strict=True)
            behind = dict(zip(keys, map(tuple, explained[moved].tolist()), strict=True))
        layout, upward = self.ladders.layout, moves.after > moves.before
        rule, row = layout.rule[moves.check], layout.row[moves.check]
        limit = layout.sign[rule] * np.where(upward, layout.up[moves.check, moves.level], layout.down[moves.check, moves.level])
        delay = np.where(upward, layout.on_delay[rule], layout.off_delay[rule])
        point = self._register.point_id[self.point[row]]
        columns = (rule, row, point, limit, delay, *moves)
        for (
            index, place, subject, bound, wait, position, check, before, after, _, at, since, learned,
            value, value_at, first_value, first_at,
        ) in zip(*(column.tolist() for column in columns), strict=True):  # fmt: skip
            numbers = behind.get((place, value_at)) or tuple(self._explained[place].tolist())
            scoped = self.rules[index]
            common = (value, value_at, bound, first_value, first_at, wait, scoped.spec.deadband)
            kind = "raise" if not before else "change" if after else "clear"
            yield (
                # After what the point's own levels told at the same instant.
                (position, 2, at, 2**40 + check),
                Transition(
                    kind, scoped.version, "point", subject, _SEVERITY[after or before], _SEVERITY[before], at, since, learned,
                    _evidence(scoped.spec, common, numbers),
                ),
            )  # fmt: skip


def _evidence(spec: Rate | Forecast | Anomaly, common: tuple, numbers: tuple[float, float]) -> Evidence:
    if isinstance(spec, Rate):
        return RateEvidence(spec.direction, *common, round(spec.window * SECOND), numbers[0], int(numbers[1]))
    if isinstance(spec, Anomaly):
        score, reading, median = common[0], *numbers
        away = reading - median
        return AnomalyEvidence(spec.direction, *common, reading, median, abs(away / score) if score else 0.0)
    level, slope = numbers
    value_at, limit, within = common[1], common[2], round(spec.within * SECOND)
    gap = limit - level
    ahead = gap * slope > 0
    reached_at = value_at + round(gap / slope * HOUR * SECOND) if ahead and gap / slope * HOUR * SECOND < 2**53 else None
    return ForecastEvidence(spec.direction, *common, round(spec.window * SECOND), within, level, slope, reached_at)


def _ladder(spec: Rate | Forecast | Anomaly) -> Threshold:
    """The threshold on the derived value."""
    limits, direction = spec.limits, "above"
    if isinstance(spec, Anomaly):
        limits = tuple(Limit(severity=rung.severity, limit=rung.limit, clear=rung.clear) for rung in spec.limits)
    else:
        direction = spec.direction
    return Threshold(
        scope=spec.scope, direction=direction, limits=limits, deadband=spec.deadband, on_delay=spec.on_delay,
        off_delay=spec.off_delay,
    )  # fmt: skip


class _Slopes:
    """Rates: the slope of a window, in units per hour; explained by (the reading, how many samples)."""

    remembers = True

    def __init__(self, specs: Sequence[Rate]) -> None:
        self.windows = Windows(np.array([round(spec.window * SECOND) for spec in specs], np.int64))

    def derive(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> Values:
        self.windows.put(row, at, value)
        inside, x, y, enough = self.windows.samples(row, at, value)
        slope = np.zeros(len(row))
        if enough.all():  # as soon as windows are full, and copies of them are dear
            slope = least_squares(inside, x, y) * HOUR
        else:
            slope[enough] = least_squares(inside[enough], x[enough], y[enough]) * HOUR
        return enough, slope, np.stack((value, np.count_nonzero(inside, axis=1).astype(float)), axis=1)


class _Trends:
    """Forecasts: where the robust line of a window will be; explained by (its level now, its slope per hour).

    Derived once per slot of the window, at its first reading: a trend does not turn within a thirtieth of its window.
    """

    remembers = True

    def __init__(self, specs: Sequence[Forecast]) -> None:
        self.windows = Windows(np.array([round(spec.window * SECOND) for spec in specs], np.int64))
        self._within = np.array([spec.within for spec in specs])

    def derive(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> Values:
        first = self.windows.put(row, at, value)
        known, expected, explained = np.zeros(len(row), bool), np.zeros(len(row)), np.zeros((len(row), 2))
        turn = first.nonzero()[0]
        inside, x, y, enough = self.windows.samples(row[turn], at[turn], value[turn])
        turn, inside, x, y = turn[enough], inside[enough], x[enough], y[enough]
        if len(turn):
            slope, level = robust_line(inside, x, y)
            level = level + value[turn]
            known[turn], expected[turn] = True, level + slope * self._within[row[turn]]
            explained[turn] = np.stack((level, slope * HOUR), axis=1)
        return known, expected, explained


class _Scores:
    """Anomalies: how many robust deviations from the median of this hour of the week; explained by (reading, median)."""

    remembers = False

    def __init__(self, specs: Sequence[Anomaly], points: NDArray[np.int64], zone: str, profiles: Profiles) -> None:
        self._hours = HourOfWeek(zone)
        distinct, self._place = np.unique(points, return_inverse=True)
        self._median, self._scale = np.full((2, len(distinct), HOURS), np.nan)
        self._weeks = np.zeros((len(distinct), HOURS), np.int64)
        place = np.searchsorted(distinct, profiles.point)
        mine = np.isin(profiles.point, distinct)
        cell = (place[mine], profiles.hour[mine])
        self._median[cell], self._scale[cell] = profiles.median[mine], profiles.mad[mine] * CONSISTENT
        self._weeks[cell] = profiles.weeks[mine]
        self._least = np.array([spec.minimum_history for spec in specs])
        self._floor = np.array([spec.floor for spec in specs])
        self._direction = np.array([{"above": 1, "below": -1, "both": 0}[spec.direction] for spec in specs])

    def derive(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> Values:
        cell = (self._place[row], self._hours.of(at))
        median, scale = self._median[cell], np.maximum(self._scale[cell], self._floor[row])
        known = (self._weeks[cell] >= self._least[row]) & np.isfinite(median) & (scale > 0)
        score = (value - median) / np.where(known, scale, 1.0)
        score = np.where(self._direction[row] == 0, np.abs(score), score * self._direction[row])
        return known, np.where(known, score, 0.0), np.stack((value, np.where(known, median, 0.0)), axis=1)


def _turns(row: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Positions, each time one per row, in the order of each row's readings."""
    order = by_row(row)
    ordered = row[order]
    starts = np.concatenate(([True], ordered[1:] != ordered[:-1])).nonzero()[0]
    length = np.diff(np.append(starts, len(row)))
    for turn in range(int(length.max(initial=0))):
        yield order[starts[length > turn] + turn]


def _where(column: NDArray, value: int) -> NDArray[np.intp]:
    return np.flatnonzero(column == value)
