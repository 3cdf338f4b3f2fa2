"""An instant as the city lives it: daylight, working hours, rush hours, season; and noise that depends on nothing else."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

PARIS = ZoneInfo("Europe/Paris")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moment:
    """Local hour 0–24, working day or not, shares 0–1 of darkness, activity and traffic, and the outdoor °C."""

    at: float
    hour: float
    working: bool
    night: bool
    activity: float
    rush: float
    outdoors: float


def _bump(hour: float, centre: float, width: float) -> float:
    return math.exp(-(((hour - centre + 12) % 24 - 12) ** 2) / (2 * width**2))


def moment(at: float) -> Moment:
    """`at` in seconds since the Unix epoch."""
    local = datetime.fromtimestamp(at, UTC).astimezone(PARIS)
    hour = local.hour + local.minute / 60 + local.second / 3600
    day = local.timetuple().tm_yday
    season = math.sin(2 * math.pi * (day - 80) / 365)
    noon = 13.85 if local.dst() else 12.85
    half = (12.2 + 4.0 * season) / 2
    working = local.weekday() < 5
    activity = min(1.0, _bump(hour, 10.5, 1.9) + _bump(hour, 15.5, 2.4)) * (1.0 if working else 0.35)
    rush = min(1.0, _bump(hour, 8.5, 0.9) + _bump(hour, 18.0, 1.1) + 0.25 * activity) * (1.0 if working else 0.4)
    outdoors = 11.5 + 8.0 * math.sin(2 * math.pi * (day - 110) / 365) + 3.5 * math.cos(2 * math.pi * (hour - 15.5) / 24)
    return Moment(at, hour, working, abs(hour - noon) > half, activity, rush, outdoors)


def dice(seed: int, rows: NDArray[np.intp] | NDArray[np.int64], tick: int | NDArray[np.int64], salt: int = 0) -> Floats:
    """Uniform in [0, 1): a function of its arguments alone, so a city restarted tells the same story (splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = np.asarray(rows, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = mixed + np.asarray(tick, np.int64).astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = mixed + np.uint64((seed * 0x94D049BB133111EB + salt * 0xD6E8FEB86659FD93) % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53


def noise(seed: int, rows: NDArray[np.intp], at: float, salt: int = 0) -> Floats:
    """Nearly normal, mean 0, deviation 1, new every second."""
    tick = int(at)
    return (sum(dice(seed, rows, tick, salt + part) for part in range(4)) - 2.0) * 1.732


def drift(seed: int, rows: NDArray[np.intp], at: float, period: float, salt: int = 0) -> Floats:
    """Smooth wandering between about −1.7 and 1.7 with a knot every `period` seconds."""
    place = at / period + 37.0 * salt
    knot = math.floor(place)
    share = place - knot
    ease = share * share * (3 - 2 * share)
    before, after = dice(seed, rows, knot, salt), dice(seed, rows, knot + 1, salt)
    return ((before * (1 - ease) + after * ease) - 0.5) * 3.46
