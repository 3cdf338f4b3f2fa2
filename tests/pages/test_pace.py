"""How often a feed speaks, as its page says it."""

import pytest

from hypervisor.pages.configuration import pace


@pytest.mark.parametrize(
    ("per_minute", "told"),
    [
        ([0] * 58 + [7_200, 3], (120.0, "/s")),
        ([0] * 58 + [60, 0], (1.0, "/s")),
        ([5] * 59 + [1], (5.0, "/min")),
        ([0] * 50 + [1] + [0] * 9, (pytest.approx(60 / 59), "/h")),
        ([0] * 60, (0.0, "/h")),
    ],
    ids=["fast", "once a second", "every twelve seconds", "once in the hour", "silent"],
)
def test_a_slow_feed_is_told_in_a_unit_that_shows_it(per_minute, told):
    assert pace(per_minute) == told
