"""Engines of a few rules on a few points, and what came of readings: what the tests of the semantics share."""

import numpy as np

from alarms.engine import (
    Engine,
    ScopedRule,
    Transition,
    decode,
)
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000


T = 1_790_000_000 * SECOND


LEVEL = {"quantity": "level"}


def at(seconds: float) -> int:
    return T + round(seconds * SECOND)


def register(points: int = 3, feed_interval: int = MINUTE, **limits: list[float]) -> Register:
    """Points 1…n, each on its own asset 11…, all on feed 5, each expected every minute."""
    ids = np.arange(1, points + 1)
    nowhere = np.zeros(points)
    return Register(
        Points(
            ids, ids + 10, np.full(points, 5), ["level"] * points, np.full(points, MINUTE),
            {name: np.array(column) for name, column in limits.items()},
        ),
        Assets(ids + 10, ["gauge"] * points, [""] * points, 0 * ids, nowhere, nowhere),
        Feeds(np.array([5]), np.array([feed_interval])),
    )  # fmt: skip


def engine(*specs: dict, over: Register | None = None, started: int = T) -> Engine:
    """Rules 1, 2, … over all points."""
    over = over or register()
    rows = np.arange(len(over), dtype=np.int32)
    return Engine(over, [ScopedRule(index, decode(spec), rows) for index, spec in enumerate(specs, start=1)], started)


def above(*limits: float, **more: object) -> dict:
    severities = ["low", "medium", "high", "critical"]
    rungs = [{"severity": severity, "limit": limit} for severity, limit in zip(severities, limits, strict=False)]
    return {"kind": "threshold", "scope": LEVEL, "direction": "above", "limits": rungs, **more}


def among(**values: list[float]) -> dict:
    return {"kind": "state", "scope": LEVEL, "values": [{"severity": each, "in": codes} for each, codes in values.items()]}


def silence(of: str, **more: object) -> dict:
    return {"kind": "silence", "scope": {}, "of": of, "severity": "high", **more}


def read(on: Engine, *values: float, point: int = 1, start: float = 0, every: float = 10, lag: int = 0) -> list[Transition]:
    """One batch of readings of one point, each received `lag` µs after it was taken."""
    instants = [at(start + every * index) for index in range(len(values))]
    return on.apply(Readings.of([point] * len(values), instants, values, 0, np.array(instants) + lag)).transitions


def told(moves: list[Transition]) -> list[tuple]:
    """(kind, severity, seconds after T) of each."""
    return [(move.kind, move.severity, (move.at - T) / SECOND) for move in moves]
