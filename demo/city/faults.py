"""What goes wrong: values that points are held at for a while, and the slow chance that starts them."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from demo.chance import stream
from demo.city.moment import Floats
from demo.city.world import World


@dataclass(frozen=True)
class Fault:
    """What one failure makes an asset of the kind read, how often it is drawn, and how long it lasts in minutes."""

    kind: str
    readings: dict[str, float]
    weight: float
    minutes: tuple[float, float] = (4.0, 12.0)


FAULTS = (
    Fault("escalator", {"run_state": 3, "speed": 0}, 9),
    Fault("escalator", {"run_state": 2, "speed": 0}, 5),
    Fault("moving_walkway", {"run_state": 2, "speed": 0}, 1),
    Fault("lift", {"run_state": 3}, 8),
    Fault("lift", {"run_state": 2}, 1),
    Fault("lift", {"temperature": 46.5}, 2, (9, 20)),
    Fault("camera", {"camera_state": 0}, 8),
    Fault("camera", {"camera_state": 3}, 1),
    Fault("anpr_camera", {"camera_state": 2}, 2),
    Fault("door", {"door_state": 3}, 9),
    Fault("door", {"door_state": 2}, 2),
    Fault("barrier", {"barrier_state": 2}, 6),
    Fault("barrier", {"barrier_state": 3}, 1, (10, 25)),
    Fault("bollard", {"bollard_state": 2}, 4),
    Fault("intrusion_zone", {"zone_state": 2}, 1),
    Fault("fire_panel", {"panel_state": 1}, 3),
    Fault("fire_panel", {"panel_state": 2}, 0.4),
    Fault("ups", {"ups_state": 1, "charge": 83}, 2),
    Fault("network_switch", {"link_state": 2}, 3),
    Fault("network_switch", {"link_state": 0}, 2),
    Fault("lighting_cabinet", {"door_state": 1}, 3, (7, 20)),
    Fault("lighting_cabinet", {"voltage": 203.5}, 2, (6, 15)),
    Fault("lighting_cabinet", {"supply_state": 2, "voltage": 0, "power": 0}, 0.7),
    Fault("electrical_cabinet", {"supply_state": 2}, 0.7, (5, 12)),
    Fault("substation", {"temperature": 91.0}, 0.6, (9, 20)),
    Fault("lamp", {"lamp_state": 2}, 6, (20, 60)),
    Fault("jet_fan", {"fan_state": 2, "current": 0}, 3),
    Fault("jet_fan", {"vibration": 8.4}, 2, (6, 15)),
    Fault("tunnel_air_monitor", {"co": 74.0}, 0.6, (4, 9)),
    Fault("pump", {"pump_state": 2}, 3),
    Fault("ventilation_unit", {"fan_state": 2}, 4, (8, 20)),
    Fault("ventilation_unit", {"fan_state": 3}, 2, (8, 30)),
    Fault("defibrillator", {"unit_state": 2}, 1, (10, 40)),
    Fault("traffic_light", {"light_state": 2}, 3),
    Fault("variable_message_sign", {"sign_state": 2}, 2, (6, 20)),
    Fault("ev_charger", {"charger_state": 2, "power": 0}, 4, (8, 30)),
    Fault("waste_container", {"fill_level": 96.0}, 3, (20, 60)),
    Fault("fountain", {"pump_state": 2, "flow": 0}, 0.5, (12, 30)),
)
"""Worst cases are rare on purpose: a night with a fire every ten minutes is nobody's city."""


@dataclass(order=True)
class _Hold:
    ends_at: float
    order: int
    rows: list[int] = field(compare=False)
    cause: str = field(compare=False)


class Faults:
    """Which rows are held at which value, and until when; times in seconds since the Unix epoch, given by the caller."""

    def __init__(self, world: World, seed: int, *, every: tuple[float, float] = (20.0, 40.0)) -> None:
        self._world = world
        self._chance = stream(seed, "faults")
        self._every = every
        self._held = np.full(len(world), np.nan)
        self._owner = np.full(len(world), -1, np.int64)
        self._ends: list[_Hold] = []
        self._order = count()
        self._next_at: float | None = None
        self._spared: frozenset[str] = frozenset()
        known = {
            kind: sorted({code for code, of in zip(world.code, world.kind.tolist(), strict=True) if of == kind})
            for kind in set(world.kind.tolist())
        }
        self._faults = [fault for fault in FAULTS if known.get(fault.kind)]
        self._assets = known
        weights = np.array([fault.weight for fault in self._faults])
        self._shares = weights / weights.sum()

    def spare(self, codes: Iterable[str]) -> None:
        """Keep chance away from these assets; what a scenario breaks is no chance."""
        self._spared = frozenset(codes)

    def hold(self, readings: dict[int, float], until: float, cause: str) -> list[int]:
        """Holds rows at values until a time; rows already held by something else keep their value. Returns the rows taken."""
        order = next(self._order)
        free = [row for row in readings if np.isnan(self._held[row])]
        for row in free:
            self._held[row] = readings[row]
            self._owner[row] = order
        if free:
            heapq.heappush(self._ends, _Hold(until, order, free, cause))
        return free

    def release(self, cause: str | None = None) -> list[int]:
        """Ends what a cause holds, or everything. Returns the rows that are free again."""
        freed: list[int] = []
        kept = []
        for hold in self._ends:
            if cause is None or hold.cause == cause:
                freed += self._free(hold)
            else:
                kept.append(hold)
        heapq.heapify(kept)
        self._ends = kept
        return freed

    def mend(self, rows: list[int]) -> list[int]:
        """Ends what holds these rows, whatever it is. Returns the rows that are free again."""
        held = [row for row in rows if not np.isnan(self._held[row])]
        self._held[held] = np.nan
        self._owner[held] = -1
        return held

    def step(self, now: float, *, spontaneous: bool) -> list[int]:
        """Ends what is over and, when `spontaneous`, lets chance start the next fault. Returns the rows that changed."""
        changed: list[int] = []
        while self._ends and self._ends[0].ends_at <= now:
            changed += self._free(heapq.heappop(self._ends))
        if not spontaneous:
            self._next_at = None
            return changed
        if self._next_at is None:
            self._next_at = now + float(self._chance.uniform(2, 8))
        while self._next_at <= now:
            changed += self._strike(self._next_at)
            self._next_at += float(self._chance.uniform(*self._every))
        return changed

    def apply(self, rows: NDArray[np.intp], values: Floats) -> Floats:
        """The values with what is held put over them."""
        held = self._held[rows]
        return np.where(np.isnan(held), values, held)

    @property
    def held(self) -> int:
        """How many points are not in their normal state."""
        return int(np.count_nonzero(~np.isnan(self._held)))

    def _strike(self, now: float) -> list[int]:
        fault = self._faults[int(self._chance.choice(len(self._faults), p=self._shares))]
        codes = self._assets[fault.kind]
        code = codes[int(self._chance.integers(len(codes)))]
        lasts = float(self._chance.uniform(*fault.minutes)) * 60
        if code in self._spared:
            return []
        rows = {self._world.rows[code, name]: value for name, value in fault.readings.items() if (code, name) in self._world.rows}
        return self.hold(rows, now + lasts, "chance")

    def _free(self, hold: _Hold) -> list[int]:
        mine = [row for row in hold.rows if self._owner[row] == hold.order]
        self._held[mine] = np.nan
        self._owner[mine] = -1
        return mine
