"""The state machine of one level of a ladder, as two tables over (phase, above, below, no on-delay, no off-delay). Pure."""

from __future__ import annotations

import numpy as np

IDLE, RISING, HELD, FALLING = 0, 1, 2, 3


def _next_phase(phase: int, above: bool, below: bool, no_on_delay: bool, no_off_delay: bool) -> int:
    if phase in (IDLE, RISING):
        if not above:
            return IDLE
        return HELD if no_on_delay else RISING
    if not below:
        return HELD
    return IDLE if no_off_delay else FALLING


PHASES = np.array(
    [_next_phase(index >> 4, bool(index & 8), bool(index & 4), bool(index & 2), bool(index & 1)) for index in range(64)],
    np.int8,
)
"""What one reading does to one level, after the delays that ended before its instant were settled."""
ONSET, END = 0, 1


def _turn(phase: int, after: int) -> int:
    return -1 if after == phase else {IDLE: ONSET, HELD: END}.get(phase, -1)


TURNS = np.array([_turn(index >> 4, after) for index, after in enumerate(PHASES.tolist())], np.int8)
"""What that reading begins, a level or the end of one: its instant and value are kept. -1 for neither."""
