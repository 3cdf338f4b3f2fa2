"""Small pretend worlds for Hypothesis: a few points, feeds and rules, and a script of what happens to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from alarms.engine import Engine, ScopedRule, Transition
from alarms.engine.spec import Bilingual, Codes, Limit, PointLimit, Scope, Silence, Spec, State, Threshold
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from tests.engine.oracle import Oracle, Point

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
# Steps of ten seconds, so that delays, terms and readings often fall on the very same instant.
TICK = 10 * SECOND
SCOPE = Scope(quantity="level")
VALUES = (-3.0, -1.0, 0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, math.nan, math.inf, -math.inf)


@dataclass(frozen=True)
class World:
    """Points 1…n on assets and feeds, and rules with the ids of the points in their scope."""

    assets: tuple[int, ...]
    feeds: tuple[int, ...]
    intervals: tuple[int, ...]
    feed_intervals: tuple[int, ...]
    limits: tuple[float, ...]
    rules: tuple[tuple[int, Spec, tuple[int, ...]], ...]

    def register(self) -> Register:
        count = len(self.assets)
        assets = np.unique(self.assets)
        nowhere = np.zeros(len(assets))
        return Register(
            Points(
                np.arange(1, count + 1),
                np.array(self.assets),
                np.array(self.feeds),
                ["level"] * count,
                np.array(self.intervals, np.int64),
                {"own": np.array(self.limits)},
            ),
            Assets(assets, ["gauge"] * len(assets), [""] * len(assets), 0 * assets, nowhere, nowhere),
            Feeds(np.arange(1, len(self.feed_intervals) + 1), np.array(self.feed_intervals, np.int64)),
        )

    def engine(self) -> Engine:
        register = self.register()
        return Engine(
            register,
            [ScopedRule(version, spec, register.rows(np.array(points))) for version, spec, points in self.rules],
            started=START,
        )

    def oracle(self) -> Oracle:
        points = [
            Point(index + 1, self.assets[index], self.feeds[index], self.intervals[index], {"own": self.limits[index]})
            for index in range(len(self.assets))
        ]
        return Oracle(points, dict(enumerate(self.feed_intervals, start=1)), self.rules, START)


@dataclass(frozen=True)
class Reading:
    """One reading of a script; it ends its batch when `cut`."""

    point: int
    at: int
    value: float
    quality: int
    received: int
    cut: bool


@dataclass(frozen=True)
class Wait:
    """`advance` to this instant; always ends a batch."""

    now: int


@dataclass(frozen=True)
class Hear:
    """A word from a feed without a reading; always ends a batch."""

    feed: int
    received: int


Script = Sequence[Reading | Wait | Hear]


@dataclass
class Run:
    """What an engine or the oracle said to a script."""

    moves: list[Transition] = field(default_factory=list)
    steps: list[list[Transition]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def said(self, moves: list[Transition]) -> None:
        self.steps.append(moves)
        self.moves += moves


def run(engine: Engine, script: Script, cuts: Sequence[bool] | None = None) -> Run:
    """Feed a script to an engine in batches; `cuts` overrides where the script says they end."""
    told, batch = Run(counts=dict.fromkeys(("applied", "late", "duplicate", "future", "unknown"), 0)), []

    def flush() -> None:
        if batch:
            columns = zip(*((r.point, r.at, r.value, r.quality, r.received) for r in batch), strict=True)
            step = engine.apply(Readings.of(*columns))
            told.said(step.transitions)
            for name, count in step.sorting.counts().items():
                told.counts[name] += count
            batch.clear()

    for index, entry in enumerate(script):
        if isinstance(entry, Reading):
            batch.append(entry)
            if cuts[index] if cuts is not None else entry.cut:
                flush()
            continue
        flush()
        told.said(engine.advance(entry.now) if isinstance(entry, Wait) else engine.hear(entry.feed, entry.received))
    flush()
    return told


def recite(oracle: Oracle, script: Script) -> Run:
    """The same script, one reading at a time."""
    told = Run()
    for entry in script:
        if isinstance(entry, Reading):
            told.said(oracle.read(entry.point, entry.at, entry.value, entry.quality, entry.received))
        else:
            told.said(oracle.advance(entry.now) if isinstance(entry, Wait) else oracle.hear(entry.feed, entry.received))
    told.counts = oracle.counts
    return told


delays = st.sampled_from([0.0, 0.0, 10.0, 20.0, 30.0, 60.0])


@st.composite
def ladders_of_limits(draw: st.DrawFn) -> Threshold:
    direction = draw(st.sampled_from(["above", "below"]))
    severities = draw(st.lists(st.sampled_from(["low", "medium", "high", "critical"]), min_size=1, max_size=3, unique=True))
    severities.sort(key=["low", "medium", "high", "critical"].index)
    steps = sorted(draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0]), min_size=3, max_size=3, unique=True)))
    if direction == "below":
        steps.reverse()
    rungs = []
    for severity, limit in zip(severities, steps, strict=False):
        outward = 1 if direction == "above" else -1
        clear = draw(st.sampled_from([None, None, limit, limit - outward, PointLimit(point="own")]))
        own = draw(st.booleans()) and draw(st.booleans())
        rungs.append(Limit(severity=severity, limit=PointLimit(point="own") if own else limit, clear=clear))
    return Threshold(
        scope=SCOPE,
        direction=direction,
        limits=tuple(draw(st.permutations(rungs))),
        deadband=draw(st.sampled_from([0.0, 0.5, 1.0])),
        on_delay=draw(delays),
        off_delay=draw(delays),
    )


@st.composite
def ladders_of_codes(draw: st.DrawFn) -> State:
    severities = draw(st.lists(st.sampled_from(["low", "medium", "high", "critical"]), min_size=1, max_size=3, unique=True))
    codes = draw(st.permutations([-1.0, 0.0, 1.0, 2.0, 3.0, 5.0]))
    size = draw(st.integers(1, 2))
    rungs = [Codes(severity=s, codes=tuple(codes[i * size : (i + 1) * size])) for i, s in enumerate(severities)]
    return State(scope=SCOPE, values=tuple(rungs), on_delay=draw(delays), off_delay=draw(delays))


silences = st.builds(
    Silence,
    scope=st.just(Scope()),
    of=st.sampled_from(["asset", "feed"]),
    severity=st.sampled_from(["low", "high"]),
    factor=st.sampled_from([1.0, 2.0, 3.0]),
    minimum=st.sampled_from([0.0, 0.0, 40.0]),
    suggested_action=st.none() | st.just(Bilingual(fr="Appeler", en="Call")),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(1, 5))
    points = st.integers(1, count)

    def of_each(elements: st.SearchStrategy) -> tuple:
        return tuple(draw(st.lists(elements, min_size=count, max_size=count)))

    specs = draw(st.lists(st.one_of(ladders_of_limits(), ladders_of_codes(), silences), min_size=1, max_size=5))
    return World(
        assets=of_each(st.integers(1, 3)),
        feeds=of_each(st.integers(1, 2)),
        intervals=of_each(st.sampled_from([0, TICK, 2 * TICK, 6 * TICK])),
        feed_intervals=tuple(draw(st.lists(st.sampled_from([0, TICK, 3 * TICK]), min_size=2, max_size=2))),
        limits=of_each(st.sampled_from([math.nan, 0.5, 2.0, 3.5])),
        rules=tuple((100 + index, spec, tuple(sorted(draw(st.sets(points, min_size=1))))) for index, spec in enumerate(specs)),
    )


@st.composite
def scripts(draw: st.DrawFn, points: int) -> list[Reading | Wait | Hear]:
    """Mostly readings a little behind the clock; some late, repeated, from the future, of an unknown point, or no number."""
    script, now = [], START
    # A batch that a station kept for an hour arrives with that lag.
    lags = st.sampled_from([0, 0, 0, TICK, 2 * TICK, 360 * TICK, -TICK, -31 * TICK])
    for _ in range(draw(st.integers(1, 50))):
        what = draw(st.integers(0, 11))
        now += draw(st.sampled_from([0, 0, TICK, TICK, 2 * TICK, 7 * TICK]))
        if what == 0:
            script.append(Hear(draw(st.integers(1, 2)), now))
        elif what <= 3:
            script.append(Wait(now))
        else:
            point = draw(st.integers(1, points + 1)) if what == 4 else draw(st.integers(1, points))
            received = now - draw(st.sampled_from([0, 0, 0, 0, TICK]))
            script.append(
                Reading(
                    point=point,
                    at=received - draw(lags),
                    value=draw(st.sampled_from(VALUES)),
                    quality=draw(st.sampled_from([0, 0, 0, 0, 1, 2])),
                    received=received,
                    cut=draw(st.booleans()),
                )
            )
    return script
