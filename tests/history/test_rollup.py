"""Roll-ups agree with a plain dictionary, however the readings are cut into batches."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.rollup import MINUTE, Aggregates, Rollup

READING = st.tuples(st.integers(0, 2), st.integers(0, 4 * 60), st.integers(-50, 50))


def merged(parts: Aggregates) -> dict[tuple[int, int], tuple[float, float, float, int]]:
    """What the upsert makes of parts."""
    found: dict[tuple[int, int], tuple[float, float, float, int]] = {}
    columns = (parts.key, parts.minute, parts.minimum, parts.maximum, parts.total, parts.count)
    for key, minute, low, high, total, count in zip(*(column.tolist() for column in columns), strict=True):
        before = found.get((key, minute), (float("inf"), float("-inf"), 0.0, 0))
        found[key, minute] = (min(before[0], low), max(before[1], high), before[2] + total, before[3] + count)
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(READING, max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_the_parts_of_any_cutting_merge_to_the_same_minutes(readings, cuts):
    rollup, parts = Rollup(3), []
    bounds = [0, *sorted(min(cut, len(readings)) for cut in cuts), len(readings)]
    for begin, end in pairwise(bounds):
        part = readings[begin:end]
        parts.append(
            rollup.absorb(
                np.array([row for row, _, _ in part], np.int32),
                np.array([second * 1_000_000 + MINUTE for _, second, _ in part], np.int64),
                np.array([value for _, _, value in part], np.float64),
            )
        )
    parts.append(rollup.close_before(10**18))
    expected: dict[tuple[int, int], list[float]] = {}
    for row, second, value in readings:
        expected.setdefault((row, (second // 60 + 1) * MINUTE), []).append(float(value))
    assert merged(Aggregates.concatenate(parts)) == {
        key: (min(values), max(values), sum(values), len(values)) for key, values in expected.items()
    }


def test_nan_is_passed_over():
    rollup = Rollup(1)
    rollup.absorb(np.zeros(2, np.int32), np.array([MINUTE, MINUTE]), np.array([np.nan, 2.0]))
    assert merged(rollup.close_before(10**18)) == {(0, MINUTE): (2.0, 2.0, 2.0, 1)}
