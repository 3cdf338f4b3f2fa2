"""An engine that is built anew while a feed is silent holds what stood before the silence."""

import numpy as np
import pytest

from alarms.engine import Active, Engine, ScopedRule, decode
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
RULES = (
    '{"kind":"threshold","scope":{"quantity":"level"},"direction":"above","limits":[{"severity":"high","limit":2}],"on_delay":%d}',
    '{"kind":"silence","scope":{},"of":"feed","severity":"medium","factor":1,"minimum":0}',
)


def make_engine(delay: int) -> Engine:
    ids = np.array([1])
    register = Register(
        Points(ids, ids, ids, ["level"], np.array([60 * SECOND])),
        Assets(ids, ["gauge"], [""], 0 * ids, 0.0 * ids, 0.0 * ids),
        Feeds(ids, np.array([60 * SECOND])),
    )
    rows = np.array([0], np.int32)
    specs = (RULES[0] % delay, RULES[1])
    return Engine(register, [ScopedRule(n, decode(spec), rows) for n, spec in enumerate(specs, 1)], START)


def reading(second: int, value: float) -> Readings:
    at = START + second * SECOND
    return Readings.of([1], [at], [value], 0, [at])


@pytest.mark.parametrize("delay", [30, 90])
def test_a_delay_that_was_over_before_its_feed_fell_silent_is_over_and_a_later_one_waits(delay):
    """The feed is heard at 10 s and silent from 70 s on."""
    went_on = make_engine(delay)
    went_on.step(reading(10, 5.0), START + 10 * SECOND)
    for second in range(11, 200):
        went_on.advance(START + second * SECOND)
    standing = went_on.active()
    assert {alarm.rule for alarm in standing} == ({1, 2} if delay == 30 else {2})
    anew = make_engine(delay)
    anew.listen(went_on.hearing())
    silence = Active(2, "feed", 1, "medium", START + 10 * SECOND, START + 70 * SECOND)
    anew.apply(reading(10, 5.0))
    anew.catch_up(START + 199 * SECOND, [silence])
    assert anew.active() == standing
    for engine in (went_on, anew):
        told = engine.step(reading(200, 5.0), START + 200 * SECOND).transitions
        assert [(move.kind, move.rule) for move in told] == [("clear", 2)] + [("raise", 1)] * (delay == 90)
