"""What came of a try to send a letter."""


class NotSent(Exception):
    """It did not leave, or nobody can tell; says why. `for_good`: another try would end alike; `gone`: the contact is no more."""

    def __init__(self, said: str, *, for_good: bool = False, gone: bool = False) -> None:
        super().__init__(said)
        self.for_good = for_good
        self.gone = gone
