"""Vehicles at the gates: they arrive through the day, are read, wait, and go in once the barrier is open, or away.

What goes wrong as it does outside: misreads, permits that have ended, somebody who follows through on the same opening. Times in
seconds since the Unix epoch, given by the caller.
"""

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from demo.chance import stream
from demo.city.moment import moment
from demo.city.orders import Orders
from demo.city.permits import Pass, passes, plate
from demo.city.plates import DRAWN
from demo.city.pulls import iso
from demo.city.senders import Item
from demo.city.world import World

EVERY = 200.0
"""Seconds between two vehicles at one entry when it is busiest."""
PATIENCE = (90.0, 240.0)
CONFUSED = dict(zip("01258BDGHQSZ", "OIZSB806MO52", strict=True))
"""What readers take for one another, after the makers' own documentation."""
OPEN = 1.0


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate as the city plays it; `barrier` and `loop` are rows, −1 where that is not measured."""

    slug: str
    asset: str
    reader: str
    token: str
    way: str
    barrier: int
    loop: int


@dataclass
class Vehicle:
    """One that stands at a gate. `goes_at`: when it has passed the open barrier; `follows`: it goes with the one before."""

    number: int
    plate: str
    gate: Gate
    since: float
    leaves_at: float
    goes_at: float = 0.0
    follows: bool = False
    again: int = 0


@dataclass(order=True)
class _Planned:
    at: float
    number: int
    gate: Gate = field(compare=False)
    plate: str = field(compare=False)
    again: int = field(default=0, compare=False)


class Visits:
    """`step` takes all gates to an instant and says what was read meanwhile."""

    def __init__(self, world: World, folder: Path, orders: Orders, seed: int) -> None:
        self.gates = _gates(world, folder)
        self._orders, self._chance, self._numbers = orders, stream(seed, "visits"), count(1)
        self.passes = passes(seed, sum(gate.way == "in" for gate in self.gates))
        self._strangers = [plate(self._chance) for _ in range(60)]
        self._at: dict[str, list[Vehicle]] = {gate.slug: [] for gate in self.gates}
        self._next: dict[str, float] = {}
        self._planned: list[_Planned] = []
        self._reads: list[tuple[float, int, str, Item]] = []
        self.passed = 0
        for gate in self.gates:
            for row in (gate.barrier, gate.loop):
                if row >= 0:
                    orders.rest(row, 0.0)

    def step(self, now: float, barrier: dict[int, float], *, troubled: bool) -> list[int]:
        """Go on to `now`; `barrier`: what the barriers read. Without trouble all have a permit and are read well.

        Returns the rows that changed: loops that a vehicle came onto or left.
        """
        changed: list[int] = []
        for gate in self.gates:
            if now >= self._next.setdefault(gate.slug, now + self._pause(now, gate)):
                self._next[gate.slug] = now + self._pause(now, gate)
                if gate.way == "in" and not self._at[gate.slug]:
                    self._arrive(gate, self._plate(gate, troubled), now, troubled=troubled)
        while self._planned and self._planned[0].at <= now:
            each = heapq.heappop(self._planned)
            self._arrive(each.gate, each.plate, now, troubled=troubled, again=each.again)
        for gate in self.gates:
            self._wait(gate, now, barrier.get(gate.barrier) == OPEN, troubled)
            occupied = float(any(not vehicle.follows for vehicle in self._at[gate.slug]))
            if gate.loop >= 0 and self._orders.set(gate.loop, occupied, now):
                changed.append(gate.loop)
        return changed

    def reads(self, now: float) -> Iterator[tuple[str, Item]]:
        """Gate and read of what the readers have seen until now."""
        while self._reads and self._reads[0][0] <= now:
            _, _, slug, item = heapq.heappop(self._reads)
            yield slug, item

    def call(self, now: float, wanted: Pass | None = None, times: int = 1) -> Gate | None:
        """Let a vehicle come to the first entry at once; turned away, it comes back so many times in all."""
        gate = self._first()
        if gate is None:
            return None
        plain = (each for each in self.passes if each.holds() and each.gate is None and not each.weekdays and not each.escort)
        self._at[gate.slug].clear()
        self._plan(now, gate, (wanted or next(plain)).plates[0], times - 1)
        return gate

    def scenario(self, name: str, now: float) -> dict[int, float]:
        """What the scenario of this name holds at the first entry: rows and values."""
        ended = next(each for each in self.passes if not each.holds())
        gate = self.call(now, ended, 3) if name == "truck-refused" else self._first()
        if gate is None or gate.barrier < 0 or name == "truck-refused":
            return {}
        if name == "barrier-forced":
            return {gate.barrier: OPEN}
        self.call(now)
        return {gate.barrier: 0.0}

    def _first(self) -> Gate | None:
        return next((gate for gate in self.gates if gate.way == "in"), None)

    def _pause(self, now: float, gate: Gate) -> float:
        busy = 0.06 + moment(now).activity
        return float(self._chance.exponential(EVERY / busy)) + 30.0

    def _plate(self, gate: Gate, troubled: bool) -> str:
        entries = [each.slug for each in self.gates if each.way == "in"]
        mine = [
            each for each in self.passes if each.holds() and not each.escort and each.gate in (None, entries.index(gate.slug))
        ]
        drawn = self._chance.random()
        if troubled and drawn > 0.93:
            return str(self._chance.choice(self._strangers))
        if troubled and drawn > 0.86:
            mine = [each for each in self.passes if not each.holds()]
        if troubled and drawn > 0.80:
            mine = [each for each in self.passes if each.escort] or mine
        return str(self._chance.choice(mine[int(self._chance.integers(len(mine)))].plates))

    def _arrive(self, gate: Gate, number: str, now: float, *, troubled: bool, again: int = 0, follows: bool = False) -> Vehicle:
        vehicle = Vehicle(next(self._numbers), number, gate, now, now + float(self._chance.uniform(*PATIENCE)), again=again)
        vehicle.follows = follows
        self._at[gate.slug].append(vehicle)
        for place, phase in enumerate(("new", "update", "update")):
            self._read(vehicle, now + 0.3 + 1.1 * place, phase, troubled)
        return vehicle

    def _wait(self, gate: Gate, now: float, is_open: bool, troubled: bool) -> None:
        standing = self._at[gate.slug]
        for vehicle in list(standing):
            if is_open and not vehicle.goes_at:
                vehicle.goes_at = now + (4.0 if not vehicle.follows else 7.0)
                if troubled and not vehicle.follows and gate.way == "in" and self._chance.random() < 0.03:
                    self._arrive(gate, str(self._chance.choice(self._strangers)), now, troubled=True, follows=True)
            if vehicle.goes_at and now >= vehicle.goes_at:
                self._gone(vehicle, now, inside=True)
            elif not vehicle.goes_at and now >= vehicle.leaves_at:
                self._gone(vehicle, now, inside=False)

    def _gone(self, vehicle: Vehicle, now: float, *, inside: bool) -> None:
        """It went in, or away; those inside come out later, those turned away may try again."""
        self._at[vehicle.gate.slug].remove(vehicle)
        self._read(vehicle, now, "end", False)
        exits = [gate for gate in self.gates if gate.way == "out"]
        if inside and vehicle.gate.way == "in":
            self.passed += 1
            if exits:
                self._plan(now + float(self._chance.uniform(600, 5400)), exits[0], vehicle.plate)
        elif not inside and vehicle.again:
            self._plan(now + 40.0, vehicle.gate, vehicle.plate, vehicle.again - 1)

    def _plan(self, at: float, gate: Gate, number: str, again: int = 0) -> None:
        heapq.heappush(self._planned, _Planned(at, next(self._numbers), gate, number, again))

    def _read(self, vehicle: Vehicle, at: float, phase: str, troubled: bool) -> None:
        seen, sure = vehicle.plate, float(self._chance.uniform(0.93, 0.99))
        if troubled and phase != "end" and self._chance.random() < 0.12:
            seen, sure = self._misread(seen), float(self._chance.uniform(0.6, 0.85))
        item: Item = {
            "plate": seen, "at": iso(round(at, 3)), "arrival": f"v{vehicle.number}", "country": "FR",
            "confidence": round(sure, 2), "direction": vehicle.gate.way, "phase": phase,
        }  # fmt: skip
        if phase == "new":
            item[DRAWN] = vehicle.plate  # a reader sends one picture of each vehicle, however it reads it
        heapq.heappush(self._reads, (at, next(self._numbers), vehicle.gate.slug, item))

    def _misread(self, number: str) -> str:
        places = [place for place, character in enumerate(number) if character in CONFUSED]
        if not places:
            return number
        place = places[int(self._chance.integers(len(places)))]
        return number[:place] + CONFUSED[number[place]] + number[place + 1 :]


def _gates(world: World, folder: Path) -> Sequence[Gate]:
    path = folder / "stand.json"
    listed: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["gates"] if path.exists() else []
    return [
        Gate(
            each["slug"], each["asset"], each["reader"]["slug"], each["reader"]["token"], each["direction"],
            world.rows.get((each["asset"], "barrier_state"), -1), world.rows.get((each["asset"], "loop_state"), -1),
        )
        for each in listed
    ]  # fmt: skip
