"""Four weeks of hourly figures of the points whose habits a rule knows, so that a new city has a past to be compared with."""

import datetime as dt
import json
from pathlib import Path

import numpy as np

from demo.city.behaviour import Field
from demo.city.moment import PARIS
from demo.city.world import World

WEEKS, HOURS = 4, 168
FIRST = dt.datetime(2026, 6, 1, tzinfo=PARIS)
"""A Monday; whoever loads the figures lays them over the weeks before."""
_SAMPLES = 4
HABITUAL = (("energy_meter", "power"),)


def write(folder: Path, world: World, seed: int) -> None:
    """habits.npy, float32 (points, 672 hours from Monday 00:00, minimum mean maximum), and habits.json, whose they are."""
    pairs = zip(world.kind.tolist(), world.quantity.tolist(), strict=True)
    rows = np.array([row for row, pair in enumerate(pairs) if pair in HABITUAL], np.intp)
    field, start = Field(world, seed), FIRST.timestamp()
    figures = np.empty((len(rows), WEEKS * HOURS, 3), np.float32)
    for hour in range(WEEKS * HOURS):
        at = start + hour * 3600
        read = np.stack([field.values(rows, at + 3600 * (part + 0.5) / _SAMPLES) for part in range(_SAMPLES)])
        figures[:, hour] = np.stack((read.min(axis=0), read.mean(axis=0), read.max(axis=0)), axis=1)
    np.save(folder / "habits.npy", figures)
    whose = [[world.code[row], str(world.quantity[row])] for row in rows.tolist()]
    (folder / "habits.json").write_text(json.dumps({"points": whose}, ensure_ascii=False) + "\n", encoding="utf-8")
