"""What is usual, worked out of past hours: against plain loops, and what must hold of any series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms.engine.profiles import Profiles
from alarms.site.usual import HOUR, HourlyReadings, learned
from tests.alarms.usual_by_hand import by_hand

WEEKS = 8
AUTUMN = 1_793_574_000_000_000
"""Monday, 2 November 2026, 00:00 in Paris (µs): eight days after an hour of the night came twice."""
MONDAY = AUTUMN + HOUR
"""Monday, 00:00 UTC."""
SPRING = 1_774_908_000_000_000
"""Tuesday, 31 March 2026, 00:00 in Paris: two days after an hour did not come."""
ZONES = ("Europe/Paris", "Asia/Kathmandu", "UTC")


def hours_of(values: np.ndarray, end: int = AUTUMN, swing: float = 0.0, point: int = 7) -> HourlyReadings:
    """The hours before `end` that read `values`; not the ones that are NaN."""
    at = end - np.arange(len(values), 0, -1) * HOUR
    kept = np.isfinite(values)
    mean = values[kept]
    return HourlyReadings(np.full(len(mean), point), at[kept], mean - swing, mean, mean + swing)


def daily(chance: np.random.Generator, size: int = WEEKS * 168) -> np.ndarray:
    """A meter by day and night, with chance in it."""
    hour = np.arange(size)
    return 40 + 20 * np.sin(hour * np.pi / 12) + 8 * (hour % 168 < 48) + chance.normal(0, 2, size)


@st.composite
def series(draw: st.DrawFn) -> np.ndarray:
    """Of every kind that points have: noise, days, steps, zeros most of the time, shifts and gaps."""
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    size = draw(st.sampled_from([20, 200, 600, WEEKS * 168]))
    made = {
        "noise": lambda: chance.normal(5, 2, size),
        "days": lambda: daily(chance, size),
        "steps": lambda: chance.integers(0, 4, size) * 0.5,
        "rare": lambda: (chance.random(size) < 0.02) * chance.integers(1, 9, size).astype(float),
        "shift": lambda: daily(chance, size) + 100 * (np.arange(size) > size * 0.6),
        "constant": lambda: np.full(size, 3.3),
    }[draw(st.sampled_from(["noise", "days", "steps", "rare", "shift", "constant"]))]()
    made[chance.random(size) < draw(st.sampled_from([0.0, 0.1, 0.7]))] = np.nan
    return made


@given(series(), st.sampled_from(ZONES), st.sampled_from([AUTUMN, SPRING, AUTUMN + 7 * HOUR]), st.sampled_from([0.0, 0.5]))
@settings(max_examples=60)
def test_what_is_usual_is_what_a_person_works_out_hour_by_hour(values, zone, end, swing):
    hours = hours_of(values, end, swing)
    found = learned(hours, zone, end, WEEKS)
    listed = zip(*(column.tolist() for column in hours[2:]), strict=True)
    wanted = by_hand(dict(zip(hours.at.tolist(), listed, strict=True)), zone, end, WEEKS)
    assert found.hour.tolist() == sorted(wanted)
    for index, hour in enumerate(found.hour.tolist()):
        cell = [float(getattr(found, name)[index]) for name in ("median", "above", "below", "weeks", "samples")]
        assert cell == pytest.approx(wanted[hour], rel=1e-6, abs=1e-9), hour


@given(series(), st.sampled_from([0.25, 8.0, 1024.0]), st.sampled_from([-64.0, 0.0, 512.0]))
@settings(max_examples=40)
def test_another_unit_changes_the_figures_and_no_judgement(values, times, more):
    found, other = (learned(hours_of(each), "Europe/Paris", AUTUMN, WEEKS) for each in (values, values * times + more))
    assert other.hour.tolist() == found.hour.tolist()
    assert other.median == pytest.approx(found.median * times + more, rel=1e-6, abs=1e-6)
    for name in ("above", "below"):
        assert getattr(other, name) == pytest.approx(getattr(found, name) * times, rel=1e-6, abs=1e-6), name


@given(series(), series())
@settings(max_examples=20)
def test_points_do_not_learn_from_each_other(one, other):
    together = HourlyReadings(*map(np.concatenate, zip(hours_of(one, point=3), hours_of(other, point=9), strict=True)))
    both = learned(together, "Europe/Paris", AUTUMN, WEEKS)
    for point, values in ((3, one), (9, other)):
        alone = learned(hours_of(values, point=point), "Europe/Paris", AUTUMN, WEEKS)
        mine = both.point == point
        for name in Profiles.__dataclass_fields__:
            assert getattr(both, name)[mine].tolist() == getattr(alone, name).tolist(), name


def scores(found: Profiles, values: np.ndarray) -> np.ndarray:
    """Of a week from the end of the history on (Monday 00:00): how many deviations away each hour's reading is."""
    away = values - found.median
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.abs(away) / np.where(away < 0, found.below, found.above)


