"""Why a supervisor gave no answer."""

from commands.states import Reason
from commands.wording import Words


class NoAnswer(Exception):
    """Nothing came back. `left`: it may have arrived all the same; otherwise it certainly did not."""

    def __init__(self, reason: Reason, said: Words, *, left: bool) -> None:
        super().__init__(said.en)
        self.reason, self.said, self.left = reason, said, left


class CannotLeave(Exception):
    """The connector cannot be used for this command: nothing left, and trying again changes nothing."""

    def __init__(self, said: Words) -> None:
        super().__init__(said.en)
        self.said = said


def as_told(error: Exception) -> Words:
    """What a library or the system says of a failure, which is in no other language."""
    told = (str(error) or type(error).__name__)[:200]
    return Words(told, told)


NO_CONNECTION = Words("pas de connexion", "no connection")
NOT_PUBLIC = Words(
    "adresse privée, locale ou réservée, interdite à ce connecteur",
    "a private, local or reserved address, which this connector may not reach",
)


def no_answer_within(seconds: float) -> Words:
    return Words(f"pas de réponse en {seconds:g} s", f"no answer within {seconds:g} s")


def bad_address(error: Exception) -> Words:
    return Words(f"l’adresse est inutilisable : {error}"[:200], f"the address cannot be used: {error}"[:200])
