"""A trend by the last readings: what chance would bring is none, and what a reader cannot see is none either."""

import numpy as np
import pytest

from assets.newest import Newest
from assets.readings import BAD, Readings
from assets.trend import DEPTH, FALLING, RISING, STEADY, UNKNOWN, trends


def trend(*values: float) -> int:
    column = np.full((DEPTH, 1), np.nan)
    column[DEPTH - len(values) :, 0] = values
    return int(trends(column)[0])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((1, 2, 3, 4, 5), RISING),
        ((5, 4, 3, 2, 1), FALLING),
        ((3.0, 3.0, 3.0, 3.0, 3.0), STEADY),
        ((1, 2, 3, 4), UNKNOWN),
        ((), UNKNOWN),
        ((1.10, 1.12, 1.15, 1.13, 1.18, 1.22, 1.24, 1.30), RISING),
        ((1.10, 1.30, 1.05, 1.25, 1.12, 1.28, 1.08, 1.26), STEADY),
        ((1, 2, 3, 4, 3, 2, 1), STEADY),
        ((-1.0, -2.0, -3.0, -4.0, -5.0), FALLING),
    ],
)
def test_readings_rise_or_fall_where_chance_would_not_bring_it(values, told):
    assert trend(*values) == told


def test_what_differs_beyond_the_decimals_shown_is_steady():
    assert trend(2.4001, 2.4002, 2.4003, 2.4004, 2.4005) == STEADY
    assert trend(230.01, 230.02, 230.03, 230.03, 230.04) == STEADY
    assert trend(0.101, 0.102, 0.103, 0.104, 0.105) == RISING


def test_noise_without_a_trend_is_rarely_told_as_one():
    noise = np.random.default_rng(7).normal(10, 1, (DEPTH, 20_000))
    assert np.count_nonzero(trends(noise)) < 0.02 * 20_000


def readings(values: list[float], at: int, quality: int = 0) -> Readings:
    return Readings.of([9] * len(values), [at + n for n in range(len(values))], values, [quality] * len(values))


def test_many_readings_of_a_point_in_one_batch_count_one_by_one_in_their_order():
    newest = Newest(3)
    newest.note(np.full(20, 1, np.int32), readings([float(n) for n in range(20)], 1))
    taken, told = newest.take_changed(np.array([7, 9, 8]))
    assert (taken.point.tolist(), taken.value.tolist(), told.tolist()) == ([9], [19.0], [RISING])
    for n, value in enumerate((18.0, 17.0, 16.0, 15.0, 14.0, 13.0, 12.0, 11.0)):
        newest.note(np.array([1], np.int32), readings([value], 100 + n))
    assert newest.take_changed(np.array([7, 9, 8]))[1].tolist() == [FALLING]


def test_a_bad_reading_has_no_part_in_a_trend_and_only_what_moved_is_taken():
    newest = Newest(2)
    newest.note(np.full(5, 0, np.int32), readings([1.0, 2.0, 3.0, 4.0, 5.0], 1))
    newest.note(np.array([0], np.int32), readings([-99.0], 50, BAD))
    taken, told = newest.take_changed(np.array([9, 8]), np.array([0, 1], np.int32))
    assert (taken.point.tolist(), taken.quality.tolist(), told.tolist()) == ([9], [BAD], [RISING])
    assert len(newest.take_changed(np.array([9, 8]), np.array([0, 1], np.int32))[0]) == 0
