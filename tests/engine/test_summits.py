"""A rule per sector says of the worst point what the same rule per point says of each: one alarm for a flood of gauges."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alarms.engine import SpecError, Transition, decode
from alarms.engine.spec import RANK, Forecast, Limit, PointLimit, Rate, Scope, Threshold
from tests.engine.rebuilding import Desk, put, stands
from tests.engine.wide_scripts import steady_scripts, wide_scripts
from tests.engine.wide_worlds import SECTORS, WideScript, WideWorld, recite_wide, run_wide, wide_worlds
from tests.engine.worlds import SECOND, START, Reading, Wait

LADDER = Threshold(
    scope=Scope(quantity="level"),
    direction="above",
    limits=(Limit(severity="high", limit=2.0), Limit(severity="critical", limit=3.0)),
    per="sector",
)


def world(spec: Threshold | Rate | Forecast = LADDER, assets: tuple[int, ...] = (1, 2, 3, 4)) -> WideWorld:
    """A gauge on each asset: two stand in the north, one in the south, one in no sector."""
    count = len(assets)
    points = tuple(range(1, count + 1))
    return WideWorld(assets, ("level",) * count, (1,) * count, (0,) * count, (0, 0), ((100, spec, points),))


def read(second: int, point: int, value: float) -> Reading:
    return Reading(point, START + second * SECOND, value, 0, START + second * SECOND, True)


def told(*script: Reading | Wait, spec: Threshold | Rate | Forecast = LADDER) -> list[tuple]:
    moves = run_wide(world(spec).engine(), script).moves
    return [
        (m.kind, m.subject, m.severity, getattr(m.evidence, "point", None), getattr(m.evidence, "value", None)) for m in moves
    ]


def test_a_sector_has_one_alarm_with_the_severity_the_value_and_the_name_of_its_worst_point() -> None:
    assert told(read(0, 1, 2.5), read(1, 2, 3.5), read(2, 3, 2.1)) == [
        ("raise", "north", "high", 1, 2.5), ("change", "north", "critical", 2, 3.5), ("raise", "south", "high", 3, 2.1),
    ]  # fmt: skip


def test_another_that_goes_further_is_told_and_one_that_goes_less_far_is_not() -> None:
    assert told(read(0, 1, 2.5), read(1, 2, 2.4)) == [("raise", "north", "high", 1, 2.5)]
    assert told(read(0, 1, 2.5), read(1, 2, 2.6)) == [("raise", "north", "high", 1, 2.5), ("change", "north", "high", 2, 2.6)]


def test_it_eases_with_the_worst_and_ends_with_the_last_and_says_whose_value_it_is_then() -> None:
    script = read(0, 1, 2.5), read(1, 2, 3.5), read(2, 2, 1.0), read(3, 1, 1.0)
    assert told(*script)[2:] == [("change", "north", "high", 1, 2.5), ("clear", "north", "high", 1, 1.0)]


def test_a_point_in_no_sector_keeps_an_alarm_of_its_own() -> None:
    assert told(read(0, 4, 2.5), read(1, 4, 0.0)) == [("raise", 4, "high", None, 2.5), ("clear", 4, "high", None, 0.0)]


def test_a_flood_of_48_gauges_is_one_alarm_that_says_how_many_stand() -> None:
    flood = world(assets=(1,) * 48)
    moves = run_wide(flood.engine(), [read(n, n + 1, 2.1 + n / 100) for n in range(48)]).moves
    assert {(m.subject, m.severity) for m in moves} == {("north", "high")}
    assert [m.kind for m in moves] == ["raise"] + ["change"] * 47
    assert (moves[-1].evidence.point, moves[-1].evidence.standing) == (48, 48)


def test_the_worst_of_now_is_that_of_the_newest_readings() -> None:
    engine = world().engine()
    run_wide(engine, [read(0, 1, 2.5), read(1, 2, 2.6)])
    assert list(engine.worst_now(np.array([2.5, 2.6, 9.0, 9.0]))) == [(100, "north", 2)]
    run_wide(engine, [read(2, 1, 2.9)])
    assert list(engine.worst_now(np.array([2.9, 2.6, 9.0, 9.0]))) == [(100, "north", 1)]
    run_wide(engine, [read(3, 1, 1.0), read(4, 2, 1.0)])
    assert list(engine.worst_now(np.ones(4))) == []


def test_where_limits_are_of_the_points_the_one_furthest_beyond_its_own_is_the_worst() -> None:
    """That of each is two: a dam at 2.5 m is worse off than a ditch at 2.4 m, whatever a number says of another place."""
    own = msgspec.structs.replace(LADDER, limits=(Limit(severity="high", limit=PointLimit(point="own")),))
    assert told(read(0, 1, 2.4), read(1, 2, 2.5), spec=own)[-1] == ("change", "north", "high", 2, 2.5)


RISE = Rate(
    scope=Scope(quantity="level"), window=60, direction="above", limits=(Limit(severity="high", limit=100.0),), per="sector"
)  # fmt: skip
REACH = Forecast(
    scope=Scope(quantity="level"), window=60, within=60, direction="above", limits=(Limit(severity="high", limit=5.0),),
    per="sector",
)  # fmt: skip


@pytest.mark.parametrize("spec", [RISE, REACH])
def test_a_rate_or_a_forecast_of_a_sector_names_the_point_that_goes_furthest_and_the_one_that_does_now(spec) -> None:
    engine = world(spec).engine()
    rising = [read(2 * n, 1, n * 0.2) for n in range(31)], [read(2 * n + 1, 2, n * 0.4) for n in range(31)]
    moves = run_wide(engine, sorted((each for one in rising for each in one), key=lambda each: each.at)).moves
    assert {(m.subject_kind, m.subject) for m in moves} == {("sector", "north")}
    assert (moves[0].kind, moves[-1].evidence.point) == ("raise", 2)
    assert list(engine.worst_now(np.array([99.0, 0.0, 0.0, 0.0]))) == [(100, "north", 2)], "what it judges, not what is read"
    still = [read(62 + n, 2, 12.0) for n in range(30)] + [read(62 + n, 1, 6.0 + n) for n in range(30)]
    run_wide(engine, sorted(still, key=lambda each: each.at))
    assert list(engine.worst_now(np.array([0.0, 99.0, 0.0, 0.0]))) == [(100, "north", 1)]


@pytest.mark.parametrize(
    "spec", [{"kind": "state", "values": [{"severity": "low", "in": [1]}]}, {"kind": "silence", "of": "feed"}]
)
def test_other_kinds_say_that_they_have_no_such_field(spec: dict) -> None:
    with pytest.raises(SpecError, match="per"):
        decode(spec | {"scope": {"quantity": "level"}, "per": "sector"})


# Against what the oracle says of the same rule per point, by a fold that a human can check.


@st.composite
def cases(draw: st.DrawFn) -> tuple[WideWorld, WideScript]:
    drawn = draw(wide_worlds(("threshold", "rate", "forecast")))
    rules = tuple((version, msgspec.structs.replace(spec, per="sector"), points) for version, spec, points in drawn.rules)
    made = WideWorld(
        drawn.assets, drawn.quantities, drawn.feeds, drawn.intervals, drawn.feed_intervals, rules, drawn.profiles,
        drawn.counters, drawn.plausible,
    )  # fmt: skip
    return made, draw(st.one_of(wide_scripts(len(drawn.assets)), steady_scripts(len(drawn.assets))))


def per_point(of: WideWorld) -> WideWorld:
    rules = tuple((version, msgspec.structs.replace(spec, per="point"), points) for version, spec, points in of.rules)
    return dataclasses.replace(of, rules=rules)


def worst_of_each(of: WideWorld, moves: Iterable[Transition]) -> list[tuple]:
    """(rule, sector, severity, worst point) each time the worst severity of a sector's points becomes another; the points of no
    sector as they are."""
    standing: dict[tuple[int, str], dict[int, tuple[int, float, int]]] = {}
    found: list[tuple] = []
    for move in moves:
        point, severity = int(move.subject), None if move.kind == "clear" else move.severity
        sector = SECTORS[of.assets[point - 1] - 1]
        if not sector:
            found.append((move.rule, point, severity, None))
            continue
        points = standing.setdefault((move.rule, sector), {})
        before = max(points.values(), default=None)
        points.pop(point, None)
        if severity is not None:
            points[point] = RANK[severity], beyond(of, move), -point
        after = max(points.values(), default=None)
        if after is None and before is not None:
            found.append((move.rule, sector, None, point))
        elif after is not None and (before is None or before[0] != after[0]):
            found.append((move.rule, sector, after[0], -after[2]))
    return found


def beyond(of: WideWorld, move: Transition) -> float:
    """How far a value went beyond the limit of the severity that its point has now; each point's own limit is 2."""
    spec = next(spec for version, spec, _ in of.rules if version == move.rule)
    limit = next(rung.limit for rung in spec.limits if rung.severity == move.severity)
    gone = move.evidence.value - (limit if isinstance(limit, float) else 2.0)
    return gone if spec.direction == "above" else -gone