def test_a_step_of_what_it_is_measured_in_is_no_anomaly():
    values = np.full(WEEKS * 168, 20.5)
    values[::97] = 20.6  # the last digit flickers
    found = learned(hours_of(values, MONDAY), "UTC", MONDAY, WEEKS)
    assert scores(found, np.full(168, 20.4)).max() < 3
    assert scores(found, np.full(168, 25.0)).min() > 6


def test_noise_of_arithmetic_is_no_spread():
    values = np.full(WEEKS * 168, 0.3)
    values[::5] = 0.1 + 0.2
    found = learned(hours_of(values, MONDAY), "UTC", MONDAY, WEEKS)
    assert (found.above.max(), found.below.max()) == (0.0, 0.0), "nothing ever differed, so nothing is judged"


def test_what_runs_now_and_then_is_compared_with_its_own_runs():
    values = np.zeros(WEEKS * 168)
    values[100::211] = 5.0  # a pump that runs for an hour every nine days
    found = learned(hours_of(values, MONDAY), "UTC", MONDAY, WEEKS)
    assert scores(found, np.full(168, 5.0)).max() <= 3.0
    assert scores(found, np.full(168, 50.0)).min() > 6


def test_few_days_reach_farther_than_many_and_fewer_hours_are_not_judged():
    chance = np.random.default_rng(3)
    many = chance.normal(0, 1, WEEKS * 168)
    many[-30] = 6.0
    of_many, of_few = (learned(hours_of(values), "UTC", AUTUMN, WEEKS) for values in (many, many[-8 * 24 :]))
    assert of_few.above.mean() > 1.1 * of_many.above.mean()
    assert len(learned(hours_of(many[-40:]), "UTC", AUTUMN, WEEKS).hour) == 0, "an hour and its neighbours, less than eight times"


def test_a_level_that_has_moved_for_good_is_usual_again_after_a_week():
    values = daily(np.random.default_rng(5), (WEEKS + 2) * 168)
    values[WEEKS * 168 :] += 30
    before = learned(hours_of(values[: WEEKS * 168], MONDAY), "UTC", MONDAY, WEEKS)
    after = learned(hours_of(values[168 : (WEEKS + 1) * 168], MONDAY), "UTC", MONDAY, WEEKS)
    week = values[(WEEKS + 1) * 168 :]
    assert (scores(before, week) > 6).mean() > 0.5
    assert (scores(after, week) > 6).mean() == 0.0


def test_one_strange_day_makes_no_other_day_strange_and_hides_none():
    values = daily(np.random.default_rng(8))
    values[-72:-48] = 0.0
    stirred = learned(hours_of(values, MONDAY), "UTC", MONDAY, WEEKS)
    assert scores(stirred, daily(np.random.default_rng(9), 168)).max() < 4
    assert scores(stirred, np.zeros(168)).max() > 6
