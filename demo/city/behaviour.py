"""What each kind of point reads in normal times: pure functions of seed, row and instant, one per (kind, quantity)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.city.moment import Floats, Moment, dice, drift, moment, noise
from demo.city.world import World

EPOCH = 1_700_000_000
"""Where running totals begin, in seconds since the Unix epoch."""


@dataclass(frozen=True)
class View:
    """The rows of one (kind, quantity) at one instant. `who` is stable per asset and quantity, 0–1."""

    now: Moment
    seed: int
    rows: NDArray[np.intp]
    who: Floats
    size: Floats
    """Capacity, subscribed power…: what the place is built for; 1 where nothing is said."""

    def noise(self, salt: int = 0) -> Floats:
        return noise(self.seed, self.rows, self.now.at, salt)

    def drift(self, period: float, salt: int = 0) -> Floats:
        return drift(self.seed, self.rows, self.now.at, period, salt)

    def common(self, period: float, salt: int) -> float:
        """The same wandering for the whole city: weather."""
        return float(drift(self.seed, np.zeros(1, np.intp), self.now.at, period, salt)[0])

    def often(self, share: Floats | float, period: float) -> Floats:
        """1 for about that share of the time, in stretches of `period`."""
        tick = (np.floor(self.now.at / period + self.who)).astype(np.int64)
        return (dice(self.seed, self.rows, tick, 7) < share).astype(float)

    def open(self, start: float, end: float) -> Floats:
        """1 between two local hours, each asset a few minutes earlier or later."""
        hour = (self.now.hour + (self.who - 0.5) * 0.4) % 24
        return ((hour >= start) & (hour < end)).astype(float) if start < end else ((hour >= start) | (hour < end)).astype(float)

    def total(self, mean: Floats | float) -> Floats:
        """A running total per hour of `mean`."""
        return np.floor(self.who * 90_000) + (self.now.at - EPOCH) / 3600.0 * mean


Behaviour = Callable[[View], Floats]


def _always(value: float) -> Behaviour:
    return lambda view: np.full(len(view.rows), value)


def _lamp(view: View) -> Floats:
    return np.full(len(view.rows), float(view.now.night))


def _dimmed(view: View) -> Floats:
    """Full light in the evening, less when few people are about."""
    late = 0.5 if view.now.hour < 5 else 0.7 if view.now.hour > 22 else 1.0
    return np.full(len(view.rows), 100.0 * late * float(view.now.night))


def _running(view: View) -> Floats:
    return view.open(5.3, 0.6)


def _fan(view: View) -> Floats:
    return (view.who < 0.15 + 0.6 * view.now.rush).astype(float)


def _wind(view: View) -> Floats:
    return np.maximum(0.2, 4.2 + 2.4 * view.common(5400, 3) + 0.8 * view.drift(600, 4) + view.who)


def _charging(view: View) -> Floats:
    return view.often(0.18 + 0.4 * view.now.activity, 3600.0)


def _heating(view: View) -> Floats:
    return np.maximum(0.05, (17.0 - view.now.outdoors) / 20.0) * (0.5 + 0.5 * view.now.activity)


def _level(view: View) -> Floats:
    """`size` is the first limit of the gauge: 2 m and more by the river, 25 cm in a tunnel's low point."""
    river = view.size > 1.0
    quay = 1.15 + 0.1 * view.common(21_600, 5) + 0.12 * view.who + 0.008 * view.noise()
    low = np.maximum(0.0, 0.06 + 0.02 * view.drift(3600) + 0.003 * view.noise())
    return np.where(river, quay, low)


def _rain(view: View) -> Floats:
    return np.maximum(0.0, (view.common(2700, 6) - 0.95) * 9.0 + 0.5 * view.drift(300, 6)) * (view.common(2700, 6) > 0.95)


