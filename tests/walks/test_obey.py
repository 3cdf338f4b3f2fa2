"""kill -9 of whoever sends commands, at every state: no gate opens twice, nothing is lost, and nothing is said that is not so."""

import pytest

from tests.walks.alone import run


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_is_killed_a_gate_opens_once_and_what_it_did_is_known():
    outcome, logs = run("obey")
    assert outcome["twice"] == [], logs
    assert outcome["lies"] == [], logs
    assert outcome["lost"] == [], logs
    assert outcome["unknown"] == []
    assert outcome["events"] == {}, logs
    assert outcome["flaws"] == []
    assert outcome["commands"] > outcome["kills"]
