"""Whether a quantity rises, falls or is steady by its last readings: Mann and Kendall's test, column by column. Pure.

The test counts, over all pairs of readings, those that went up and those that went down. It knows no unit, no scale and no line
that values should follow, and one stray reading does not turn it. A trend is told where chance alone would
bring such a count in less than one case of a hundred; fewer than five readings cannot tell.
"""

import numpy as np
from numpy.typing import NDArray

FALLING, STEADY, RISING, UNKNOWN = -1, 0, 1, 2
DEPTH = 8
"""Readings that are looked at."""
_NEVER = DEPTH * DEPTH
_LEAST = np.array([_NEVER, _NEVER, _NEVER, _NEVER, _NEVER, 10, 13, 17, 20])
"""By number of readings: how many more pairs must have gone one way than the other (Kendall 1975, one side, 1 %)."""
_ENOUGH = 5


def trends(values: NDArray[np.float64]) -> NDArray[np.int8]:
    """One of FALLING, STEADY, RISING and UNKNOWN per column of (DEPTH, n) values, oldest first; NaN where there was no reading.

    Values are compared as a reader sees them: what differs beyond the decimals that are shown is the same.
    """
    seen = _as_shown(values)
    count = np.count_nonzero(np.isfinite(seen), axis=0)
    score = np.zeros(seen.shape[1], np.int64)
    for later in range(1, len(seen)):
        for earlier in range(later):
            change = seen[later] - seen[earlier]
            score += (change > 0).astype(np.int64) - (change < 0)
    told = np.where(np.abs(score) >= _LEAST[count], np.sign(score), STEADY)
    return np.where(count < _ENOUGH, UNKNOWN, told).astype(np.int8)


def _as_shown(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to the decimals a screen shows of the largest of a column: none from 1,000 on, one from 100 on, two from 1 on."""
    size = np.max(np.abs(np.nan_to_num(values, posinf=0.0, neginf=0.0)), axis=0)
    scale = np.select([size >= 1000, size >= 100, size >= 1], [1.0, 10.0, 100.0], 1000.0)
    rounded: NDArray[np.float64] = np.round(values * scale)
    return rounded
