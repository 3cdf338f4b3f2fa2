"""kill -9 of every process in turn, under load: nothing that was accepted is lost or doubled, and desks end up right."""

import pytest

from tests.walks.alone import run
from tests.walks.kill import POINTS


@pytest.mark.timeout(300)
def test_whatever_is_killed_nothing_accepted_is_lost_or_doubled():
    outcome, logs = run("kill")
    assert outcome["stored"] == outcome["accepted"], logs
    assert outcome["distinct"] == outcome["accepted"]
    assert outcome["alarms"] == POINTS
    assert outcome["raised"] == POINTS
    assert outcome["flaws"] == []
    assert outcome["gaps"] == []
    assert outcome["seen"] == outcome["open"]
    assert outcome["retries"] > 0
    assert outcome["reconnections"] > 0
