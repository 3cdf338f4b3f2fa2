"""Rates, forecasts and anomalies at work: a value derived from a point's readings, judged by a ladder as a threshold is.

Each pair of a rule and a point is a row of the ladders of its own, with a clock of its own that moves when a value is derived.
Deriving is columnar: all rules at once, and only where a reading may move something.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import NEVER
from alarms.engine.columns import Read
from alarms.engine.counters import Counted, Counting
from alarms.engine.evidence import AnomalyEvidence, Evidence, ForecastEvidence, RateEvidence
from alarms.engine.layout import SECOND, LadderRow, ScopedRule, members, of_kinds
from alarms.engine.profiles import Profiles
from alarms.engine.spec import Anomaly, Forecast, Limit, Rate, Spec, Threshold
from alarms.engine.values import HOUR, NO_USUAL, FittedLines, Scores, Usual, Values
from assets.register import Register

DerivedSpec = Rate | Forecast | Anomaly
Numbers = tuple[float, float, float]
"""What explains a value: see Lines and Scores."""
Common = tuple[float, int, float, float, int, int, float]
"""What an evidence of a value has after its direction: value, value_at, limit, first_value, first_at, delay, deadband."""


class _Calm:
    """What leaves rows as they are: readings from `low` to `high`, before `until`. Bookkeeping, as are quiet bands."""

    def __init__(self, size: int) -> None:
        self.low, self.high, self.until = np.full(size, -np.inf), np.full(size, np.inf), np.full(size, NEVER)
        self._moved = np.zeros(size, bool)

    def not_calm(
        self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64], repeated: bool
    ) -> NDArray[np.intp]:
        """Positions of the readings that may move their row; of a row that one may move, all."""
        moved = at >= self.until.take(row)
        moved |= value < self.low.take(row)
        moved |= value > self.high.take(row)
        if repeated:
            self._moved[row] = False
            self._moved[row[moved]] = True
            moved = self._moved.take(row)
        return moved.nonzero()[0]

    def fold(self, of: NDArray[np.intp], rows: _Calm, row: NDArray[np.intp], starts: NDArray[np.intp]) -> None:
        """What leaves all of some rows as they are leaves those `of` as they are to which these rows belong, from `starts` on."""
        self.low[of] = np.maximum.reduceat(rows.low.take(row), starts)
        self.high[of] = np.minimum.reduceat(rows.high.take(row), starts)
        self.until[of] = np.minimum.reduceat(rows.until.take(row), starts)


class Derivation(NamedTuple):
    """What a batch derived.

    read        of rows of the ladders; `value` is what was derived
    explained   (m, 3): the numbers behind each of those values
    looked      rows (of Derived) that were looked at, and when: first `lines` of windows, then of scores
    usual       of those of scores: median and deviations of that hour
    point       whose rows those are; `of_point`: all rows of those points, and where those of each begin
    """

    read: Read
    explained: NDArray[np.float64]
    looked: tuple[NDArray[np.intp], NDArray[np.int64]]
    lines: int
    usual: Usual
    point: NDArray[np.intp]
    of_point: tuple[NDArray[np.int64], NDArray[np.int64]]


class Consumed(NamedTuple):
    """By point row: what a counter consumes per hour, in its unit, and the reading (µs) by which that is known."""

    row: NDArray[np.intp]
    at: NDArray[np.int64]
    rate: NDArray[np.float64]


class Derived:
    """All rules that judge a derived value. Rows are pairs of point and rule, sorted by point row and then by rule.

    In the ladders they come after the rows of points. Use: `derive`, let the ladders judge what was found, tell, `settle`.
    """

    def __init__(self, register: Register, rules: Sequence[ScopedRule[Spec]], zone: str, profiles: Profiles) -> None:
        self.rules: list[ScopedRule[DerivedSpec]] = of_kinds(rules, Rate, Forecast, Anomaly)
        self.first = len(register)
        """The ladders' row of the first pair."""
        rows = [each.rows for each in self.rules]
        point = np.concatenate([np.empty(0, np.intp), *rows]).astype(np.intp)
        rule = np.repeat(np.arange(len(self.rules)), [len(each) for each in rows])
        order = np.argsort(point, kind="stable")
        self.point, self.rule = point[order], rule[order]
        size = len(self.point)
        self._explained = np.zeros((size, 3))
        self._value = np.full(size, np.nan)
        """Each row's newest value, and the numbers behind it."""
        counts = np.bincount(self.point, minlength=len(register))
        self._counting = Counting(register.counter & (counts > 0))
        self._start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        self._watched = counts > 0
        windowed = np.array([not isinstance(each.spec, Anomaly) for each in self.rules], bool)[self.rule]
        lines, scores = windowed.nonzero()[0], (~windowed).nonzero()[0]
        self._windowed = windowed
        self._rates = np.array([isinstance(each.spec, Rate) for each in self.rules], bool)[self.rule]
        self._inner = np.zeros(size, np.intp)
        """Of each row: its place among the rows of its part."""
        self._inner[lines] = np.arange(len(lines))
        self._inner[scores] = np.arange(len(scores))
        self._lines = FittedLines([self.rules[each].spec for each in self.rule[lines]], register, self.point[lines])
        self._scores = Scores([self.rules[each].spec for each in self.rule[scores]], register, self.point[scores], zone, profiles)
        self._consumed = register.counter[self.point]
        """Rows that judge what a counter consumes."""
        self._rate, self._rate_at = np.zeros(size), np.full(size, NEVER)
        """Of these: the newest consumption per hour, and the reading by which it was known."""
        self._told = np.zeros(size, bool)
        self._rows, self._points = _Calm(size), _Calm(len(register))
        self._last_at, self._last_value = np.full(len(register), NEVER), np.zeros(len(register))
        """Each point's newest usable reading: the sample of its slot, in all its windows, until a later one begins the next."""

    @property
    def ladders(self) -> list[ScopedRule[Threshold]]:
        """Each rule as a threshold on what it derives."""
        rows = [(self.first + np.flatnonzero(self.rule == index)).astype(np.int32) for index in range(len(self.rules))]
        return [ScopedRule(each.version, _ladder(each.spec), mine) for each, mine in zip(self.rules, rows, strict=True)]

    def derive(self, read: Read, repeated: bool) -> Derivation | None:
        """What applied readings of points, in order, lead to; None where they cannot move anything."""
        chosen = (self._watched.take(read.rows) & read.usable).nonzero()[0]
        if not len(chosen):
            return None
        point, at, value = read.rows.take(chosen), read.at.take(chosen), read.value.take(chosen)
        moving = self._points.not_calm(point, at, value, repeated)
        counted, lost = self._counting.counted(point, value), None
        if counted is not None:
            of_all, lost = np.zeros((2, len(read.value)))
            of_all[chosen], lost[chosen] = counted
            read = read._replace(value=of_all)
        found = self._look(read, lost, chosen.take(moving), repeated) if len(moving) else None
        self._last_at[point] = at
        self._last_value[point] = value if counted is None else counted.value
        return found

    def _look(self, read: Read, lost: NDArray[np.float64] | None, place: NDArray[np.intp], repeated: bool) -> Derivation:
        """At readings (by their place) that may move a row of their point; `lost`: by how much their meter shows less."""
        point = read.rows.take(place)
        all_rows, owner, starts = members(self._start, point)
        all_places = place.take(owner)
        awake = self._rows.not_calm(all_rows, read.at.take(all_places), read.value.take(all_places), repeated)
        windowed = self._windowed.take(all_rows.take(awake))
        lines = int(np.count_nonzero(windowed))
        if 0 < lines < len(awake):
            awake = np.concatenate((awake[windowed], awake[~windowed]))
        row, place = all_rows.take(awake), all_places.take(awake)
        at, value = read.at.take(place), read.value.take(place)
        counted = Counted(value, np.zeros(len(value)) if lost is None else lost.take(place))
        (known, derived, explained), usual = self._derive(row, at, counted, lines, repeated)
        if lost is not None:
            read_out = self._rates.take(row).nonzero()[0]
            explained[read_out, 0] -= counted.lost[read_out]
        told = row
        if np.count_nonzero(known) < len(row):
            kept = known.nonzero()[0]
            told, place, derived, explained = row[kept], place[kept], derived[kept], explained[kept]
        of_ladders = read.take(place)._replace(rows=told + self.first, value=derived)
        return Derivation(of_ladders, explained, (row, at), lines, usual, point, (all_rows, starts))

    def _derive(
        self, row: NDArray[np.intp], at: NDArray[np.int64], counted: Counted, lines: int, repeated: bool
    ) -> tuple[Values, Usual]:
        """Of readings of rows, the first `lines` of which have windows."""
        inner, value = self._inner.take(row), counted.value
        if not lines:
            return self._scores.derive(inner, at, counted)
        part, point = slice(0, lines), self.point.take(row[:lines])
        self._lines.windows.renew(inner[part], self._last_at.take(point), self._last_value.take(point))
        of_lines = self._lines.derive(inner[part], at[part], value[part], repeated)
        if lines == len(row):
            return of_lines, NO_USUAL
        part = slice(lines, None)
        of_scores, usual = self._scores.derive(inner[part], at[part], Counted(value[part], counted.lost[part]))
        both = Values(
            np.concatenate((of_lines.known, of_scores.known)),
            np.concatenate((of_lines.derived, of_scores.derived)),
            np.concatenate((of_lines.explained, of_scores.explained)),
        )
        return both, usual

    def settle(self, found: Derivation, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Remember what explains the newest values, and what leaves these rows as they are. Ladders' bands: `low`, `high`."""
        told = found.read.rows - self.first
        self._explained[told], self._value[told] = found.explained, found.read.value
        if len(mine := self._consumed.take(told).nonzero()[0]):
            row = told[mine]
            self._rate[row] = np.select(
                [self._rates[row], self._windowed[row]],
                [found.read.value[mine], found.explained[mine, 1]],
                found.explained[mine, 0],
            )
            self._rate_at[row] = found.read.at[mine]
        row, at = found.looked
        inner, lines, rows = self._inner.take(row), found.lines, self._rows
        if lines:
            rows.until[row[:lines]] = self._lines.windows.slot_end(inner[:lines])
        if lines < len(row):
            row = row[lines:]
            bands = low.take(row + self.first), high.take(row + self.first)
            rows.low[row], rows.high[row] = self._scores.readings(inner[lines:], found.usual, *bands)
            rows.until[row] = self._scores.until(inner[lines:], at[lines:])
        self._points.fold(found.point, rows, *found.of_point)

    def recall(self, rows: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        """Fill windows with what point rows read before anything is judged: finite values, each row's in order of time."""
        counted = self._counting.counted(rows, value)
        value = value if counted is None else counted.value
        row, owner, _ = members(self._start, rows)
        mine = self._windowed[row].nonzero()[0]
        self._lines.recall(self._inner[row[mine]], at[owner[mine]], value[owner[mine]])
        self._last_at[rows], self._last_value[rows] = at, value

    def consumption(self, rows: NDArray[np.intp]) -> Consumed:
        """What the counters among some distinct point rows consume per hour, by whichever rule judged it last."""
        row, owner, _ = members(self._start, rows)
        known = (self._rate_at.take(row) != NEVER).nonzero()[0]
        known = known[np.argsort(self._rate_at.take(row[known]), kind="stable")]
        last = dict(zip(owner[known].tolist(), row[known].tolist(), strict=True))
        of = np.array(list(last.values()), np.intp)
        return Consumed(rows[np.array(list(last), np.intp)], self._rate_at[of], self._rate[of])

    # -- telling ----------------------------------------------------------------------------------------------------

    def behind(self, rows: NDArray[np.intp], found: Derivation) -> dict[tuple[int, int], Numbers]:
        """The numbers behind what was found for some rows of the ladders, by row and instant."""
        if not len(rows):
            return {}
        row = found.read.rows - self.first
        of_moves = rows - self.first
        self._told[of_moves] = True
        moved = self._told.take(row).nonzero()[0]
        self._told[of_moves] = False
        keys = zip(found.read.rows[moved].tolist(), found.read.at[moved].tolist(), strict=True)
        return dict(zip(keys, map(tuple, found.explained[moved].tolist()), strict=True))

    def before(self, row: LadderRow) -> Numbers:
        """The numbers behind the value that a row of the ladders had before this batch."""
        first, second, third = self._explained[row - self.first].tolist()
        return first, second, third

    def newest(self, row: LadderRow) -> float:
        """What was derived last of a row of the ladders; NaN before anything was."""
        return float(self._value[row - self.first])

    def evidence(self, row: LadderRow, spec: DerivedSpec, common: Common, numbers: Numbers) -> Evidence:
        """Of a value of a row of the ladders.

        numbers  those behind that value
        """
        if isinstance(spec, Anomaly):
            score, (reading, median, cell) = common[0], numbers
            known = self._scores.known(self._inner.item(row - self.first), int(cell), median, common[2])
            deviation = abs((reading - median) / score) if score else 0.0
            return AnomalyEvidence(spec.direction, *common, reading, median, deviation, *known)
        return _of_line(spec, common, numbers)


def _of_line(spec: Rate | Forecast, common: Common, numbers: Numbers) -> Evidence:
    if isinstance(spec, Rate):
        return RateEvidence(spec.direction, *common, round(spec.window * SECOND), numbers[0], int(numbers[1]))
    level, slope, _ = numbers
    value_at, limit, within = common[1], common[2], round(spec.within * SECOND)
    gap = limit - level
    ahead = gap * slope > 0
    expected = level + slope / HOUR * spec.within
    bounded = abs(common[0] - expected) > 1e-9 * max(1.0, abs(expected))
    reached_at = value_at + round(gap / slope * HOUR * SECOND) if ahead and gap / slope * HOUR * SECOND < 2**53 else None
    return ForecastEvidence(spec.direction, *common, round(spec.window * SECOND), within, level, slope, reached_at, bounded)


def _ladder(spec: DerivedSpec) -> Threshold:
    """The threshold on the derived value."""
    if isinstance(spec, Anomaly):
        scores = tuple(Limit(severity=rung.severity, limit=rung.limit, clear=rung.clear) for rung in spec.limits)
        return _threshold(spec, "above", scores)
    return _threshold(spec, spec.direction, spec.limits)


def _threshold(spec: DerivedSpec, direction: Literal["above", "below"], limits: tuple[Limit, ...]) -> Threshold:
    return Threshold(
        scope=spec.scope, direction=direction, limits=limits, deadband=spec.deadband, on_delay=spec.on_delay,
        off_delay=spec.off_delay,
    )  # fmt: skip