thorough = settings(max_examples=int(os.environ.get("WORLDS", "60")), derandomize=True, suppress_health_check=list(HealthCheck))


@thorough
@given(cases())
def test_what_is_told_of_a_sector_is_the_worst_of_its_points(case: tuple[WideWorld, WideScript]) -> None:
    made, script = case
    assume(all(spec.calendar is None for _, spec, _ in made.rules))  # what opens is told at once, and not point by point
    moves = run_wide(made.engine(), script).moves
    changes = [
        (
            m.rule,
            m.subject,
            None if m.kind == "clear" else RANK[m.severity] if m.subject_kind == "sector" else m.severity,
            m.evidence.point,
        )
        for m in moves
        if m.kind == "clear" or m.previous != m.severity
    ]
    assert changes == worst_of_each(made, recite_wide(per_point(made).oracle(), script).moves)


@thorough
@given(cases(), st.data())
def test_cutting_the_same_input_into_other_batches_changes_nothing(
    case: tuple[WideWorld, WideScript], data: st.DataObject
) -> None:
    made, script = case
    cuts = [data.draw(st.booleans()) for _ in script]
    whole, pieces = (run_wide(made.engine(), script, each).moves for each in ([False] * len(script), cuts))
    assert [msgspec.structs.replace(m, past=False) for m in whole] == [msgspec.structs.replace(m, past=False) for m in pieces]


