"""When a reading proves that the field obeyed, and when it does not."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from commands.proof import SECOND, TOLERANCE, ProofReading, Watch
from commands.spec import Expectation

SENT = 1_800_000_000 * SECOND
OPEN = Watch(SENT, Expectation("in", (1.0,), 0.0, 0.0))
HELD = replace(OPEN, expectation=Expectation("in", (1.0,), 0.0, 3.0))


def after(seconds: float, value: float = 1.0, own: float | None = None, quality: int = 0) -> ProofReading:
    """A reading received so many seconds after the sending, with a time of its own."""
    at = SENT + round((seconds if own is None else own) * SECOND)
    return ProofReading(at, SENT + round(seconds * SECOND), value, quality)


def test_a_newer_reading_as_expected_proves_it():
    assert OPEN.saw(after(1)).proven(SENT + SECOND)


def test_what_was_received_before_the_sending_proves_nothing_whatever_its_clock_says():
    assert not OPEN.saw(after(-0.1, own=60)).proven(SENT + SECOND)


def test_what_was_buffered_and_is_older_than_the_sending_proves_nothing():
    assert not OPEN.saw(after(5, own=-60)).proven(SENT + 10 * SECOND)


def test_a_fraction_of_a_second_that_was_cut_off_is_forgiven():
    assert OPEN.saw(after(0.2, own=-0.9)).proven(SENT + SECOND)


def test_a_supervisor_whose_clock_is_known_to_be_wrong_is_judged_by_reception():
    wrong = replace(OPEN, clock="reception")
    assert wrong.saw(after(1, own=-3600)).proven(SENT + SECOND)
    assert not wrong.saw(after(-1, own=3600)).proven(SENT + SECOND)


def test_a_reading_of_bad_quality_proves_nothing():
    assert not OPEN.saw(after(1, quality=2)).proven(SENT + 2 * SECOND)


def test_what_must_hold_is_proven_by_the_passing_of_time():
    watch = HELD.saw(after(1))
    assert not watch.proven(SENT + 3 * SECOND)
    assert watch.proven(SENT + 4 * SECOND)


def test_what_was_lost_in_between_begins_anew():
    watch = HELD.saw(after(1)).saw(after(2, value=0)).saw(after(3))
    assert not watch.proven(SENT + 5 * SECOND)
    assert watch.proven(SENT + 6 * SECOND)


def test_nan_proves_nothing():
    for comparison in ("in", "near", "above", "below"):
        expected = Expectation(comparison, (1.0,), 0.5, 0.0)
        assert not replace(OPEN, expectation=expected).saw(after(1, value=float("nan"))).proven(SENT + 9 * SECOND)


READINGS = st.lists(
    st.tuples(st.integers(-5, 20), st.integers(-10, 20), st.sampled_from([0.0, 1.0]), st.sampled_from([0, 2])), max_size=12
)


@given(READINGS, st.sampled_from([0, 2, 5]))
def test_any_readings_prove_what_a_person_would_say_they_prove(told, hold):
    watch = replace(OPEN, expectation=Expectation("in", (1.0,), 0.0, float(hold)))
    readings = sorted((received, own, value, quality) for received, own, value, quality in told)
    for received, own, value, quality in readings:
        watch = watch.saw(after(received, value, own, quality))
    fit = [each for each in readings if each[0] > 0 and each[1] * SECOND >= -TOLERANCE and each[3] < 2]
    run = []
    for each in fit:
        run = [*run, each] if each[2] == 1.0 else []
    expected = bool(run) and 30 - run[0][0] >= hold
    assert watch.proven(SENT + 30 * SECOND) == expected
