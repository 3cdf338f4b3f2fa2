"""kill -9 and pauses of every process and engine while values move alarms and people are at work: the room keeps its word."""

import pytest

from tests.walks.alone import run


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_is_killed_nothing_accepted_is_lost_doubled_or_told_otherwise():
    outcome, logs = run("kill")
    assert outcome["wrong"] == [], logs
    assert outcome["stored"] == outcome["accepted"], logs
    assert outcome["distinct"] == outcome["accepted"]
    assert outcome["standing"] == [], logs  # who is in alarm by the last reading is who has an alarm
    assert outcome["raises"] == {}, logs
    assert outcome["returns"] == {}, logs
    assert outcome["forgotten"] == []
    assert outcome["flaws"] == []
    assert outcome["gaps"] == []
    assert outcome["seen"] == outcome["open"]
    assert outcome["untold"] == {"lost": [], "out of order": False, "changed": []}, logs
    assert min(outcome["moves"], outcome["retries"], outcome["reconnections"], outcome["acknowledged"], outcome["told"]) > 0
