"""A trend is not carried beyond what its point can be: no forecast of 26 m of a brook."""

import numpy as np
import pytest

from alarms.engine import Engine, ScopedRule, Transition, decode
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register

SECOND = 1_000_000
T = 1_790_000_000 * SECOND
ONE = np.array([1])
SPEC = {"kind": "forecast", "scope": {"quantity": "level"}, "window": 600, "within": 3600, "direction": "above",
        "limits": [{"severity": "high", "limit": 3.01}]}  # fmt: skip


def read(plausible: tuple[float, float] | None, *values: float) -> list[Transition]:
    """A reading a minute."""
    register = Register(
        Points(ONE, ONE, ONE, ["level"], ONE * 60 * SECOND, {}, None, None if plausible is None else np.array([plausible]).T),
        Assets(ONE, ["gauge"], [""], ONE * 0, np.zeros(1), np.zeros(1)), Feeds(ONE, ONE * 0),
    )  # fmt: skip
    on = Engine(register, [ScopedRule(1, decode(SPEC), np.zeros(1, np.int32))], started=T)
    return on.apply(Readings.of([1] * len(values), [T + n * 60 * SECOND for n in range(len(values))], values)).transitions


RISING = [1.0 + 0.4 * n for n in range(8)]
"""24 m an hour."""


def test_a_steep_rise_is_expected_to_end_where_the_range_does():
    (raised,) = read((-5, 20), *RISING)
    assert (raised.evidence.value, raised.evidence.bounded) == (20, True)
    assert raised.evidence.reached_at is not None
    (wild,) = read(None, *RISING)
    assert (wild.evidence.value > 20, wild.evidence.bounded) == (True, False)


def test_a_station_that_counts_from_another_zero_is_not_bounded():
    (raised,) = read((-5, 20), *(240 + level for level in RISING))
    assert not raised.evidence.bounded
    assert raised.evidence.value > 250


@pytest.mark.parametrize("values", [[1.0 + 0.04 * n for n in range(20)]])
def test_what_stays_within_the_range_is_told_as_it_is(values):
    (raised,) = read((-5, 20), *values)
    assert not raised.evidence.bounded
    assert raised.evidence.value == pytest.approx(3.4, abs=0.3)
