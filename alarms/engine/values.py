"""Deriving a value from a point's readings: the slope or the trend of a window, and how far from its usual value a reading is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import by_row
from alarms.engine.counters import Consumption, Counted, over
from alarms.engine.layout import SECOND
from alarms.engine.profiles import HOURS, REACH, HourOfWeek, Profiles, next_quarter
from alarms.engine.spec import Anomaly, Forecast, Rate, Score
from alarms.engine.windows import Samples, Windows, least_squares, robust_line
from assets.register import Register

HOUR = 3600
_MARGIN = 1e-9
"""How far inside its band a reading must be to be sure that its score is too, as a part of all that the score is made of."""

Usual = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Median, deviation above and below of the hour of each reading; no number where too little is known."""
NO_USUAL: Usual = (np.empty(0), np.empty(0), np.empty(0))


Known = tuple[float, float, int, int, bool]
"""What a rule knows of a point's hour: from where to where readings are usual, by how many weeks and hours of the past, and
whether they are consumption per hour."""


class Values(NamedTuple):
    """Of each reading: whether a value could be derived, the value, and three numbers that explain it (m, 3)."""

    known: NDArray[np.bool_]
    derived: NDArray[np.float64]
    explained: NDArray[np.float64]

    @classmethod
    def none(cls, size: int) -> Values:
        return cls(np.zeros(size, bool), np.zeros(size), np.zeros((size, 3)))

    def put(self, index: NDArray[np.intp], values: Values) -> None:
        for mine, theirs in zip(self, values, strict=True):
            mine[index] = theirs


_Explained = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""What was derived, and the first two numbers behind it."""


class FittedLines:
    """Rates and forecasts, of a window of the past.

    Derived once per slot of the window, at its first reading: no line turns within a thirtieth of its window.

    rate      the slope, in units per hour; explained by (the reading, how many samples)
    forecast  where the robust line will be; explained by (its level now, its slope per hour); of a counter, by how much it grows.
              Never beyond what is plausible of the point
    """

    def __init__(self, specs: Sequence[Rate | Forecast], register: Register, point: NDArray[np.intp]) -> None:
        self._counter, (self._least, self._most) = register.counter[point], register.plausible[:, point]
        self.windows = Windows(np.array([round(spec.window * SECOND) for spec in specs], np.int64))
        self._robust = np.array([isinstance(spec, Forecast) for spec in specs], bool)
        self._within = np.array([spec.within if isinstance(spec, Forecast) else 0.0 for spec in specs])

    def derive(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64], repeated: bool) -> Values:
        """Of readings in order; `repeated` tells whether a row may occur twice."""
        if not repeated:
            return self._derive(row, at, value)
        values = Values.none(len(row))
        for first, last in self._turns(row, at):
            values.put(first, self._derive(row[first], at[first], value[first]))
            self.windows.put(row[last], at[last], value[last])
        return values

    def _derive(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> Values:
        """Of one reading of each of some distinct rows: where it begins a slot and there are enough samples."""
        begins = self.windows.put(row, at, value)
        if not begins.all():
            values, begun = Values.none(len(row)), begins.nonzero()[0]
            if len(begun):
                values.put(begun, self._of_samples(row[begun], at[begun], value[begun]))
            return values
        return self._of_samples(row, at, value)

    def _of_samples(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> Values:
        known, samples = self.windows.samples(row, at, value)
        values, robust = Values.none(len(row))._replace(known=known), self._robust.take(row)
        for kind, derive in ((~robust, self._slopes), (robust, self._trends)):
            mine = (kind & known).nonzero()[0]
            if len(mine):
                values.derived[mine], values.explained[mine, 0], values.explained[mine, 1] = derive(
                    row[mine], value[mine], samples.take(mine)
                )
        return values

    def recall(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        """Fill the windows with readings in order; nothing is derived."""
        for _, last in self._turns(row, at):
            self.windows.put(row[last], at[last], value[last])

    def _slopes(self, row: NDArray[np.intp], value: NDArray[np.float64], samples: Samples) -> _Explained:
        return least_squares(samples) * HOUR, value, samples.counts.astype(np.float64)

    def _trends(self, row: NDArray[np.intp], value: NDArray[np.float64], samples: Samples) -> _Explained:
        slope, level = robust_line(samples)
        # Of a counter it is told what will be consumed meanwhile: where it stands says nothing.
        counter = self._counter.take(row)
        level = np.where(counter, 0.0, level + value)
        expected, least, most = level + slope * self._within[row], self._least.take(row), self._most.take(row)
        # Whoever is out of the range already does not have that range.
        inside = ~counter & (samples.y.min(axis=1) + value >= least) & (samples.y.max(axis=1) + value <= most)
        return np.where(inside, np.clip(expected, least, most), expected), level, slope * HOUR

    def _turns(self, row: NDArray[np.intp], at: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Positions of the first and of the last readings of slots: each time one slot per row, in the order of time."""
        if not len(row):
            return
        order = by_row(row)
        slot, ordered = at[order] // self.windows.slot[row[order]], row[order]
        new_row = np.concatenate(([True], ordered[1:] != ordered[:-1]))
        starts = (new_row | np.concatenate(([True], slot[1:] != slot[:-1]))).nonzero()[0]
        first, last = order[starts], order[np.append(starts[1:], len(row)) - 1]
        begins = new_row[starts].nonzero()[0]
        length = np.diff(np.append(begins, len(starts)))
        for turn in range(int(length.max(initial=0))):
            mine = begins[length > turn] + turn
            yield first[mine], last[mine]