@thorough
@given(cases(), st.floats(0, 1))
def test_an_engine_that_is_built_anew_goes_on_where_it_was(case: tuple[WideWorld, WideScript], part: float) -> None:
    made, script = case
    cut = int(part * len(script))
    desk = Desk(made)
    desk.play(script[:cut])
    anew = desk.anew()
    assume(not desk.memory.misled)
    assert stands(anew.engine) == stands(desk.engine)
    assert put(anew.play(script[cut:])) == put(desk.play(script[cut:]))


def test_points_that_share_an_alarm_outlast_a_restart_though_no_alarm_names_them() -> None:
    """One stands by its deadband alone, the other has eased: whoever knew only the alarm would clear it with the first."""
    spec = msgspec.structs.replace(LADDER, deadband=1.0)
    script = [read(0, 1, 2.5), read(1, 2, 3.5), read(20, 1, 1.5), *(read(each, 2, 2.5) for each in range(60, 900, 60))]
    script += [read(900, 2, 0.5), read(910, 1, 0.5), Wait(START + 1000 * SECOND)]
    for cut in range(1, len(script)):
        desk = Desk(world(spec))
        desk.play(script[:cut])
        anew = desk.anew()
        assert stands(anew.engine) == stands(desk.engine), cut
        assert put(anew.play(script[cut:])) == put(desk.play(script[cut:])), cut
