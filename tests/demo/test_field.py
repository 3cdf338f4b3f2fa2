"""The field in normal times and what goes wrong in it: calm when left alone, faults at a human pace, the same by seed."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from demo.city.behaviour import Field
from demo.city.faults import Faults
from demo.city.moment import moment
from demo.city.play import on_delays
from demo.city.scenarios import Stage
from demo.city.world import World

NOON = 1_795_345_200.0
"""A Sunday in November 2026, 12:00 in Paris."""
HOUR, DAY = 3600.0, 86_400.0


def _instants() -> Iterator[float]:
    """Every hour of four days spread over a year."""
    for day in (0, 95, 190, 282):
        yield from (NOON + day * DAY + hour * HOUR for hour in range(24))


def _strikes(world: World, seed: int, *, hours: float = 1.0, spontaneous: bool = True) -> list[tuple[float, tuple[int, ...]]]:
    faults = Faults(world, seed)
    steps = np.arange(NOON, NOON + hours * HOUR, 1.0).tolist()
    return [(now, tuple(changed)) for now in steps if (changed := faults.step(now, spontaneous=spontaneous))]


def test_a_calm_city_breaks_no_rule_at_any_hour_of_the_year(full_world: World, rules: list[dict[str, Any]]) -> None:
    field = Field(full_world, 1)
    broken = set()
    for at in _instants():
        values = field.values(np.arange(len(full_world)), at)
        assert np.isfinite(values).all()
        for rule in rules:
            spec = rule["spec"]
            if spec["kind"] not in ("threshold", "state"):
                continue  # tests/demo/test_scenarios.py runs them all
            scope = spec["scope"]
            mine = np.flatnonzero(np.isin(full_world.kind, scope["kinds"]) & (full_world.quantity == scope["quantity"]))
            if spec["kind"] == "state":
                codes = [code for rung in spec["values"] for code in rung["in"]]
                wrong = np.isin(values[mine], codes)
            else:
                first = spec["limits"][0]["limit"]
                limits = np.array([full_world.limits[row][first["point"]] if isinstance(first, dict) else first for row in mine])
                wrong = values[mine] > limits if spec["direction"] == "above" else values[mine] < limits
            if wrong.any():
                broken.add((rule["slug"], moment(at).hour))
    assert broken == set()


def test_values_depend_on_seed_row_and_instant_alone(small_world: World) -> None:
    rows = np.arange(len(small_world))
    whole = Field(small_world, 5).values(rows, NOON)
    parts = np.concatenate([Field(small_world, 5).values(part, NOON) for part in np.array_split(rows, 7)])
    assert np.array_equal(whole, parts)
    assert not np.array_equal(whole, Field(small_world, 6).values(rows, NOON))


def test_lamps_burn_by_night_and_not_at_noon(small_world: World) -> None:
    lamps = np.flatnonzero(small_world.quantity == "lamp_state")
    field = Field(small_world, 1)
    assert set(field.values(lamps, NOON).tolist()) == {0.0}
    assert set(field.values(lamps, NOON + 10 * HOUR).tolist()) == {1.0}


def test_a_fault_begins_every_twenty_to_forty_seconds(full_world: World) -> None:
    faults = Faults(full_world, 3)
    held = []
    for now in np.arange(NOON, NOON + 2 * HOUR, 1.0).tolist():
        faults.step(now, spontaneous=True)
        held.append(faults.held)
    begun = sum(later > earlier for earlier, later in pairwise(held))
    assert 150 <= begun <= 300
    assert 5 < np.mean(held[1800:]) < 80


def test_the_same_seed_strikes_the_same_assets_at_the_same_time(small_world: World) -> None:
    assert _strikes(small_world, 4) == _strikes(small_world, 4)
    assert _strikes(small_world, 4) != _strikes(small_world, 5)


def test_chance_spares_what_it_is_told_to_and_a_scenario_does_not(small_world: World) -> None:
    faults = Faults(small_world, 4)
    faults.spare(set(small_world.code))
    for now in np.arange(NOON, NOON + HOUR, 10.0).tolist():
        faults.step(now, spontaneous=True)
    assert faults.held == 0
    assert faults.hold({0: 3.0}, NOON + 2 * HOUR, "scenario") == [0]


def test_nothing_goes_wrong_by_itself_without_chance(small_world: World) -> None:
    assert _strikes(small_world, 4, spontaneous=False) == []


def test_a_fault_that_is_over_gives_the_value_back(small_world: World) -> None:
    faults = Faults(small_world, 1)
    assert faults.hold({0: 3.0, 1: 0.0}, NOON + 60, "test") == [0, 1]
    rows = np.array([0, 1, 2])
    assert faults.apply(rows, np.ones(3)).tolist() == [3.0, 0.0, 1.0]
    assert faults.hold({1: 9.0}, NOON + 600, "other") == []
    assert sorted(faults.step(NOON + 60, spontaneous=False)) == [0, 1]
    assert faults.apply(rows, np.ones(3)).tolist() == [1.0, 1.0, 1.0]


@pytest.fixture
def stage(full_world: World, full_city: Any) -> Stage:
    return Stage(full_world, Faults(full_world, 1), on_delays(full_city / "rules.json"))


def test_a_storm_puts_five_thousand_points_at_fault_and_recovery_ends_it(stage: Stage) -> None:
    assert len(stage.start("storm", NOON)) == 5_000
    assert stage.faults.held == 5_000
    stage.start("recovery", NOON + 60)
    assert stage.faults.held == 0
    assert stage.started == {}


def test_a_flood_lifts_the_river_over_its_limits_and_falls_again(stage: Stage, full_world: World) -> None:
    gauges = np.flatnonzero(full_world.quantity == "water_level")
    critical = np.array([full_world.limits[row]["critical"] for row in gauges])
    field = Field(full_world, 1)

    def level(now: float) -> Any:
        stage.step(now)
        return stage.bend(gauges, field.values(gauges, now), now)

    stage.start("flood", NOON)
    assert (level(NOON + 420) > critical).mean() > 0.5
    assert (level(NOON + 1801) < critical - 0.2).all()


def test_a_blackout_darkens_one_cabinet_and_its_lamps(stage: Stage, full_world: World) -> None:
    rows = stage.start("cabinet-blackout", NOON)
    codes = {full_world.code[row] for row in rows}
    cabinets = [code for code in codes if full_world.assets[code].kind == "lighting_cabinet"]
    lamps = codes - set(cabinets)
    assert len(cabinets) == 1
    assert len(lamps) > 3
    assert {full_world.assets[code].depends_on for code in lamps} == set(cabinets)
