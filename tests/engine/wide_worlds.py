"""Pretend worlds with all ten kinds, events and calendars, for Hypothesis; scripts as in worlds.py, with events."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from alarms.engine import Engine, ScopedRule
from alarms.engine.calendar import Weekly
from alarms.engine.facts import Happening
from alarms.engine.profiles import Profiles
from alarms.engine.spec import (
    Anomaly,
    AtLeast,
    By,
    Calendar,
    Carried,
    Clause,
    Condition,
    Count,
    Forecast,
    Limit,
    Missing,
    Predicate,
    Rate,
    Scope,
    Score,
    Spec,
)
from alarms.engine.spec import (
    Sequence as SequenceSpec,
)
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from tests.engine.oracle import Point
from tests.engine.oracle_facts import Land
from tests.engine.oracle_values import Cell
from tests.engine.oracle_wide import WideOracle
from tests.engine.worlds import (
    START,
    TICK,
    Hear,
    Reading,
    Run,
    Wait,
    delays,
    ladders_of_codes,
    ladders_of_limits,
    silences,
)

ZONE = "Europe/Paris"
SECTORS = ("north", "north", "south", "")
PARENTS = (0, 1, 1, 3)
EAST = 111_320.0
"""Metres per degree along the equator, where these assets stand 100 m from one another."""


@dataclass(frozen=True)
class Event:
    """An event of a script; it ends its batch when `cut`."""

    kind: str
    asset: int | None
    feed: int
    at: int
    received: int
    attributes: Mapping[str, object]
    cut: bool


@dataclass(frozen=True)
class WideWorld:
    """Points 1…n on assets 1…4; `rules` as in worlds.World, named "rule-<version>"."""

    assets: tuple[int, ...]
    quantities: tuple[str, ...]
    feeds: tuple[int, ...]
    intervals: tuple[int, ...]
    feed_intervals: tuple[int, ...]
    rules: tuple[tuple[int, Spec, tuple[int, ...]], ...]
    profiles: Mapping[int, Mapping[int, Cell]] = field(default_factory=dict)
    counters: frozenset[int] = frozenset()
    plausible: tuple[float, float] = (-math.inf, math.inf)

    def register(self) -> Register:
        count, ids = len(self.assets), np.arange(1, 5)
        own = {"own": np.full(count, 2.0)}
        return Register(
            Points(
                np.arange(1, count + 1), np.array(self.assets), np.array(self.feeds), list(self.quantities),
                np.array(self.intervals, np.int64), own, np.array([id_ in self.counters for id_ in range(1, count + 1)]),
                np.array([self.plausible] * count, float).T,
            ),
            Assets(ids, ["gauge"] * 4, list(SECTORS), np.array(PARENTS), ids * 100 / EAST, np.zeros(4)),
            Feeds(np.array([1, 2]), np.array(self.feed_intervals, np.int64)),
        )  # fmt: skip

    def engine(self) -> Engine:
        register = self.register()
        cells = [(point, hour, *cell) for point, hours in self.profiles.items() for hour, cell in hours.items()]
        columns = [np.array(column) for column in zip(*cells, strict=True)] if cells else None
        return Engine(
            register,
            [ScopedRule(v, spec, register.rows(np.array(points)), f"rule-{v}") for v, spec, points in self.rules],
            started=START,
            zone=ZONE,
            profiles=Profiles(*columns) if columns else None,
        )

    def oracle(self) -> WideOracle:
        points = [
            Point(i + 1, self.assets[i], self.feeds[i], self.intervals[i], {"own": 2.0}, i + 1 in self.counters, self.plausible)
            for i in range(len(self.assets))
        ]
        land = Land(
            parent={asset: parent for asset, parent in enumerate(PARENTS, start=1) if parent},
            sector=dict(enumerate(SECTORS, start=1)),
            feed=dict(enumerate(self.feeds, start=1)),
            metres={asset: 100.0 * asset for asset in range(1, 5)},
        )
        quantities = dict(enumerate(self.quantities, start=1))
        feeds = dict(enumerate(self.feed_intervals, start=1))
        return WideOracle(points, quantities, feeds, self.rules, START, land=land, zone=ZONE, profiles=self.profiles)


WideScript = Sequence[Reading | Wait | Hear | Event]


def run_wide(engine: Engine, script: WideScript, cuts: Sequence[bool] | None = None) -> Run:
    """Feed a script to an engine in batches; `cuts` overrides where the script says they end."""
    told, readings, events = Run(), [], []

    def flush() -> None:
        if readings or events:
            rows = [(r.point, r.at, r.value, r.quality, r.received) for r in readings]
            batch = Readings.of(*zip(*rows, strict=True)) if rows else Readings.empty()
            told.said(engine.apply(batch, events).transitions)
            readings.clear()
            events.clear()

    for index, entry in enumerate(script):
        if isinstance(entry, Reading | Event):
            if isinstance(entry, Reading):
                readings.append(entry)
            else:
                e = entry
                events.append(
                    Happening(len(readings), e.feed, e.asset, f"a{e.asset or 0}", e.at, e.received, e.kind, e.attributes)
                )
            if cuts[index] if cuts is not None else entry.cut:
                flush()
            continue
        flush()
        told.said(engine.advance(entry.now) if isinstance(entry, Wait) else engine.hear(entry.feed, entry.received))
    flush()
    return told


def recite_wide(oracle: WideOracle, script: WideScript) -> Run:
    told = Run()
    for entry in script:
        match entry:
            case Reading():
                told.said(oracle.read(entry.point, entry.at, entry.value, entry.quality, entry.received))
            case Event() as e:
                told.said(oracle.happen(e.kind, e.asset, f"a{e.asset or 0}", e.feed, e.at, e.received, e.attributes))
            case Wait():
                told.said(oracle.advance(entry.now))
            case Hear():
                told.said(oracle.hear(entry.feed, entry.received))
    return told


quantities = st.sampled_from(["level", "flow"])
comparisons = st.one_of(
    st.builds(
        lambda limit, band: {"above": limit, "deadband": band}, st.sampled_from([0.0, 1.0, 2.0]), st.sampled_from([0.0, 1.0])
    ),
    st.builds(lambda limit: {"below": limit}, st.sampled_from([0.0, 1.0, 2.0])),
    st.builds(lambda codes: {"codes": codes}, st.sampled_from([(1.0,), (2.0, 3.0), (0.0, 5.0)])),
)
severity = st.sampled_from(["low", "medium", "high", "critical"])
spans = st.sampled_from([10.0, 20.0, 60.0, 120.0, 300.0])
windows = st.sampled_from([60.0, 100.0, 300.0])
scopes = st.sampled_from([Scope(), Scope(), Scope(kinds=("gauge",))])


@st.composite
def clauses(draw: st.DrawFn, depth: int = 2) -> Clause:
    what = draw(st.sampled_from(["term", "term", "all", "any", "not"])) if depth else "term"
    if what == "term":
        return Clause(quantity=draw(quantities), of=draw(st.sampled_from(["asset", "asset", "parent"])), **draw(comparisons))
    if what == "not":
        return Clause(negated=draw(clauses(depth - 1)))
    return Clause(**{what: tuple(draw(st.lists(clauses(depth - 1), min_size=1, max_size=3)))})


conditions = st.builds(Condition, scope=scopes, when=clauses(), severity=severity, on_delay=delays, off_delay=delays)


@st.composite
def rungs(draw: st.DrawFn, numbers: Sequence[float], kind: type, direction: str = "above") -> tuple:
    chosen = sorted(draw(st.sets(st.sampled_from(numbers), min_size=1, max_size=3)), reverse=direction == "below")
    severities = ["low", "medium", "high", "critical"]
    return tuple(
        kind(severity=each, **{kind.__struct_fields__[1]: number}) for each, number in zip(severities, chosen, strict=False)
    )


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    direction = draw(st.sampled_from(["above", "below"]))
    limits = draw(rungs([-60.0, 0.0, 30.0, 120.0], Limit, direction))
    band = draw(st.sampled_from([0.0, 30.0]))
    return Rate(
        scope=Scope(quantity="level"), window=draw(windows), direction=direction, limits=limits, deadband=band,
        on_delay=draw(delays), off_delay=draw(delays),
    )  # fmt: skip


@st.composite
def forecasts(draw: st.DrawFn) -> Forecast:
    direction = draw(st.sampled_from(["above", "below"]))
    limits = draw(rungs([-1.0, 1.0, 3.0, 6.0], Limit, direction))
    return Forecast(
        scope=Scope(quantity="level"), window=draw(windows), within=draw(spans), direction=direction, limits=limits,
        deadband=draw(st.sampled_from([0.0, 0.5])), on_delay=draw(delays), off_delay=draw(delays),
    )  # fmt: skip


@st.composite
def anomalies(draw: st.DrawFn) -> Anomaly:
    return Anomaly(
        scope=Scope(quantity="level"), limits=draw(rungs([0.5, 1.0, 2.0, 3.5], Score)),
        direction=draw(st.sampled_from(["above", "below", "both"])), minimum_history=draw(st.sampled_from([1, 3])),
        floor=draw(st.sampled_from([0.0, 0.5])), deadband=draw(st.sampled_from([0.0, 0.5])), on_delay=draw(delays),
        off_delay=draw(delays),
    )  # fmt: skip


@st.composite
def predicates(draw: st.DrawFn, before: Sequence[int], readings: bool = True) -> Predicate:
    what = draw(st.sampled_from(["event", "event", "rule", "reading"]))
    if what == "reading" and readings:
        return Predicate(quantity=draw(quantities), **draw(comparisons))
    if what == "rule" and before:
        return Predicate(rule=f"rule-{draw(st.sampled_from(before))}")
    attributes = draw(st.sampled_from([{}, {}, {"ok": True}]))
    return Predicate(event=draw(st.sampled_from(["door", "plate"])), attributes=attributes)


@st.composite
def counts(draw: st.DrawFn, before: Sequence[int]) -> Count:
    by = draw(st.sampled_from(["site", "sector", "parent", "asset", By(attribute="plate"), By(metres=150.0), By(metres=150.0)]))
    by_attribute = isinstance(by, By) and by.attribute is not None
    by_distance = isinstance(by, By) and by.metres is not None
    distinct = draw(st.sampled_from(["asset", "occurrence"] + ([] if by_distance else [Carried(attribute="plate")])))
    attributes = by_attribute or isinstance(distinct, Carried)
    return Count(
        scope=draw(scopes), of=draw(predicates(before, not attributes)), by=by, within=draw(spans),
        limits=draw(rungs([1, 2, 3, 4], AtLeast)), distinct=distinct,
    )  # fmt: skip


@st.composite
def meetings(draw: st.DrawFn, kind: type, before: Sequence[int]) -> SequenceSpec | Missing:
    by = draw(st.sampled_from(["asset", "sector", By(attribute="plate")]))
    readings = isinstance(by, str)
    more: dict = {"hold": draw(st.sampled_from([20.0, 120.0] + ([None] if kind is Missing else [])))}
    if kind is SequenceSpec and draw(st.booleans()):
        more["unless"] = draw(predicates(before, readings))
    return kind(
        scope=draw(scopes), first=draw(predicates(before, readings)), then=draw(predicates(before, readings)), by=by,
        within=draw(spans), severity=draw(severity), **more,
    )  # fmt: skip


# The scripts begin on a Monday at 16:13 in Paris and last some minutes.
hours = st.sampled_from([("16:15", "16:17"), ("16:16", "16:13"), ("00:00", "16:14"), ("16:14", "24:00"), ("16:20", "16:21")])
calendars = (
    st.none()
    | st.none()
    | st.builds(
        lambda parts: Calendar(weekly=tuple(Weekly(start=a, end=b) for a, b in parts)), st.lists(hours, min_size=1, max_size=2)
    )
)


@st.composite
def wide_worlds(draw: st.DrawFn, kinds: Sequence[str] = (), hours: Sequence[int] = (14, 15, 16)) -> WideWorld:
    size = draw(st.integers(2, 6))
    points = st.integers(1, size)
    rules: list[tuple[int, Spec, tuple[int, ...]]] = []
    for version in range(100, 100 + draw(st.integers(1, 5))):
        before = [each for each, _, _ in rules]
        made = {
            "threshold": ladders_of_limits(), "silence": silences, "condition": conditions, "rate": rates(),
            "forecast": forecasts(), "anomaly": anomalies(), "count": counts(before),
            "sequence": meetings(SequenceSpec, before), "missing": meetings(Missing, before), "state": ladders_of_codes(),
        }  # fmt: skip
        spec = draw(st.one_of([made[kind] for kind in kinds or made]))
        calendar = draw(calendars)
        if calendar is not None:
            spec = type(spec)(**{name: getattr(spec, name) for name in spec.__struct_fields__} | {"calendar": calendar})
        rules.append((version, spec, tuple(sorted(draw(st.sets(points, min_size=1))))))

    def of_each(elements: st.SearchStrategy) -> tuple:
        return tuple(draw(st.lists(elements, min_size=size, max_size=size)))

    deviation = st.sampled_from([0.0, 0.75, 1.5])
    cell = st.tuples(st.sampled_from([0.0, 1.0, 2.0]), deviation, deviation, st.sampled_from([1, 3, 8]), st.just(24))
    return WideWorld(
        assets=of_each(st.integers(1, 4)),
        quantities=of_each(quantities),
        feeds=of_each(st.integers(1, 2)),
        intervals=of_each(st.sampled_from([0, TICK, 6 * TICK])),
        feed_intervals=tuple(draw(st.lists(st.sampled_from([0, TICK, 3 * TICK]), min_size=2, max_size=2))),
        rules=tuple(rules),
        profiles={point: {hour: draw(cell) for hour in hours} for point in draw(st.sets(points))},
        counters=draw(st.frozensets(points)),
        plausible=draw(st.sampled_from([(-math.inf, math.inf), (-5.0, 5.0), (0.0, 4.0)])),
    )
