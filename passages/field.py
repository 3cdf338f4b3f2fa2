"""What a gate's barrier reads now, and how fresh that is."""

import datetime as dt
from dataclasses import dataclass

from assets.models import Point
from commands.facts import newest
from passages.models import Gate
from passages.recommendation import Barrier

STATES = {"barrier_state": {0: Barrier.CLOSED, 1: Barrier.OPEN}, "bollard_state": {0: Barrier.CLOSED, 1: Barrier.OPEN}}
"""By quantity, what its codes mean; every other code is a fault: blocked, torn off, failed."""
STALE_AFTER = 3
"""Missed messages after which a barrier's last word is not believed any more."""


@dataclass(frozen=True, slots=True)
class BarrierNow:
    state: Barrier = Barrier.UNKNOWN
    age: dt.timedelta | None = None
    stale: bool = True
    at: dt.datetime | None = None


def barrier(gate: Gate, now: dt.datetime) -> BarrierNow:
    """In three queries at most."""
    point = Point.objects.filter(asset_id=gate.asset_id, quantity__in=STATES).first()
    read = newest([point.pk], now).get(point.pk) if point is not None else None
    if point is None or read is None:
        return BarrierNow()
    age = max(now - read.at, dt.timedelta(0))
    state = STATES[point.quantity].get(int(read.value), Barrier.FAULT)
    return BarrierNow(state, age, age > dt.timedelta(seconds=STALE_AFTER * point.interval), read.at)
