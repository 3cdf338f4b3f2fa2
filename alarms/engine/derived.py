"""Rates, forecasts and anomalies at work: a value derived from a point's readings, judged by a ladder as a threshold is.

Each pair of a rule and a point is a row of its own, with a clock of its own that moves when a value is derived; on these rows run
the same ladders as on points. Deriving is columnar: all rules at once, and only where a reading may move something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import NEVER, Clock
from alarms.engine.evidence import AnomalyEvidence, Evidence, ForecastEvidence, RateEvidence
from alarms.engine.ladders import Ladders, Moves, Read
from alarms.engine.layout import SECOND, ScopedRule, lay_out, members
from alarms.engine.profiles import Profiles, next_quarter
from alarms.engine.spec import SEVERITIES, Anomaly, Forecast, Limit, Rate, Threshold
from alarms.engine.telling import Keyed
from alarms.engine.transitions import Transition
from alarms.engine.values import HOUR, Lines, Scores, Values
from assets.register import Register

_SEVERITY = (None, *SEVERITIES)
DERIVED = (Rate, Forecast, Anomaly)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What the ladders are laid out over."""

    point: NDArray[np.intp]
    limits: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.point)


class _Calm:
    """What leaves rows as they are: readings from `low` to `high`, before `until`. Bookkeeping, as are quiet bands."""

    def __init__(self, size: int) -> None:
        self.low, self.high, self.until = np.full(size, -np.inf), np.full(size, np.inf), np.full(size, NEVER)
        self._moved = np.zeros(size, bool)

    def not_calm(
        self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64], repeated: bool
    ) -> NDArray[np.intp]:
        """Positions of the readings that may move their row; of a row that one may move, all."""
        moved = ~((at < self.until.take(row)) & (value >= self.low.take(row)) & (value <= self.high.take(row)))
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
            ScopedRule(each.version, _ladder(each.spec), np.flatnonzero(self.rule == index))
            for index, each in enumerate(self.rules)
        ]
        self.clock = Clock(len(rows))
        self.ladders = Ladders(lay_out(rows, ladders), self.clock)
        self.feed = register.feed[self.point]
        self._explained = np.zeros((len(rows), 2))
        """The two numbers behind each row's newest value."""
        counts = np.bincount(self.point, minlength=len(register))
        self._start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        self._watched = counts > 0
        windowed = np.array([not isinstance(each.spec, Anomaly) for each in self.rules], bool)[self.rule]
        lines, scores = windowed.nonzero()[0], (~windowed).nonzero()[0]
        self._windowed = windowed
        self._inner = np.zeros(len(rows), np.intp)
        """Of each row: its place among the rows of its part."""
        self._inner[lines] = np.arange(len(lines))
        self._inner[scores] = np.arange(len(scores))
        self._lines = Lines([self.rules[each].spec for each in self.rule[lines]])
        judged = register.point_id[self.point[scores]]
        self._scores = Scores([self.rules[each].spec for each in self.rule[scores]], judged, zone, profiles)
        self._told = np.zeros(len(rows), bool)
        self._rows, self._points = _Calm(len(rows)), _Calm(len(register))
        self._last_at, self._last_value = np.full(len(register), NEVER), np.zeros(len(register))
        """Each point's newest usable reading: the sample of its slot, in all its windows, until a later one begins the next."""

    def judge(self, read: Read, repeated: bool) -> Iterator[Keyed]:
        """Applied readings of points, in order; gives what their derived values tell."""
        chosen = (self._watched.take(read.rows) & read.usable).nonzero()[0]
        if not len(chosen):
            return
        point, at, value = read.rows.take(chosen), read.at.take(chosen), read.value.take(chosen)
        moving = self._points.not_calm(point, at, value, repeated)
        if len(moving):
            yield from self._move(read, chosen.take(moving), repeated)
        self._last_at[point] = at
        self._last_value[point] = value

    def _move(self, read: Read, place: NDArray[np.intp], repeated: bool) -> Iterator[Keyed]:
        """Readings (by their place) that may move a row of their point."""
        point = read.rows.take(place)
        all_rows, owner, starts = members(self._start, point)
        all_places = place.take(owner)
        awake = self._rows.not_calm(all_rows, read.at.take(all_places), read.value.take(all_places), repeated)
        row, place = all_rows.take(awake), all_places.take(awake)
        at, value = read.at.take(place), read.value.take(place)
        known, derived, explained = self._derive(row, at, value, repeated)
        kept = known.nonzero()[0]
        if len(kept) == len(row):
            yield from self._judge(read.take(place), row, derived, explained, repeated)
        elif len(kept):
            yield from self._judge(read.take(place[kept]), row[kept], derived[kept], explained[kept], repeated)
        self._calm(row, at)
        self._points.fold(point, self._rows, all_rows, starts)

    def _judge(
        self, read: Read, row: NDArray[np.intp], derived: NDArray[np.float64], explained: NDArray[np.float64], repeated: bool
    ) -> Iterator[Keyed]:
        of_rows = read._replace(rows=row, value=derived)
        self.clock.newest[row], self.clock.heard[row] = of_rows.at, of_rows.received
        awake = self.ladders.awake(row, derived).nonzero()[0]
        if len(awake):
            yield from self._tell(self.ladders.judge(of_rows, awake, repeated), of_rows, explained)
        self._explained[row] = explained

    def _calm(self, row: NDArray[np.intp], at: NDArray[np.int64]) -> None:
        """Work out anew what leaves these rows as they are, from their newest readings on."""
        windowed = self._windowed.take(row)
        lines, scores = windowed.nonzero()[0], (~windowed).nonzero()[0]
        if len(lines):
            self._rows.until[row[lines]] = self._lines.windows.slot_end(self._inner[row[lines]])
        if len(scores):
            row = row[scores]
            bands = self.ladders.low[row], self.ladders.high[row]
            self._rows.low[row], self._rows.high[row] = self._scores.readings(self._inner[row], *bands)
            self._rows.until[row] = next_quarter(at[scores])

    def recall(self, rows: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        """Fill windows with what point rows read before anything is judged: finite values, each row's in order of time."""
        row, owner, _ = members(self._start, rows)
        mine = self._windowed[row].nonzero()[0]
        self._lines.recall(self._inner[row[mine]], at[owner[mine]], value[owner[mine]])
        self._last_at[rows], self._last_value[rows] = at, value

    def expire(self, now: int, unknown_feeds: NDArray[np.bool_]) -> Iterator[Keyed]:
        """End the delays that are over at `now`; rows of silent feeds wait."""
        if self.rules:
            unknown = (lambda: unknown_feeds[self.feed]) if unknown_feeds.any() else (lambda: None)
            yield from self._tell(self.ladders.expire(now, unknown), None, None)

    def _derive(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64], repeated: bool) -> Values:
        windowed = self._windowed.take(row)
        lines = windowed.nonzero()[0]
        if not len(lines):
            return self._scores.derive(self._inner.take(row), at, value)
        inner, point = self._inner[row[lines]], self.point[row[lines]]
        self._lines.windows.renew(inner, self._last_at[point], self._last_value[point])
        if len(lines) == len(row):
            return self._lines.derive(inner, at, value, repeated)
        scores = (~windowed).nonzero()[0]
        known, derived, explained = np.zeros(len(row), bool), np.zeros(len(row)), np.zeros((len(row), 2))
        for mine, values in (
            (lines, self._lines.derive(inner, at[lines], value[lines], repeated)),
            (scores, self._scores.derive(self._inner[row[scores]], at[scores], value[scores])),
        ):
            known[mine], derived[mine], explained[mine] = values
        return known, derived, explained

    # -- telling ----------------------------------------------------------------------------------------------------

    def _tell(self, batches: list[Moves], read: Read | None, explained: NDArray[np.float64] | None) -> Iterator[Keyed]:
        batches = [moves for moves in batches if len(moves.check)]
        if not batches:
            return
        moves = Moves(*map(np.concatenate, zip(*batches, strict=True))) if len(batches) > 1 else batches[0]
        behind: dict[tuple[int, int], tuple[float, float]] = {}
        if read is not None:
            of_moves = self.ladders.layout.row[moves.check]
            self._told[of_moves] = True
            moved = self._told.take(read.rows).nonzero()[0]
            self._told[of_moves] = False
            keys = zip(read.rows[moved].tolist(), read.at[moved].tolist(), strict=True)
            behind = dict(zip(keys, map(tuple, explained[moved].tolist()), strict=True))
        layout = self.ladders.layout
        rule, row = layout.rule[moves.check], layout.row[moves.check]
        limit, delay = layout.bounds(moves.check, moves.level, moves.after > moves.before)
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
