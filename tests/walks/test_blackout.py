"""A blackout of 180 lamps with kill -9 of the correlator on the way down and on the way up: one alarm to hear."""

import json
import os
import subprocess
import sys

import pytest

from tests.walks.blackout import LAMPS, STAY_DARK
from tests.walks.test_kill import OUR_ENGINES, ROOT


@pytest.mark.timeout(180)
def test_a_blackout_is_one_alarm_whenever_the_correlator_dies():
    environment = {name: value for name, value in os.environ.items() if name not in OUR_ENGINES}
    walk = subprocess.run(
        [sys.executable, "-m", "tests.walks.blackout"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert walk.returncode == 0, walk.stderr
    outcome = json.loads(walk.stdout.splitlines()[-1])
    seconds = outcome.pop("seconds")
    assert outcome == {
        "cause": True, "heard": 1, "suppressed": LAMPS, "incidents": 1, "came_back": STAY_DARK,
        "heard_after": 1 + STAY_DARK,  # the cabinet has returned and waits to be acknowledged
        "alarms": LAMPS + 1, "raised": LAMPS + 1, "raised_once": LAMPS + 1, "flaws": [],
    }, f"{seconds} s\n{walk.stderr}"  # fmt: skip
