"""When the flood rules of the pack speak on recorded rivers: `python -m bench.floods FOLDER`, with rivers/*.csv.gz of Hub'Eau.

Of each station whose level rose by a metre or more, the level halfway between its median and its peak stands for the limit of
the place. Looked at is the 36 hours before the first reading above it of the highest flood, and everything else that is raised:

rising     flood-rising as it is: alone it knows no limit of the place
forecast   flood-forecast with that limit instead of its own
level      flood-level with that limit, and a delay of 15 minutes as its note asks for gauges that speak every 10 minutes

Levels are taken as they came, spikes and all.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np
import yaml

from alarms.engine import Engine, ScopedRule, decode
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from bench.anomaly_series import HOUR, micros
from bench.report import Cell, arguments, publish

PACK = Path(__file__).parents[1] / "alarms" / "packs" / "city.yaml"
ROSE = 1.0
"""Metres between median and peak that make a flood."""
BEFORE = 36 * HOUR
WEEK = 168 * HOUR


def stations(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Instants (µs) and levels (m) by station."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["code_station"]][micros(row["date_obs_utc"][:19])] = float(row["H_mm"]) / 1000
    read = {code: np.array(sorted(levels.items())) for code, levels in found.items() if len(levels) > 500}
    return {code: (each[:, 0].astype(np.int64), each[:, 1]) for code, each in read.items()}


def raised(slug: str, at: np.ndarray, level: np.ndarray, **changes: object) -> np.ndarray:
    """When the rule of the pack raises on one gauge, with these fields changed."""
    given = next(entry["spec"] for entry in yaml.safe_load(PACK.read_text("utf-8"))["rules"] if entry["slug"] == slug) | changes
    one, nowhere = np.array([1]), np.zeros(1)
    register = Register(
        Points(one, one, one, ["water_level"], one * 600),
        Assets(one, ["flood_gauge"], [""], one * 0, nowhere, nowhere), Feeds(one, one * 0),
    )  # fmt: skip
    engine = Engine(register, [ScopedRule(1, decode(given), np.zeros(1, np.int32))], started=int(at[0]))
    told = engine.apply(Readings.of([1] * len(at), at, level, 0, at)).transitions
    return np.array([move.at for move in told if move.kind == "raise"], np.int64)


def looked_at(at: np.ndarray, level: np.ndarray) -> tuple[float | None, dict[str, np.ndarray], int, int]:
    """The limit (None without a flood), what each rule raised, when the limit was passed and when the peak was."""
    peak = int(level.argmax())
    low = float(np.median(level))
    if level[peak] - low < ROSE:
        return None, {"rising": raised("flood-rising", at, level)}, 0, 0
    limit = round((low + float(level[peak])) / 2, 2)
    under = np.flatnonzero(level[:peak] <= limit)
    passed = int(under[-1]) + 1 if len(under) else 0
    bound = {"limits": [{"severity": "low", "limit": limit}]}
    return limit, {
        "rising": raised("flood-rising", at, level),
        "forecast": raised("flood-forecast", at, level, **bound),
        "level": raised("flood-level", at, level, on_delay=900, **bound),
    }, int(at[passed]), int(at[peak])  # fmt: skip


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, Cell]] = []
    for path in sorted((options.folder / "rivers").glob("*.csv.gz")):
        leads: dict[str, list[float]] = defaultdict(list)
        to_peak: dict[str, list[float]] = defaultdict(list)
        other: dict[str, int] = defaultdict(int)
        floods = calm = 0
        weeks = 0.0
        for at, level in stations(path).values():
            limit, told, passed, peak = looked_at(at, level)
            floods, calm = floods + (limit is not None), calm + (limit is None)
            weeks += (at[-1] - at[0]) / WEEK
            for name, moments in told.items():
                here = moments[(moments >= passed - BEFORE) & (moments <= peak)] if limit is not None else moments[:0]
                other[name] += len(moments) - len(here)
                if len(here):
                    leads[name].append((passed - int(here[0])) / HOUR)
                    to_peak[name].append((peak - int(here[0])) / HOUR)
        for name in ("rising", "forecast", "level"):
            rows.append({"recording": path.name[:10].rstrip("_"), "rule": name, "floods": floods, "spoke": len(leads[name]),
                         **_spread("before limit, h", leads[name]), **_spread("before peak, h", to_peak[name]),
                         "in time": sum(lead > 0 for lead in leads[name]), "other alarms": other[name],
                         "calm stations": calm, "station weeks": round(weeks)})  # fmt: skip
    publish("Floods: hours from the first alarm to the limit and to the peak (least, median, most)", rows, options.json)


def _spread(name: str, hours: list[float]) -> dict[str, Cell]:
    return {name: f"{min(hours):.1f}, {median(hours):.1f}, {max(hours):.1f}" if hours else "–"}


if __name__ == "__main__":
    main()
