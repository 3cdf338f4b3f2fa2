"""The state machine of an alarm, alone."""

import pytest

from alarms.lifecycle.table import ACKNOWLEDGED, NORMAL, RETURNED, TABLE, UNACKNOWLEDGED, IllegalMove, after


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        (["raise"], UNACKNOWLEDGED),
        (["raise", "acknowledge"], ACKNOWLEDGED),
        (["raise", "acknowledge", "clear"], NORMAL),
        (["raise", "clear"], RETURNED),
        (["raise", "clear", "acknowledge"], NORMAL),
        (["raise", "clear", "raise"], UNACKNOWLEDGED),
        (["raise", "acknowledge", "worsen"], UNACKNOWLEDGED),
        (["raise", "acknowledge", "ease"], ACKNOWLEDGED),
        (["raise", "acknowledge", "acknowledge"], ACKNOWLEDGED),
    ],
)
def test_an_alarm_walks_through_its_life(moves, expected):
    state = NORMAL
    for move in moves:
        state = after(state, move)
    assert state == expected


@pytest.mark.parametrize("move", ["acknowledge", "clear", "annotate", "worsen"])
def test_a_closed_alarm_refuses_every_move_but_a_raise(move):
    with pytest.raises(IllegalMove) as refusal:
        after(NORMAL, move)
    assert refusal.value.fr
    assert refusal.value.en


def test_a_latched_alarm_does_not_close_by_itself():
    assert after(ACKNOWLEDGED, "clear", latched=True) == RETURNED


def test_no_move_leads_out_of_the_four_states():
    states = {UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, NORMAL}
    assert {state for state, _ in TABLE} == states
    assert set(TABLE.values()) == states
