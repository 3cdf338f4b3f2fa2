"""A delay that ends judges the reading of that very instant first: no alarm begins at a reading that is normal already."""

import pytest

from alarms.engine.spec import Clause, Condition, Limit, Scope, Spec, Threshold
from tests.engine.rebuilding import Desk, put
from tests.engine.wide_worlds import WideWorld
from tests.engine.worlds import SECOND, START, Reading, Wait

LIMITS = (Limit(severity="critical", limit=2.0),)
RULES = {
    "threshold": Threshold(scope=Scope(quantity="level"), direction="above", limits=LIMITS, on_delay=120),
    "condition": Condition(scope=Scope(), when=Clause(quantity="level", above=2.0), severity="critical", on_delay=120),
}


def played(spec: Spec, *values: float) -> list[tuple]:
    """A reading a minute, and some time after the last one."""
    at = [START + 60 * SECOND * minute for minute in range(len(values))]
    script = [Reading(1, instant, value, 0, instant, True) for instant, value in zip(at, values, strict=True)]
    world = WideWorld((1,), ("level",), (1,), (0,), (0, 0), ((100, spec, (1,)),))
    return put(Desk(world).play([*script, Wait(at[-1] + 100 * SECOND)]))


@pytest.mark.parametrize("kind", ["threshold", "condition"])
def test_a_delay_that_ends_at_a_reading_that_is_normal_raises_nothing(kind):
    assert played(RULES[kind], 1.0, 3.0, 3.0, 1.2) == []
    (raised,) = played(RULES[kind], 1.0, 3.0, 3.0, 3.0)
    assert raised[0] == "raise"
    assert raised[-1] == START + 180 * SECOND
