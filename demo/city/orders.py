"""What supervisors are ordered and the field then does: each order is obeyed once, a moment later, and stands until another one.

Times in seconds since the Unix epoch, given by the caller. What is at fault takes an order and does not move.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.city.moment import Floats
from demo.city.world import World

REMEMBERED = 5_000
"""Orders whose answer is known, should they come again."""

Effect = Callable[[Mapping[str, Any]], dict[str, float]]
"""Parameters of an order → what the asset reads once it has obeyed."""


@dataclass(frozen=True)
class Deed:
    """What an order does. `back`: seconds after which the asset goes back by itself, 0 for never; `mends`: it ends a fault."""

    effect: Effect
    delay: float = 1.5
    back: float = 0.0
    mends: bool = False


def _sets(**readings: float) -> Effect:
    return lambda parameters: readings


def _level(parameters: Mapping[str, Any]) -> dict[str, float]:
    level = float(parameters.get("level", 100))
    return {"dim_level": level, "lamp_state": float(level > 0)}


RUNS, STANDS = _sets(run_state=1, speed=0.5), _sets(run_state=0, speed=0)
DEEDS: dict[tuple[str, str], Deed] = {
    ("barrier", "open"): Deed(_sets(barrier_state=1), back=20.0),
    ("barrier", "close"): Deed(_sets(barrier_state=0)),
    ("barrier", "hold-open"): Deed(_sets(barrier_state=1)),
    ("bollard", "lower"): Deed(_sets(bollard_state=1), 4.0, back=25.0),
    ("bollard", "raise"): Deed(_sets(bollard_state=0), 4.0),
    ("bollard", "hold-lowered"): Deed(_sets(bollard_state=1), 4.0),
    ("bollard", "raise-at-end"): Deed(_sets(bollard_state=0), 4.0),
    ("door", "unlock"): Deed(_sets(door_state=1), 0.5, back=30.0),
    ("door", "lock"): Deed(_sets(door_state=0), 0.5),
    ("lamp", "switch-on"): Deed(_sets(lamp_state=1, dim_level=100)),
    ("lamp", "switch-off"): Deed(_sets(lamp_state=0, dim_level=0)),
    ("lamp", "set-level"): Deed(_level),
    ("lighting_cabinet", "reset"): Deed(_sets(supply_state=1), 5.0, back=60.0, mends=True),
    ("escalator", "start"): Deed(RUNS, 3.0),
    ("escalator", "stop"): Deed(STANDS, 3.0),
    ("escalator", "reset"): Deed(STANDS, 3.0, mends=True),
    ("moving_walkway", "start"): Deed(_sets(run_state=1, speed=0.65), 3.0),
    ("moving_walkway", "stop"): Deed(STANDS, 3.0),
    ("moving_walkway", "reset"): Deed(STANDS, 3.0, mends=True),
    ("jet_fan", "start"): Deed(_sets(fan_state=1, vibration=2.2, current=40), 3.0),
    ("jet_fan", "stop"): Deed(_sets(fan_state=0, vibration=0.2, current=0), 3.0),
    ("ventilation_unit", "start"): Deed(_sets(fan_state=1), 3.0),
    ("ventilation_unit", "stop"): Deed(_sets(fan_state=0), 3.0),
    ("pump", "start"): Deed(_sets(pump_state=1, current=13), 2.0),
    ("pump", "stop"): Deed(_sets(pump_state=0, current=0), 2.0),
}
"""By kind of asset and word of the order: what the pretend supervisors can do."""


@dataclass(order=True)
class _Due:
    at: float
    number: int
    readings: dict[int, float | None] = field(compare=False)
    """None: back to what the field does by itself."""


class Orders:
    """Which rows stand at which value because somebody said so, since when; `mend` ends what is wrong with some rows."""

    def __init__(self, world: World, mend: Callable[[list[int]], list[int]]) -> None:
        self._world, self._mend = world, mend
        self._held, self._since = np.full(len(world), np.nan), np.zeros(len(world))
        self._speaks = dict(zip(world.code, world.feed.tolist(), strict=True))
        self._rests: dict[int, float] = {}
        self._due: list[_Due] = []
        self._numbers = count(1)
        self._answers: dict[str, tuple[int, dict[str, object]]] = {}
        self.obeyed = 0

    def take(self, supervisor: str, order: Mapping[str, Any], now: float) -> tuple[int, dict[str, object]]:
        """Status and answer to {"asset", "do", "key", "with"?, "until"?}; the same key again is answered alike, obeyed once."""
        key, code, word = (str(order.get(name, "")) for name in ("key", "asset", "do"))
        if key and key in self._answers:
            return self._answers[key]
        asset = self._world.assets.get(code)
        deed = DEEDS.get((asset.kind, word)) if asset is not None else None
        if deed is None or self._speaks.get(code) != supervisor:
            return 404, {"state": "denied", "key": key, "why": "unknown asset or order"}
        given = order.get("with") or {}
        effect = {self._world.rows[code, name]: value for name, value in deed.effect(given).items()
                  if (code, name) in self._world.rows}  # fmt: skip
        if deed.mends:
            self._mend(list(effect))
        self._plan(now + deed.delay, dict(effect))
        until = _instant(order.get("until"))
        if deed.back or until:
            self._plan(until or now + deed.delay + deed.back, {row: self._rests.get(row) for row in effect})
        self.obeyed += 1
        answer = 202, {"state": "queued", "key": key, "id": f"{supervisor[:3].upper()}-{next(self._numbers)}"}
        if key:
            self._answers[key] = answer
        while len(self._answers) > REMEMBERED:
            del self._answers[next(iter(self._answers))]
        return answer

    def rest(self, row: int, value: float) -> None:
        """What a row reads while nobody orders anything else, instead of what the field does by itself."""
        self._rests[row] = self._held[row] = value

    def set(self, row: int, value: float, now: float) -> bool:
        """Let a row read a value from now on; whether it did not yet."""
        if self._held[row] == value:
            return False
        self._held[row], self._since[row] = value, now
        return True

    def step(self, now: float) -> list[int]:
        """Lets happen what is due. Returns the rows that changed."""
        changed: list[int] = []
        while self._due and self._due[0].at <= now:
            for row, value in heapq.heappop(self._due).readings.items():
                before = self._held[row]
                self._held[row], self._since[row] = (np.nan if value is None else value), now
                if value is None or before != value:
                    changed.append(row)
        return changed

    def apply(self, rows: NDArray[np.intp], values: Floats, at: float) -> Floats:
        """The values with what is ordered put over them."""
        held = self._held[rows]
        return np.where(np.isnan(held) | (self._since[rows] > at), values, held)

    def since(self, rows: NDArray[np.intp]) -> Floats:
        """Since when each row stands where it was ordered; 0 where it never was."""
        return self._since[rows]

    def _plan(self, at: float, readings: dict[int, float | None]) -> None:
        """What was planned for these rows before and is not due yet is given up: the newest order counts."""
        for due in self._due:
            for row in readings.keys() & due.readings.keys():
                if due.at >= at:
                    del due.readings[row]
        heapq.heappush(self._due, _Due(at, next(self._numbers), readings))


def _instant(text: object) -> float:
    """Seconds of an ISO 8601 text; 0 for none."""
    return datetime.fromisoformat(text).timestamp() if isinstance(text, str) and text else 0.0
