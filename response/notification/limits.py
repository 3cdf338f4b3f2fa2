"""How many letters a contact gets in a while, and when the next one may leave. Pure.

What is held back leaves together, in one letter, as soon as the limit allows it.
"""

import datetime as dt
from collections.abc import Sequence

MINUTE = dt.timedelta(minutes=1)
LIMITS: dict[str, tuple[tuple[int, dt.timedelta], ...]] = {
    "sms": ((1, MINUTE), (5, 15 * MINUTE), (11, 60 * MINUTE), (21, 180 * MINUTE)),
    "mail": ((4, MINUTE), (20, 15 * MINUTE), (60, 60 * MINUTE)),
    "push": ((4, MINUTE), (20, 15 * MINUTE), (60, 60 * MINUTE)),
    "apprise": ((4, MINUTE), (20, 15 * MINUTE), (60, 60 * MINUTE)),
    "webhook": ((30, MINUTE),),
}
"""Letters to one contact within a while, by how they go."""
LONGEST = max(period for limits in LIMITS.values() for _, period in limits)


def free_at(means: str, sent: Sequence[dt.datetime], now: dt.datetime) -> dt.datetime:
    """When the next letter may leave; not after `now`: at once. `sent`: when letters left, in any order."""
    free = now
    left = sorted(sent)
    for most, period in LIMITS[means]:
        if len(left) >= most:
            free = max(free, left[-most] + period)
    return free