BEHAVIOURS: dict[tuple[str, str], Behaviour] = {
    ("lamp", "lamp_state"): _lamp,
    ("lamp", "dim_level"): _dimmed,
    ("lighting_cabinet", "supply_state"): _always(1),
    ("lighting_cabinet", "voltage"): lambda v: 231.0 + 2.0 * v.drift(1800) + 0.4 * v.noise(),
    ("lighting_cabinet", "power"): lambda v: np.where(v.now.night, 3.0 + 5.0 * v.who, 0.12) * (1 + 0.01 * v.noise()),
    ("lighting_cabinet", "energy"): lambda v: v.total(1.4 + 2.5 * v.who),
    ("lighting_cabinet", "door_state"): _always(0),
    ("substation", "breaker_state"): _always(1),
    ("substation", "voltage"): lambda v: 20.2 + 0.12 * v.drift(3600) + 0.02 * v.noise(),
    ("substation", "load"): lambda v: 28 + 12 * v.who + 32 * v.now.activity + 3 * v.drift(900) + v.noise(),
    ("substation", "temperature"): lambda v: 44 + 9 * v.who + 14 * v.now.activity + 0.3 * v.now.outdoors + 2 * v.drift(3600),
    ("electrical_cabinet", "supply_state"): _always(1),
    ("ups", "ups_state"): _always(0),
    ("ups", "charge"): lambda v: 100.0 - np.abs(0.2 * v.drift(7200)),
    ("ups", "load"): lambda v: 24 + 30 * v.who + 12 * v.now.activity + v.noise(),
    ("network_switch", "link_state"): _always(1),
    ("jet_fan", "fan_state"): _fan,
    ("jet_fan", "vibration"): lambda v: 0.15 + (2.0 + 1.6 * v.who + 0.4 * v.drift(1200)) * _fan(v) + 0.05 * np.abs(v.noise()),
    ("jet_fan", "current"): lambda v: (38 + 6 * v.who + 0.6 * v.noise()) * _fan(v),
    ("tunnel_air_monitor", "co"): lambda v: np.maximum(1.0, 7 + 21 * v.now.rush + 4 * v.drift(600) + v.noise()),
    ("tunnel_air_monitor", "opacity"): lambda v: np.maximum(0.4, 1.6 + 3.2 * v.now.rush + 0.5 * v.drift(600)),
    ("pump", "pump_state"): lambda v: v.often(0.12, 420.0),
    ("pump", "current"): lambda v: (11 + 5 * v.who + 0.3 * v.noise()) * v.often(0.12, 420.0),
    ("ventilation_unit", "fan_state"): lambda v: v.open(6.0, 21.0),
    ("ventilation_unit", "temperature"): lambda v: 19.2 + 1.6 * v.who + 0.5 * v.drift(1800) + 0.05 * v.noise(),
    ("escalator", "run_state"): _running,
    ("escalator", "speed"): lambda v: (0.5 + 0.006 * v.noise()) * _running(v),
    ("lift", "run_state"): _always(1),
    ("lift", "temperature"): lambda v: 22 + 5 * v.who + 6 * v.now.activity + 1.2 * v.drift(1800) + 0.1 * v.noise(),
    ("moving_walkway", "run_state"): _running,
    ("moving_walkway", "speed"): lambda v: (0.65 + 0.006 * v.noise()) * _running(v),
    ("camera", "camera_state"): _always(1),
    ("anpr_camera", "camera_state"): _always(1),
    ("barrier", "barrier_state"): lambda v: v.often(0.05 + 0.25 * v.now.rush, 60.0),
    ("barrier", "loop_state"): _always(0),
    ("bollard", "bollard_state"): lambda v: v.often(0.02 + 0.06 * v.now.activity, 60.0),
    ("door", "door_state"): lambda v: v.often(0.01 + 0.1 * v.now.activity, 120.0),
    ("intrusion_zone", "zone_state"): lambda v: v.open(20.5, 6.8),
    ("fire_panel", "panel_state"): _always(0),
    ("fire_hydrant", "pressure"): lambda v: 6.1 + 0.5 * v.who + 0.15 * v.drift(7200),
    ("defibrillator", "unit_state"): _always(0),
    ("flood_gauge", "water_level"): _level,
    ("rain_gauge", "rain_rate"): _rain,
    ("weather_station", "temperature"): lambda v: v.now.outdoors + 1.2 * v.common(10_800, 1) + 0.3 * v.who + 0.05 * v.noise(),
    ("weather_station", "humidity"): lambda v: np.clip(74 - 12 * math.cos((v.now.hour - 5) / 3.82) + 6 * v.drift(7200), 20, 100),
    ("weather_station", "wind_speed"): _wind,
    ("weather_station", "wind_gust"): lambda v: _wind(v) * 1.45 + np.abs(v.noise()) * 0.6,
    ("weather_station", "pressure"): lambda v: 1015.5 + 6 * v.common(43_200, 2) + 0.05 * v.noise(),
    ("air_quality_station", "pm10"): lambda v: 15 + 9 * v.now.rush + 4 * v.drift(3600) + 0.8 * np.abs(v.noise()) + 6 * v.who,
    ("air_quality_station", "pm2_5"): lambda v: 8 + 5 * v.now.rush + 2 * v.drift(3600) + 0.5 * np.abs(v.noise()) + 3 * v.who,
    ("air_quality_station", "no2"): lambda v: 20 + 42 * v.now.rush + 6 * v.drift(2400) + 12 * v.who,
    ("air_quality_station", "o3"): lambda v: np.maximum(4.0, 52 - 24 * v.now.rush + 8 * v.drift(5400)),
    ("noise_monitor", "laeq"): lambda v: 47 + 6 * v.who + 13 * v.now.rush + 6 * v.now.activity + 1.5 * v.noise(),
    ("energy_meter", "power"): lambda v: v.size * (0.16 + (0.25 + 0.3 * v.who) * v.now.activity + 0.02 * v.drift(900)),
    ("energy_meter", "energy"): lambda v: v.total(12 + 60 * v.who),
    ("water_meter", "flow"): lambda v: np.maximum(0.0, (0.1 + 2.6 * v.who * v.now.activity) * (1 + 0.3 * v.drift(900))),
    ("water_meter", "volume"): lambda v: v.total(0.4 + 0.8 * v.who) / 10,
    ("heat_meter", "thermal_power"): lambda v: (60 + 340 * v.who) * _heating(v) * (1 + 0.05 * v.drift(1800)),
    ("heat_meter", "supply_temperature"): lambda v: 72 + 10 * _heating(v) + 0.6 * v.drift(1800),
    ("heat_meter", "return_temperature"): lambda v: 52 + 3 * _heating(v) + 0.6 * v.drift(1800),
    ("ev_charger", "charger_state"): _charging,
    ("ev_charger", "power"): lambda v: _charging(v) * (6.8 + 14 * (v.who > 0.6)) * (1 - 0.02 * np.abs(v.noise())),
    ("parking", "free_spaces"): lambda v: np.round(v.size * np.clip(0.78 - 0.6 * v.now.activity + 0.05 * v.drift(1800), 0.06, 1)),
    ("variable_message_sign", "sign_state"): _always(1),
    ("traffic_light", "light_state"): _always(1),
    ("bike_counter", "passages"): lambda v: np.round(np.maximum(0, 14 + 190 * v.now.rush * (0.5 + v.who) + 9 * v.drift(900))),
    ("waste_container", "fill_level"): lambda v: 86 * ((v.now.at / (86_400 * (1.5 + 2.5 * v.who)) + 9 * v.who) % 1.0) + 2,
    ("fountain", "pump_state"): lambda v: v.open(8.0, 22.0),
    ("fountain", "flow"): lambda v: v.open(8.0, 22.0) * (42 + 30 * v.who + 0.5 * v.noise()),
    ("irrigation_valve", "valve_state"): lambda v: v.open(4.0, 5.2) * (v.who > 0.4),
}
"""States by code, levels in the unit of the catalogue."""


