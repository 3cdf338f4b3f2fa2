"""At which instants to look while a time passes of which only the end is known, as if somebody had looked all along.

A rule that speaks of another's alarms takes how late it hears of one for how late all of it is, and waits that long with what it
has to say: after a restart it would wait as long as nobody listened.
"""

from __future__ import annotations

from collections.abc import Iterator

from alarms.engine.clock import NEVER
from alarms.engine.ladders import Ladders
from alarms.engine.layout import SECOND
from alarms.engine.relay import FactRelay

STEP = SECOND
"""Things are due at as many instants as there are points: they are looked at by the second."""


def dues(ladders: Ladders, relay: FactRelay, until: int) -> Iterator[int]:
    """Before `until`, each as it is when the one before it was looked at; none where no rule hears of alarms."""
    looked = NEVER
    while relay.hears_of_alarms:
        due = min(ladders.due_after(looked), relay.due_after(looked))
        looked = max(-(-due // STEP) * STEP, looked + STEP)
        if looked >= until:
            return
        yield looked
