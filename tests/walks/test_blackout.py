"""A blackout of 180 lamps with kill -9 of the correlator on the way down and on the way up: one alarm to hear."""

import pytest

from tests.walks.alone import run
from tests.walks.blackout import LAMPS, STAY_DARK


@pytest.mark.timeout(180)
def test_a_blackout_is_one_alarm_whenever_the_correlator_dies():
    outcome, logs = run("blackout")
    seconds = outcome.pop("seconds")
    assert outcome == {
        "cause": True, "heard": 1, "suppressed": LAMPS, "incidents": 1, "came_back": STAY_DARK,
        "heard_after": 1 + STAY_DARK,  # the cabinet has returned and waits to be acknowledged
        "alarms": LAMPS + 1, "raised": LAMPS + 1, "raised_once": LAMPS + 1, "flaws": [],
    }, f"{seconds} s\n{logs}"  # fmt: skip