class Field:
    """The whole field in normal times: `values(rows, at)` is what its points would read."""

    def __init__(self, world: World, seed: int) -> None:
        self._seed = seed
        keys = [f"{kind}/{quantity}" for kind, quantity in zip(world.kind.tolist(), world.quantity.tolist(), strict=True)]
        self._names, self._group = np.unique(np.array(keys), return_inverse=True)
        unknown = [name for name in self._names.tolist() if tuple(name.split("/")) not in BEHAVIOURS]
        if unknown:
            raise KeyError(f"no behaviour for {', '.join(unknown)}")
        assets = {code: index for index, code in enumerate(dict.fromkeys(world.code))}
        owner = np.array([assets[code] for code in world.code], np.int64)
        self._who = dice(seed, owner, 0, 3)
        self._size = np.array([_size(world, row) for row in range(len(world))])

    def values(self, rows: NDArray[np.intp], at: float) -> Floats:
        """float64, one per row; `at` in seconds since the Unix epoch. States are whole numbers."""
        now = moment(at)
        out = np.empty(len(rows))
        group = self._group[rows]
        for name in np.unique(group).tolist():
            mine = np.flatnonzero(group == name)
            chosen = rows[mine]
            kind, _, quantity = str(self._names[name]).partition("/")
            view = View(now, self._seed, chosen, self._who[chosen], self._size[chosen])
            out[mine] = BEHAVIOURS[kind, quantity](view)
        return np.round(out, 3)


def _size(world: World, row: int) -> float:
    limits = world.limits[row]
    if "full" in limits:
        return float(world.assets[world.code[row]].attributes["capacity"])
    return float(limits.get("subscribed", limits.get("watch", 1.0)))
