"""The command's state machine: what leads where, whatever comes in whatever order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.refusal import Refused
from commands.states import HEARD, OPEN, REASONS, STATE_WORDS, TABLE, UNSENT, Move, Reason, State, after

ENDS = {State.CONFIRMED, State.REFUSED, State.FAILED, State.TIMED_OUT, State.CANCELLED, State.CONFIRMED_LATE}


class ByHand:
    """The same as a story a person can check: what happened so far, and what it is called."""

    def __init__(self) -> None:
        self.authorised = self.armed = self.left = self.yes = False
        self.end = ""

    @property
    def called(self) -> str:
        if self.end:
            return self.end
        if self.yes:
            return "accepted"
        if self.left:
            return "sent"
        if self.armed:
            return "armed"
        return "authorised" if self.authorised else "requested"

    def tell(self, move: str) -> bool:
        """Whether it was possible."""
        if move in ("accept", "reject", "fail", "confirm"):
            self._hear(move)
            return True
        if self.end:
            return False
        if self.left:
            if move == "time_out":
                self.end = "timed_out"
            return move == "time_out"
        ends = {"refuse": "refused", "cancel": "cancelled", "lapse": "cancelled", "find": "confirmed"}
        if move in ends:
            self.end = ends[move]
            return True
        if move == "authorise" and not self.authorised:
            self.authorised = True
            return True
        if move == "arm" and self.authorised and not self.armed:
            self.armed = True
            return True
        if move == "send" and self.authorised:
            self.left = True
            return True
        return False

    def _hear(self, move: str) -> None:
        if not self.left:
            return
        if self.end in ("failed", "timed_out") and move == "confirm":
            self.end = "confirmed_late"
        if self.end:
            return
        if move == "confirm":
            self.end = "confirmed"
        elif move == "fail":
            self.end = "failed"
        elif move == "reject":
            self.end = "failed" if self.yes else "refused"
        else:
            self.yes = True


@given(st.lists(st.sampled_from(list(Move)), max_size=14))
def test_any_moves_in_any_order_end_as_the_story_says(moves):
    state, story = State.REQUESTED, ByHand()
    for move in moves:
        possible = story.tell(move.value)
        try:
            state = after(state, move)
        except Refused:
            assert not possible
        else:
            assert possible
        assert state == story.called


@given(st.lists(st.sampled_from([Move.ACCEPT, Move.REJECT, Move.FAIL, Move.TIME_OUT]), max_size=8))
def test_what_a_supervisor_says_never_makes_success(said):
    state = State.SENT
    for move in said:
        if move in HEARD or state in (State.SENT, State.ACCEPTED):
            state = after(state, move)
    assert state not in (State.CONFIRMED, State.CONFIRMED_LATE)


def test_an_end_is_left_only_by_the_field():
    leaving = {move for (state, move) in TABLE if state in ENDS}
    assert leaving == {Move.CONFIRM}


def test_what_never_left_cannot_be_confirmed_by_the_field():
    assert all(after(state, Move.CONFIRM) == state for state in UNSENT | {State.CANCELLED, State.REFUSED})


@pytest.mark.parametrize("state", [State.SENT, State.ACCEPTED])
def test_what_left_cannot_be_cancelled(state):
    with pytest.raises(Refused, match=r"sent|accepted"):
        after(state, Move.CANCEL)


def test_every_state_and_reason_has_its_words_in_both_languages():
    assert set(STATE_WORDS) == set(State)
    assert set(REASONS) == set(Reason)
    assert OPEN.isdisjoint(ENDS)
    assert set(State) == OPEN | ENDS
