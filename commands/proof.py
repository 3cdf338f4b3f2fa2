"""Whether the field has obeyed: readings of the point that proves a command, one after another, against what is expected. Pure.

A reading proves a command only when it is newer than its sending, by its own time and by its reception: what a broker retained
or a station buffered was true before, and says nothing of what became of the command. A supervisor whose clock is known to be
wrong is judged by reception alone (`clock`). Instants are µs since the Unix epoch.
"""

from dataclasses import dataclass, replace
from typing import Literal

from commands.spec import Expectation

SECOND = 1_000_000
TOLERANCE = 2 * SECOND
"""How far a reading's own time may lie before the sending: many supervisors cut the fraction of a second off."""
BAD = 2
"""Quality of readings that prove nothing."""

Clock = Literal["own", "reception"]


@dataclass(frozen=True, slots=True)
class ProofReading:
    """One reading, as it was committed."""

    at: int
    received: int
    value: float
    quality: int = 0


@dataclass(frozen=True, slots=True)
class Watch:
    """What is waited for; `since` is the reception of the first reading that met it with no other one after it, or None."""

    sent: int
    expectation: Expectation
    clock: Clock = "own"
    since: int | None = None

    def counts(self, seen: ProofReading) -> bool:
        """Whether a reading says anything of the command."""
        if seen.quality >= BAD or seen.received <= self.sent:
            return False
        return self.clock == "reception" or seen.at >= self.sent - TOLERANCE

    def saw(self, seen: ProofReading) -> "Watch":
        """After one more reading, in the order of their reception."""
        if not self.counts(seen):
            return self
        if not self.expectation.met(seen.value):
            return replace(self, since=None)
        return self if self.since is not None else replace(self, since=seen.received)

    def proven_at(self) -> int | None:
        """When it is proven if nothing else is read; None while the newest reading that counts is another than expected."""
        return None if self.since is None else self.since + round(self.expectation.hold * SECOND)

    def proven(self, now: int) -> bool:
        at = self.proven_at()
        return at is not None and at <= now
