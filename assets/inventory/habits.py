"""Loads habits.npy of a generated city: four weeks of hourly figures, laid over the weeks before now as history."""

import datetime as dt
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from assets import history
from assets.instants import microseconds
from assets.models import Point, Site
from assets.rollup import Aggregates

HOURS = 168
_HOUR = dt.timedelta(hours=1)
_READINGS = 60


def load(site: Site, folder: Path, now: dt.datetime) -> int:
    """Write the hours of the weeks before `now` on the site's clock; how many. A folder without habits has none to load."""
    if not (folder / "habits.npy").exists():
        return 0
    whose = [tuple(pair) for pair in json.loads((folder / "habits.json").read_text("utf-8"))["points"]]
    figures = np.load(folder / "habits.npy").astype(np.float64)
    ids = {(code, quantity): pk for pk, code, quantity in Point.objects.filter(
        asset__site=site, asset__code__in={code for code, _ in whose}
    ).values_list("id", "asset__code", "quantity")}  # fmt: skip
    kept = [index for index, pair in enumerate(whose) if pair in ids]
    points, figures = np.array([ids[whose[index]] for index in kept], np.int64), figures[kept]
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = [last - _HOUR * back for back in range(figures.shape[1], 0, -1)]
    local = [hour.astimezone(ZoneInfo(site.timezone)) for hour in hours]
    place = [index // HOURS * HOURS + each.weekday() * 24 + each.hour for index, each in enumerate(local)]
    laid = figures[:, place]
    key, at = np.repeat(points, len(hours)), np.tile(np.array([microseconds(hour) for hour in hours], np.int64), len(points))
    low, mean, high = (laid[..., column].ravel() for column in range(3))
    history.write_hours(Aggregates(key, at, low, high, mean * _READINGS, np.full(len(key), _READINGS)))
    return len(key)
