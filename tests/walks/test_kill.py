"""kill -9 of every process in turn, under load: nothing that was accepted is lost or doubled, and desks end up right."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.walks.kill import POINTS

ROOT = Path(__file__).resolve().parents[2]
OUR_ENGINES = ("DATABASE_URL", "REDIS_URL", "VIGIE_DATA")


@pytest.mark.timeout(300)
def test_whatever_is_killed_nothing_accepted_is_lost_or_doubled():
    environment = {name: value for name, value in os.environ.items() if name not in OUR_ENGINES}
    walk = subprocess.run(
        [sys.executable, "-m", "tests.walks.kill"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert walk.returncode == 0, walk.stderr
    outcome = json.loads(walk.stdout.splitlines()[-1])
    assert outcome["stored"] == outcome["accepted"], walk.stderr
    assert outcome["distinct"] == outcome["accepted"]
    assert outcome["alarms"] == POINTS
    assert outcome["raised"] == POINTS
    assert outcome["flaws"] == []
    assert outcome["gaps"] == []
    assert outcome["seen"] == outcome["open"]
    assert outcome["retries"] > 0
    assert outcome["reconnections"] > 0
