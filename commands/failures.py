"""Why a supervisor gave no answer."""

from commands.states import Reason


class NoAnswer(Exception):
    """Nothing came back. `left`: it may have arrived all the same; otherwise it certainly did not."""

    def __init__(self, reason: Reason, said: str, *, left: bool) -> None:
        super().__init__(said)
        self.reason, self.left = reason, left


class CannotLeave(Exception):
    """The connector cannot be used for this command: nothing left, and trying again changes nothing."""