class Scores:
    """Anomalies: how many deviations from the median of this hour of the week; explained by (reading, median, cell).

    Of a counter it is the consumption of each whole hour that is judged, when the next hour's first reading has come.
    """

    def __init__(
        self, specs: Sequence[Anomaly], register: Register, point: NDArray[np.intp], zone: str, profiles: Profiles
    ) -> None:
        self._hours = HourOfWeek(zone)
        distinct, self._place = np.unique(register.point_id[point], return_inverse=True)
        self._place *= HOURS
        self._counter = register.counter[point]
        self._counters = bool(self._counter.any())
        self._consumption = Consumption(len(point))
        self._median, self._above, self._below = np.full((3, len(distinct) * HOURS), np.nan)
        self._weeks, self._samples = np.zeros((2, len(distinct) * HOURS), np.int64)
        mine = (np.isin(profiles.point, distinct) & np.isfinite(profiles.median)).nonzero()[0]
        cell = np.searchsorted(distinct, profiles.point[mine]) * HOURS + profiles.hour[mine]
        for name in ("median", "above", "below", "weeks", "samples"):
            getattr(self, f"_{name}")[cell] = getattr(profiles, name)[mine]
        self._least = np.array([spec.minimum_history for spec in specs])
        self._floor = np.array([spec.floor for spec in specs])
        self._direction = np.array([{"above": 1, "below": -1, "both": 0}[spec.direction] for spec in specs])
        self._reach = np.array([1 + spec.deadband + max(map(_farthest, spec.limits)) for spec in specs])
        """Of each row: more than any score at which a level begins or ends."""

    def derive(self, row: NDArray[np.intp], at: NDArray[np.int64], counted: Counted) -> tuple[Values, Usual]:
        """Of readings of rows, each row's in order; the second tells what next readings are compared with."""
        value, counting = counted.value, self._counter.take(row).nonzero()[0] if self._counters else ()
        if not len(counting):
            return self._scored(row, at, value)
        at, value, asked = at.copy(), value.copy(), np.ones(len(row), bool)
        mine = row[counting]
        found = self._consumption.hourly(mine, at[counting], Counted(value[counting], counted.lost[counting]))
        asked[counting] = False
        ended = counting[found.place]
        asked[ended], at[ended], value[ended] = True, found.began, found.rate
        values, usual = self._scored(row, at, value)
        for each in usual:
            each[counting] = np.nan
        return values._replace(known=values.known & asked), usual

    def _scored(self, row: NDArray[np.intp], at: NDArray[np.int64], value: NDArray[np.float64]) -> tuple[Values, Usual]:
        cell = self._place.take(row)
        cell += self._hours.of(at)
        floor = self._floor.take(row)
        above, below = np.maximum(self._above.take(cell), floor), np.maximum(self._below.take(cell), floor)
        known = self._weeks.take(cell) >= self._least.take(row)
        known &= np.minimum(above, below) > 0
        median = self._median.take(cell)
        if not known.all():
            median[~known] = above[~known] = below[~known] = np.nan
        away = value - median
        score = away / np.where(away < 0, below, above)
        direction = self._direction.take(row)
        score = np.where(direction == 0, np.abs(score), score * direction)
        explained = np.empty((len(row), 3))
        explained[:, 0], explained[:, 1], explained[:, 2] = value, median, cell
        return Values(known, score, explained), (median, above, below)

    def known(self, row: int, cell: int, median: float, limit: float) -> Known:
        """What a row knew of a cell when it judged a reading by that limit: of a lower one, less is usual."""
        reach, floor = limit if limit < REACH else REACH, self._floor.item(row)
        above, below = self._above.item(cell), self._below.item(cell)
        above, below = floor if above < floor else above, floor if below < floor else below
        hourly = self._counters and self._counter.item(row)
        return median - reach * below, median + reach * above, self._weeks.item(cell), self._samples.item(cell), hourly

    def until(self, row: NDArray[np.intp], at: NDArray[np.int64]) -> NDArray[np.int64]:
        """How long what rows knew at these instants goes on: to the end of the quarter of an hour; of counters, of the hour."""
        quarter = next_quarter(at)
        return np.where(self._counter.take(row), over(at), quarter) if self._counters else quarter

    def readings(
        self, row: NDArray[np.intp], usual: Usual, low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Between what readings the score surely lies from `low` to `high`, within the quarter of an hour of the last reading.

        All readings where nothing is known: nothing is judged.
        """
        median, above, below = usual
        direction = self._direction.take(row)
        turned = (direction != 1).nonzero()[0]
        if len(turned):
            downward = direction[turned] < 0
            # Far from the usual on either side is not one interval: whoever must not be too near is judged each time.
            either = np.where(low[turned] == -np.inf, -high[turned], np.inf)
            below_high, below_low = -high[turned], -low[turned]
            low[turned], high[turned] = np.where(downward, below_high, either), np.where(downward, below_low, high[turned])
        margin = _MARGIN * (np.abs(median) + np.maximum(above, below) * self._reach.take(row))
        least = median + np.where(low < 0, below, above) * low + margin
        most = median + np.where(high < 0, below, above) * high - margin
        unknown = np.isnan(median)
        if unknown.any():
            least[unknown], most[unknown] = -np.inf, np.inf
        return least, most


def _farthest(rung: Score) -> float:
    return max(abs(rung.limit), abs(rung.clear or 0))
