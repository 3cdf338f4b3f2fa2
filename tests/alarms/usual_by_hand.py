"""What alarms.site.usual works out, as a person would with a list of hours and a pencil: plain loops, one point at a time."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from statistics import fmean, median
from zoneinfo import ZoneInfo

Low = Mean = High = float
Cell = tuple[float, float, float, int, int]
"""Median, deviation above and below, weeks, samples."""


def by_hand(hours: Mapping[int, tuple[Low, Mean, High]], zone: str, end: int, weeks: int) -> dict[int, Cell]:
    """Of a point's hours (by their beginning, µs), the cell of each hour of the week that is known."""
    return Point(hours, zone, end, weeks).cells()


class Point:
    """`read` is by slot: hours on the wall clock since the history began. A slot is day × 24 + column; weeks are 168 slots."""

    def __init__(self, hours: Mapping[int, tuple[Low, Mean, High]], zone: str, end: int, weeks: int) -> None:
        self.size = weeks * 168
        self.first = _wall(end, zone) - self.size
        together: dict[int, list[tuple[float, float, float]]] = {}
        for at, values in hours.items():
            together.setdefault(_wall(at, zone) - self.first, []).append(values)
        self.read = {
            slot: (min(low for low, _, _ in each), fmean(mean for _, mean, _ in each), max(high for _, _, high in each))
            for slot, each in together.items()
            if 0 <= slot < self.size
        }
        self.days = range(weeks * 7)

    def cells(self) -> dict[int, Cell]:
        if not self.read:
            return {}
        fixed, moving = self.about([0.0] * (len(self.days) + 1)), self.about(self.levels())
        off, off_moving = (fmean(abs(self.read[slot][1] - each) for slot, each in e.items()) for _, e in (fixed, moving))
        self.middle, self.expected = moving if off_moving < 0.95 * off else fixed
        self.distance = {
            slot: max(high - self.expected[slot], self.expected[slot] - low) for slot, (low, _, high) in self.read.items()
        }
        self.spread = {place: self.spread_of(place) for place in range(168)}
        self.calm = self.calms()
        above = self.reach({slot: high - self.expected[slot] for slot, (_, _, high) in self.read.items()})
        below = self.reach({slot: self.expected[slot] - low for slot, (low, _, _) in self.read.items()})
        step, same = self.step()
        found = {}
        for place in range(168):
            seen = [slot for slot in self.read if slot % 168 == place]
            near = [slot for slot in self.read if (slot - place) % 24 in (0, 1, 23)]
            if seen and len(near) >= 8:
                up, down = (max(each[place] / 3, step / 2) if each[place] / 3 > same else 0.0 for each in (above, below))
                found[(self.first + place + 72) % 168] = (self.middle[place], up, down, len(seen), len(near))
        return found

    # -- the middle -------------------------------------------------------------------------------------------------

    def levels(self) -> list[float]:
        mean = {slot: middle for slot, (_, middle, _) in self.read.items()}
        usual = {place: _median(mean[slot] for slot in mean if slot % 168 == place) for place in range(168)}
        of_day = [_median(mean[slot] - (usual[slot % 168] or 0.0) for slot in mean if slot // 24 == day) for day in self.days]
        lately = [[each for each in of_day[max(0, day - 7) : day] if each is not None] for day in (*self.days, len(self.days))]
        return [median(each) if each else 0.0 for each in lately]

    def about(self, levels: list[float]) -> tuple[dict[int, float], dict[int, float]]:
        level = {slot: mean - levels[slot // 24 + 1] for slot, (_, mean, _) in self.read.items()}
        overall = median(level.values())
        by_column = {column: [level[slot] for slot in level if slot % 24 == column] for column in range(24)}
        of_column = {column: median(values) for column, values in by_column.items() if values}
        share = _share(
            [(value - of_column[slot % 24]) for slot, value in level.items()],
            [(of_column[column] - overall, len(by_column[column])) for column in of_column],
        )
        drawn = {column: overall + share * (of_column.get(column, overall) - overall) for column in range(24)}
        of_week, others, count = {}, {}, {}
        for place in range(168):
            mine = {slot: level[slot] for slot in level if slot % 168 == place}
            if mine:
                of_week[place], count[place] = median(mine.values()), len(mine)
            if len(mine) > 1:
                others |= {slot: median(value for each, value in mine.items() if each != slot) for slot in mine}
        share = _share(
            [level[slot] - others[slot] for slot in others],
            [(of_week[place] - of_column[place % 24], count[place] if count[place] > 1 else 0) for place in of_week],
        )
        middle = {place: drawn[place % 24] + share * (each - drawn[place % 24]) + levels[-1] for place, each in of_week.items()}
        expected = {
            slot: drawn[slot % 24] + share * (others.get(slot, drawn[slot % 24]) - drawn[slot % 24]) + levels[slot // 24]
            for slot in level
        }
        return middle, expected

    # -- how far the usual reaches ------------------------------------------------------------------------------------

    def spread_of(self, place: int) -> float:
        own = [each for slot, each in self.distance.items() if slot % 168 == place]
        near = [each for slot, each in self.distance.items() if (slot - place) % 24 in (0, 1, 23)]
        overall = fmean(self.distance.values())
        pooled = fmean(near) if near else overall
        mean = fmean(sorted(own)[:-1] if len(own) > 2 else own) if own else 0.0
        return max((len(own) * mean + 8 * pooled) / (len(own) + 8), 0.3 * overall)

    def calms(self) -> list[float]:
        by_day = [self.of_day(day, fmean, self.distance) for day in self.days]
        ordinary = _median(each for each in by_day if each is not None)
        found = []
        for day in (*self.days, len(self.days)):
            lately = [each for each in by_day[max(0, day - 7) : day] if each is not None]
            found.append(min(max(fmean(lately) / ordinary, 0.5), 4.0) if lately and ordinary else 1.0)
        return found

    def reach(self, away: Mapping[int, float]) -> dict[int, float]:
        farthest = [(self.of_day(day, max, away) or 0.0) / self.calm[day] for day in self.days]
        moved = sorted(each for each in farthest if each > 1e-9)
        held = moved[min(math.ceil(0.9 * (len(moved) + 1) - 1e-9), len(moved)) - 1] if moved else 0.0
        return {place: self.spread[place] * self.calm[-1] * max(held, 1.0) for place in range(168)}

    def of_day(self, day: int, what: Callable[[list[float]], float], away: Mapping[int, float]) -> float | None:
        spread = self.spread
        values = [each / spread[slot % 168] for slot, each in away.items() if slot // 24 == day and spread[slot % 168] > 0]
        return what(values) if values else None

    def step(self) -> tuple[float, float]:
        values = sorted(value for low, _, high in self.read.values() for value in (low, high))
        same = 1e-9 * max(map(abs, values))
        steps = [after - before for before, after in pairwise(values) if after - before > same]
        return min(steps, default=0.0), same


def _share(away: list[float], apart: list[tuple[float, int]]) -> float:
    if not away:
        return 0.0
    counted = [1 / count for _, count in apart if count]
    chance = math.pi / 2 * fmean(map(abs, away)) ** 2 * (math.pi / 2 * fmean(counted))
    differ = fmean(each**2 for each, _ in apart)
    return max(1 - chance / differ, 0.0) if differ else 0.0


def _wall(at: int, zone: str) -> int:
    local = dt.datetime.fromtimestamp(at / 1e6, ZoneInfo(zone))
    return (local.replace(tzinfo=dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(hours=1)


def _median(values: Iterator[float]) -> float | None:
    listed = list(values)
    return median(listed) if listed else None
