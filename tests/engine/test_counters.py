"""Meters that only grow, until they are changed or their digits are used up: their consumption is judged, not their level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.engine import Engine, ScopedRule, decode
from alarms.engine.counters import Counting
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register

SECOND = 1_000_000
T = 1_790_000_000 * SECOND
ONE = np.array([1])
KWH = {"scope": {"quantity": "energy"}, "direction": "above", "limits": [{"severity": "high", "limit": 30}]}


def engine(spec: dict, counter: bool = True) -> Engine:
    register = Register(
        Points(ONE, ONE, ONE, ["energy"], ONE * 600 * SECOND, {}, np.array([counter])),
        Assets(ONE, ["meter"], [""], ONE * 0, np.zeros(1), np.zeros(1)), Feeds(ONE, ONE * 0),
    )  # fmt: skip
    return Engine(register, [ScopedRule(1, decode(KWH | spec), np.zeros(1, np.int32))], started=T)


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


def test_the_level_of_a_counter_is_never_unusual():
    of = {"kind": "anomaly", "limits": [{"severity": "low", "limit": 3}], "direction": "both"}
    assert read(engine(of), 1.0, 2.0, 1_000_000.0) == []


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=30), st.data())
def test_what_was_counted_never_falls_whatever_the_batches(told, data):
    counting, whole = Counting(np.array([True, True, False])), Counting(np.array([True, True, False]))
    point, value = np.array([p for p, _ in told], np.intp), np.array([v for _, v in told], np.float64)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(told)))))
    parts = [slice(a, b) for a, b in zip([0, *cuts], [*cuts, len(told)], strict=True)]
    found = np.concatenate([counting.counted(point[part], value[part]) for part in parts])
    assert found.tolist() == whole.counted(point, value).tolist()
    for row in (0, 1):
        assert (np.diff(found[point == row]) >= 0).all()
    assert found[point == 2].tolist() == value[point == 2].tolist()
