"""Minutes while they pass: whatever the batches, the parts add up to the whole."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assets.rollup import MINUTE, Aggregates, Rollup

# Quarters add up exactly, so that sums can be compared exactly.
readings = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5 * MINUTE), st.integers(-40, 40).map(lambda quarters: quarters / 4)), max_size=60
)


def merged(parts: list[Aggregates]) -> dict[tuple[int, int], tuple[float, float, float, int]]:
    """As the database merges them: minimum of minima, maximum of maxima, sums of totals and counts."""
    whole: dict[tuple[int, int], tuple[float, float, float, int]] = {}
    for part in parts:
        columns = (part.key, part.minute, part.minimum, part.maximum, part.total, part.count)
        for key, minute, low, high, total, count in zip(*(column.tolist() for column in columns), strict=True):
            old = whole.get((key, minute), (np.inf, -np.inf, 0.0, 0))
            whole[key, minute] = (min(old[0], low), max(old[1], high), old[2] + total, old[3] + count)
    return whole


def absorbed(rows: list[tuple], cuts: list[bool]) -> list[Aggregates]:
    rollup, parts, waiting = Rollup(4), [], []
    for row, cut in zip(rows, cuts, strict=True):
        waiting.append(row)
        if cut:
            parts.append(absorb(rollup, waiting))
            waiting = []
    parts.append(absorb(rollup, waiting))
    parts.append(rollup.close_before(2**62))
    return parts


def absorb(rollup: Rollup, rows: list[tuple]) -> Aggregates:
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    row, at, value = columns
    return rollup.absorb(np.array(row, np.int32), np.array(at, np.int64), np.array(value, np.float64))


@given(readings, st.data())
def test_parts_add_up_to_what_was_read_however_it_was_cut(rows: list[tuple], data: st.DataObject) -> None:
    cuts = [data.draw(st.booleans()) for _ in rows]
    expected = defaultdict(list)
    for row, at, value in rows:
        expected[row, at // MINUTE * MINUTE].append(value)
    assert merged(absorbed(rows, cuts)) == {
        key: (min(values), max(values), sum(values), len(values)) for key, values in expected.items()
    }


@given(readings)
def test_a_minute_is_handed_out_once_unless_something_came_late(rows: list[tuple]) -> None:
    rows = sorted(rows, key=lambda row: row[1])
    parts = Aggregates.concatenate(absorbed(rows, [True] * len(rows)))
    pairs = list(zip(parts.key.tolist(), parts.minute.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))


def test_a_newer_minute_closes_the_open_one_and_a_late_reading_comes_out_apart() -> None:
    rollup = Rollup(1)
    assert not len(absorb(rollup, [(0, 10, 1.0), (0, 20, 3.0)]))
    closed = absorb(rollup, [(0, MINUTE + 1, 5.0)])
    assert merged([closed]) == {(0, 0): (1.0, 3.0, 4.0, 2)}
    assert merged([absorb(rollup, [(0, 30, 9.0)])]) == {(0, 0): (9.0, 9.0, 9.0, 1)}
    assert not len(rollup.close_before(MINUTE))
    assert merged([rollup.close_before(MINUTE + 1)]) == {(0, MINUTE): (5.0, 5.0, 5.0, 1)}
    assert not len(rollup.close_before(2**62))


def test_what_is_no_number_is_passed_over() -> None:
    rollup = Rollup(1)
    assert not len(absorb(rollup, [(0, 10, np.nan), (0, 20, np.inf)]))
    assert not len(rollup.close_before(2**62))


def test_minutes_before_and_after_an_instant_are_told_apart() -> None:
    parts = Aggregates.concatenate(absorbed([(0, 10, 1.0), (0, MINUTE, 2.0), (1, 5, 3.0)], [False] * 3))
    early, later = parts.split(MINUTE)
    assert sorted(early.key.tolist()) == [0, 1]
    assert later.minute.tolist() == [MINUTE]
