"""Silences that are looked at when they are near give what looking at all of them at each step would give."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alarms.engine import Engine, ScopedRule, decode
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
ASSETS = 6

BATCHES = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, ASSETS - 1), st.integers(-400, 0)), max_size=4),  # (asset, received s before now)
        st.integers(1, 90),  # seconds until the step
    ),
    max_size=25,
)


def make_engine(factors: tuple[float, ...]) -> Engine:
    ids = np.arange(1, ASSETS + 1)
    register = Register(
        Points(ids, ids, 1 + ids % 2, ["level"] * ASSETS, np.full(ASSETS, 60 * SECOND)),
        Assets(ids, ["gauge"] * ASSETS, [""] * ASSETS, 0 * ids, 0.0 * ids, 0.0 * ids),
        Feeds(np.array([1, 2]), np.full(2, 60 * SECOND)),
    )
    rows = np.arange(ASSETS, dtype=np.int32)
    spec = '{"kind":"silence","scope":{},"of":"%s","severity":"low","factor":%s,"minimum":0}'
    rules = [ScopedRule(n + 1, decode(spec % ("asset", factor)), rows) for n, factor in enumerate(factors)]
    return Engine(register, [*rules, ScopedRule(9, decode(spec % ("feed", 4)), rows)], START)


@given(factors=st.sampled_from([(2,), (3, 5), (1, 8)]), batches=BATCHES)
def test_a_silence_begins_at_the_same_step_whether_it_was_near_or_not(factors, batches):
    """One engine is asked to listen anew before each step, which makes it look at everything."""
    lazy, thorough, now = make_engine(factors), make_engine(factors), START
    for number, (heard, wait) in enumerate(batches):
        now += wait * SECOND
        received = [now + late * SECOND for _, late in heard]
        at = [START + number * 1_000 + place for place in range(len(heard))]
        readings = Readings.of([asset + 1 for asset, _ in heard], at, [1.0] * len(heard), 0, received)
        thorough.listen(thorough.hearing())
        assert lazy.step(readings, now).transitions == thorough.step(readings, now).transitions
    assert lazy.active() == thorough.active()
