"""Meters that only grow, until they are changed or their digits are used up: their consumption is judged, not their level."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms.engine import Engine, ScopedRule, decode
from alarms.engine.counters import Consumption, Counted, Counting
from alarms.engine.profiles import HOURS, Profiles
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from tests.engine.test_oracle import sounded
from tests.engine.wide_scripts import meter_scripts
from tests.engine.wide_worlds import recite_wide, run_wide, wide_worlds

SECOND = 1_000_000
T = 1_790_000_000 * SECOND
NINE = 1_789_981_200 * SECOND
"""A Monday, in UTC."""
ONE = np.array([1])
KWH = {"scope": {"quantity": "energy"}, "direction": "above", "limits": [{"severity": "high", "limit": 30}]}


def engine(spec: dict, counter: bool = True, profiles: Profiles | None = None) -> Engine:
    register = Register(
        Points(ONE, ONE, ONE, ["energy"], ONE * 600 * SECOND, {}, np.array([counter])),
        Assets(ONE, ["meter"], [""], ONE * 0, np.zeros(1), np.zeros(1)), Feeds(ONE, ONE * 0),
    )  # fmt: skip
    return Engine(register, [ScopedRule(1, decode(KWH | spec), np.zeros(1, np.int32))], started=T, profiles=profiles)


def read(on: Engine, *values: float) -> list:
    at = [T + n * 600 * SECOND for n in range(len(values))]
    return on.apply(Readings.of([1] * len(values), at, values)).transitions


@pytest.mark.parametrize("restart", [[1003.0, 0.0, 2.0, 4.0], [999_999.0, 1.0, 3.0, 5.0]])
def test_a_restart_is_no_fall_and_consumption_goes_on(restart):
    """A tenth of a kWh a minute, twelve an hour, on either side of the restart: never 30, and never below zero."""
    calm = [restart[0] - 2 * n for n in range(12, 0, -1)] + restart
    assert read(engine({"kind": "rate", "window": 3600}), *calm) == []
    falls = {"kind": "rate", "window": 3600, "direction": "below", "limits": [{"severity": "high", "limit": -1}]}
    assert read(engine(falls), *calm) == []
    assert read(engine(falls, counter=False), *calm), "as a level it would fall"


def test_a_meter_that_consumes_too_much_is_told_with_what_it_showed():
    (raised,) = read(engine({"kind": "rate", "window": 3600}), 990.0, 1000.0, 0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
    assert raised.evidence.value > 30
    assert raised.evidence.reading < 100, "what the meter showed, not what it has counted"


def test_the_forecast_of_a_counter_is_what_it_will_consume():
    spec = {"kind": "forecast", "window": 3600, "within": 3600}
    (raised,) = read(engine(spec), *(500_000.0 + 6 * n for n in range(8)))
    assert raised.evidence.value == pytest.approx(36)
    assert read(engine(spec), *(500_000.0 + 4 * n for n in range(8))) == []


@pytest.mark.parametrize("spec", [{"kind": "rate", "window": 3600}, {"kind": "forecast", "window": 3600, "within": 7200}])
def test_what_a_counter_consumes_per_hour_is_known_as_it_is_judged_also_across_a_restart(spec):
    on, first = engine(spec), np.zeros(1, np.intp)
    read(on, 996.0)
    assert len(on.consumption(first).row) == 0, "one reading tells no consumption"
    on = engine(spec)
    read(on, *(900.0 + 6 * n for n in range(12)), 0.0, 6.0, 12.0)
    consumed = on.consumption(first)
    assert (consumed.row.tolist(), consumed.at.tolist()) == ([0], [T + 14 * 600 * SECOND])
    assert 20 < consumed.rate[0] <= 37, "never a fall; what was counted at the change is lost"
    level = engine(spec, counter=False)
    read(level, *(900.0 + 6 * n for n in range(12)))
    assert len(level.consumption(first).row) == 0, "a level consumes nothing"


def hourly(*values: float, minutes: float = 60, usual: tuple[float, float] = (4.0, 1.0)) -> list:
    """What is told of a meter that shows these numbers, on a Monday from nine on; usual: its consumption, a deviation."""
    one, all_hours = np.ones(HOURS, int), np.arange(HOURS)
    profiles = Profiles(one, all_hours, usual[0] * one, usual[1] * one, usual[1] * one, 8 * one, 24 * one)
    on = engine({"kind": "anomaly", "limits": [{"severity": "low", "limit": 3}], "direction": "both"}, profiles=profiles)
    at = [NINE + round(n * minutes * 60) * SECOND for n in range(-1, len(values))]
    return on.apply(Readings.of([1] * len(at), at, [values[0], *values])).transitions


def test_the_level_of_a_counter_is_never_unusual():
    assert hourly(1.0, 5.0, 9.0) == hourly(1_000_001.0, 1_000_005.0, 1_000_009.0) == []


def test_the_consumption_of_an_hour_is_unusual_when_the_next_hour_begins():
    (raised,) = hourly(100.0, 102.0, 104.0, 106.0, 112.0, 118.0, minutes=30)
    evidence = raised.evidence
    assert (raised.at, evidence.value_at) == (NINE + 2 * 3600 * SECOND,) * 2, "the hour from ten to eleven"
    assert (evidence.reading, evidence.median, evidence.value) == (8.0, 4.0, 4.0)
    assert (evidence.low, evidence.high, evidence.hourly) == (1.0, 7.0, True)


def test_what_is_usual_then_is_that_of_the_hour_consumed_and_not_of_the_reading():
    (raised,) = hourly(0.0, 4.0, 16.0)
    assert raised.evidence.reading == 12.0
    assert hourly(0.0, 4.0, 16.0, usual=(12.0, 3.0)) == []


def test_an_hour_in_which_the_meter_was_changed_is_not_judged():
    assert hourly(500.0, 504.0, 508.0, 1.0, 5.0, 9.0) == []
    assert hourly(99_996.0, 4.0, 8.0, 12.0) == [], "nor one in which its digits were used up"


def test_a_meter_that_answers_nothing_for_a_while_has_consumed_nothing_by_it():
    assert hourly(500.0, 504.0, 0.0, 512.0, 516.0) == []
    told = hourly(500.0, 504.0, 0.0, 0.0, 0.0, 520.0, 524.0, 528.0)
    assert [(each.kind, each.evidence.reading) for each in told] == [("raise", 0.0), ("clear", 4.0)], "never 520"
    rate = {"kind": "rate", "window": 3600}
    assert read(engine(rate), 500.0, 500.0, 500.0, 500.0, 0.0, 0.0, 501.0, 501.0, 501.0, 501.0) == []


def test_a_meter_that_answers_nothing_now_and_then_has_consumed_nothing_by_it_either():
    counting, shown = Counting(np.array([True])), np.array([500.0, 0, 501, 0, 502, 503, 0, 0, 504])
    assert counting.counted(np.zeros(9, np.intp), shown).value.tolist() == [500, 500, 501, 501, 502, 503, 503, 503, 504]


def test_one_number_out_of_line_is_consumed_no_longer_than_it_is_shown():
    counting = Counting(np.array([True]))
    shown = np.array([500.0, 99_999.0, 501.0, 502.0])
    assert counting.counted(np.zeros(4, np.intp), shown).value.tolist() == shown.tolist()


def test_a_meter_that_flickers_by_its_last_digit_consumes_nothing():
    counting, shown = Counting(np.array([True])), np.tile([100.2, 100.2, 100.1, 100.1], 50)
    assert counting.counted(np.zeros(200, np.intp), shown).value.max() == 100.2


def test_an_hour_of_which_too_little_or_too_much_is_known_is_not_judged():
    assert hourly(0.0, 100.0, 200.0, minutes=120) == [], "two hours are not one"
    assert hourly(0.0, 100.0, minutes=30) == [], "an hour that is not over"


def test_a_meter_whose_clock_is_some_seconds_off_is_read_by_the_hour_all_the_same():
    minutes = np.array([-60, 0, 60, 119.8, 179.9, 240.1, 299.8])
    at = np.array([NINE + round(each * 60) * SECOND for each in minutes.tolist()])
    found = Consumption(1).hourly(np.zeros(7, np.intp), at, Counted(minutes / 15, np.zeros(7)))
    assert found.rate == pytest.approx(4.0)
    assert ((found.began - NINE) // 3600_000_000).tolist() == [0, 1, 2, 3, 4]


@settings(max_examples=max(settings().max_examples // 2, 1))
@given(
    wide_worlds(("anomaly", "anomaly", "rate"), range(14, 28)).flatmap(
        lambda world: st.tuples(st.just(replace(world, counters=frozenset({1, 2}))), meter_scripts(len(world.assets)))
    )
)
def test_anomalies_of_meters_are_what_plain_loops_say(case):
    world, script = case
    engine, oracle = world.engine(), world.oracle()
    assert sounded(run_wide(engine, script).moves) == recite_wide(oracle, script).moves
    assert engine.active() == oracle.active()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=30), st.data())
def test_what_was_counted_is_the_same_whatever_the_batches(told, data):
    counting, whole = Counting(np.array([True, True, False])), Counting(np.array([True, True, False]))
    point, value = np.array([p for p, _ in told], np.intp), np.array([v for _, v in told], np.float64)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(told)))))
    parts = [slice(a, b) for a, b in zip([0, *cuts], [*cuts, len(told)], strict=True)]
    found = np.concatenate([_counted(counting, point[part], value[part]) for part in parts])
    assert found.tolist() == _counted(whole, point, value).tolist()
    assert found[point == 2].tolist() == value[point == 2].tolist()


def _counted(counting: Counting, point: np.ndarray, value: np.ndarray) -> np.ndarray:
    found = counting.counted(point, value)
    return value if found is None else found.value


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_of_meters_that_restart_and_then_count_on_what_was_counted_never_falls(steps):
    """Each tenth step or so a new meter, that begins at 0 and soon counts."""
    shown, value = [], 5000.0
    for step in steps:
        value = 0.0 if step > 900 and value > 1000 else value + step / 10 + 0.1
        shown.append(value)
    counted = _counted(Counting(np.array([True])), np.zeros(len(shown), np.intp), np.array(shown))
    assert (np.diff(counted) >= -1e-9).all()
