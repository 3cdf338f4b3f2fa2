"""A vehicle at a gate, end to end: plate in, one decision, the order out, the field's own word back, and the journal whole."""

import pytest

from tests.walks.alone import run

STORY = ["passage.arrived", "passage.judged", "passage.opened", "passage.confirmed", "passage.passed"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("protocol", ["http", "mqtt"])
def test_a_vehicle_is_let_in_once_and_all_of_it_is_in_the_journal(protocol, request):
    outcome, logs = run("arrival", *([request.getfixturevalue("mosquitto")] if protocol == "mqtt" else []))
    seen = outcome["let in"]
    assert (seen["verdict"], seen["command"], seen["proof"], seen["passage"]) == ("open", "confirmed", 1.0, "passed"), logs
    assert (seen["orders"], seen["ref"], seen["actor"]) == (1, "S-1", "operateur")
    story = list(dict.fromkeys(seen["story"]))
    assert [kind for kind in story if kind.startswith("passage.")] == STORY
    assert seen["command story"] == ["command.authorised", "command.sent", "command.accepted", "command.confirmed"]
    both = outcome["two at once"]
    assert (both["answers"], both["orders"]) == ([200, 409], 1), logs
    assert both["told"][0].startswith("Déjà ouvert par ")
    assert outcome["does not obey"] == {"state": "timed_out", "reason": "not_confirmed", "orders": 1, "may": ["open_again"]}
    assert (outcome["flaws"], outcome["plates"]) == ([], [])
