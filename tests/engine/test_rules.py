"""The semantics of docs/reference/rules/, told one by one as a reader of those pages would check them."""

import math

import numpy as np
import pytest

from alarms.engine import (
    DUPLICATE,
    FUTURE,
    LATE,
    UNKNOWN,
    Active,
    ScopedRule,
    UnknownLimit,
    decode,
)
from assets.readings import Readings
from tests.engine.ruling import HOUR, LEVEL, T, above, among, at, engine, read, register, silence, told

# -- threshold --------------------------------------------------------------------------------------------------------


def test_a_value_equal_to_the_limit_does_not_begin_the_alarm_and_one_at_its_end_does_not_end_it() -> None:
    on = engine(above(2.5, deadband=0.5))
    assert told(read(on, 2.5, 2.51, 2.0, 1.99)) == [("raise", "low", 10), ("clear", "low", 30)]


def test_below_is_the_mirror_of_above() -> None:
    rung = [{"severity": "high", "limit": 10}]
    on = engine({"kind": "threshold", "scope": LEVEL, "direction": "below", "limits": rung, "deadband": 2})
    assert told(read(on, 10, 9.9, 12, 12.1)) == [("raise", "high", 10), ("clear", "high", 30)]


def test_the_on_delay_counts_from_the_first_reading_beyond_and_fires_at_its_end_not_at_the_next_reading() -> None:
    on = engine(above(2, on_delay=15))
    (raised,) = read(on, 3, 3, 3)
    assert (raised.at, raised.since, raised.learned) == (at(15), at(0), at(20))
    assert (raised.evidence.value, raised.evidence.first_value) == (3, 3)


def test_the_example_of_the_page_on_thresholds_goes_as_told() -> None:
    on = engine(above(2.5, on_delay=120, off_delay=60, deadband=0.1))
    instants = [at(seconds) for seconds in (0, 60, 120, 200, 260, 300, 330, 400)]
    moves = on.apply(Readings.of([1] * 8, instants, [2.4, 2.6, 2.7, 2.6, 2.45, 2.3, 2.3, 2.3])).transitions
    assert [(move.kind, move.at, move.learned) for move in moves] == [
        ("raise", at(180), at(200)),
        ("clear", at(360), at(400)),
    ]


def test_a_reading_back_at_the_limit_starts_the_on_delay_anew() -> None:
    on = engine(above(2, on_delay=20))
    assert told(read(on, 3, 2, 3, 3, 3)) == [("raise", "low", 40)]


def test_an_alarm_that_held_beyond_the_end_of_its_delay_fires_even_if_the_next_reading_ends_it() -> None:
    on = engine(above(2, on_delay=9))
    assert told(read(on, 3, 1)) == [("raise", "low", 9), ("clear", "low", 10)]


def test_a_reading_of_the_instant_at_which_a_delay_ends_is_judged_first() -> None:
    on = engine(above(2, on_delay=20))
    assert told(read(on, 3, 3, 1)) == []
    off = engine(above(2, off_delay=20))
    assert told(read(off, 3, 1, 1, 3, 1, 1, 1)) == [("raise", "low", 0), ("clear", "low", 60)]


def test_a_delay_that_ends_with_a_reading_that_still_holds_fires_with_it() -> None:
    on = engine(above(2, on_delay=20))
    (raised,) = read(on, 3, 3, 4)
    assert (raised.at, raised.learned, raised.evidence.value, raised.evidence.value_at) == (at(20), at(20), 4, at(20))


def test_a_spike_never_fires_however_late_the_feed_is() -> None:
    on = engine(above(2, on_delay=30))
    assert told(read(on, 3, 1, lag=2 * HOUR)) == []
    assert on.advance(at(3 * HOUR)) == []


def test_the_on_delay_ends_without_a_further_reading_on_the_point_s_own_clock() -> None:
    on = engine(above(2, on_delay=30))
    read(on, 3, lag=HOUR)
    assert on.advance(at(30) + HOUR - 1) == []
    (raised,) = on.advance(at(30) + HOUR)
    assert (raised.at, raised.learned) == (at(30), at(30) + HOUR)


def test_the_off_delay_must_pass_uninterrupted() -> None:
    on = engine(above(2, off_delay=15))
    assert told(read(on, 3, 1, 3, 1, 1, 1)) == [("raise", "low", 0), ("clear", "low", 45)]


def test_each_level_of_a_ladder_has_its_own_delay_and_the_alarm_follows_the_highest() -> None:
    on = engine(above(2, 3, on_delay=20))
    moves = read(on, 2.5, 3.5, 3.5, 3.5, 2.5, 1)
    assert told(moves) == [("raise", "low", 20), ("change", "medium", 30), ("change", "low", 40), ("clear", "low", 50)]
    assert [move.since for move in moves] == [at(0), at(10), at(0), at(0)]
    assert [move.previous for move in moves] == [None, "low", "medium", "low"]


def test_a_jump_over_several_levels_raises_once_at_the_highest() -> None:
    assert told(read(engine(above(1, 2, 3)), 9)) == [("raise", "high", 0)]


def test_the_deadband_applies_to_each_level() -> None:
    on = engine(above(2, 3, deadband=0.5))
    assert told(read(on, 3.1, 2.6, 2.4, 1.6, 1.4)) == [("raise", "medium", 0), ("change", "low", 20), ("clear", "low", 40)]


def test_a_clear_limit_replaces_the_deadband() -> None:
    rung = [{"severity": "low", "limit": 2, "clear": 1}]
    on = engine(above() | {"limits": rung, "deadband": 0.5})
    assert told(read(on, 3, 1.2, 1, 0.9)) == [("raise", "low", 0), ("clear", "low", 30)]


def test_each_point_may_have_its_own_limit_and_one_without_is_not_judged() -> None:
    rung = [{"severity": "low", "limit": {"point": "danger"}}]
    on = engine(above() | {"limits": rung}, over=register(danger=[2.0, 5.0, math.nan]))
    moves = on.apply(Readings.of([1, 2, 3], [T] * 3, [3.0, 3.0, 1e9])).transitions
    assert [(move.subject, move.evidence.limit) for move in moves] == [(1, 2.0)]


def test_a_limit_that_no_point_has_is_refused() -> None:
    with pytest.raises(UnknownLimit, match="danger"):
        engine(above() | {"limits": [{"severity": "low", "limit": {"point": "danger"}}]})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_neither_raises_nor_clears_nor_interrupts(value: float) -> None:
    on = engine(above(2, on_delay=20))
    assert told(read(on, 3, value, 3)) == [("raise", "low", 20)]
    assert read(on, value, start=30) == []


def test_bad_quality_is_not_judged_and_uncertain_quality_is() -> None:
    on = engine(above(2))
    moves = on.apply(Readings.of([1, 1, 2], [at(0), at(1), at(0)], [3.0, 3.0, 3.0], [2, 1, 2])).transitions
    assert told(moves) == [("raise", "low", 1)]


# -- state ------------------------------------------------------------------------------------------------------------


def test_moving_between_codes_of_one_severity_changes_nothing_and_between_severities_changes_the_alarm() -> None:
    on = engine(among(low=[1, 2], high=[9]))
    moves = read(on, 0, 1, 2, 9, 1, 0)
    assert told(moves) == [("raise", "low", 10), ("change", "high", 30), ("change", "low", 40), ("clear", "low", 50)]
    assert moves[1].evidence.codes == (9.0,)


def test_a_value_between_two_codes_is_not_one_of_them() -> None:
    assert read(engine(among(low=[1, 2])), 1.5, 0.999, 2.001) == []


def test_a_state_must_last_its_delay() -> None:
    on = engine(among(low=[1]) | {"on_delay": 30})
    assert told(read(on, 1, 0, 1, 1, 1, 1)) == [("raise", "low", 50)]


# -- which readings count ---------------------------------------------------------------------------------------------


def test_late_repeated_future_and_unknown_readings_are_counted_and_not_judged() -> None:
    on = engine(above(2))
    read(on, 1, start=100)
    step = on.apply(Readings.of([1, 1, 1, 9, 2], [at(90), at(100), at(1000), T, at(405)], [3.0] * 5, 0, [at(105)] * 5))
    assert step.sorting.verdict.tolist() == [LATE, DUPLICATE, FUTURE, UNKNOWN, 0]
    assert step.sorting.storable.tolist() == [True, False, False, False, True]
    assert not step.sorting.clean
    assert [move.subject for move in step.transitions] == [2]


def test_what_began_and_ended_hours_ago_is_past_and_what_still_holds_is_not() -> None:
    on = engine(above(2))
    kept = Readings.of([1, 1, 2], [at(0), at(60), at(0)], [3.0, 1.0, 3.0], 0, [at(2 * HOUR)] * 3)
    moves = on.apply(kept).transitions
    assert [(move.subject, move.kind, move.past) for move in moves] == [
        (1, "raise", True),
        (1, "clear", True),
        (2, "raise", False),
    ]


# -- restart ----------------------------------------------------------------------------------------------------------


def test_a_seeded_alarm_still_stands_and_ends_with_the_next_reading_below() -> None:
    on = engine(above(2, 3, deadband=0.5))
    standing = Active(1, "point", 1, "medium", at(-500))
    assert on.seed(Readings.of([1], [at(-60)], [2.8]), [standing, Active(99, "point", 1, "low", T)]) == []
    assert on.active() == [standing]
    moves = read(on, 2.6, 1)
    assert told(moves) == [("clear", "medium", 10)]
    assert moves[0].since == at(-500)


def test_a_seeded_severity_the_rule_no_longer_has_stands_for_the_next_below() -> None:
    on = engine(above(2, 3))
    on.seed(Readings.empty(), [Active(1, "point", 1, "critical", T)])
    assert [alarm.severity for alarm in on.active()] == ["medium"]
    assert told(read(on, 2.5, 1)) == [("change", "low", 0), ("clear", "low", 10)]


def test_a_seeded_severity_below_all_the_rule_has_is_passed_over() -> None:
    on = engine(above() | {"limits": [{"severity": "high", "limit": 2}]})
    on.seed(Readings.empty(), [Active(1, "point", 1, "low", T)])
    assert on.active() == []


def test_an_engine_without_rules_only_keeps_the_clocks() -> None:
    on = engine()
    step = on.step(Readings.of([1, 1, 2], [at(1), at(0), at(0)], [math.nan, 2.0, 3.0]), at(10))
    assert (step.transitions, step.sorting.counts()["late"]) == ([], 1)
    assert on.step(Readings.empty(), at(1e6)).transitions == []
    assert on.active() == []


def test_replaying_from_a_seed_ends_where_the_first_run_stood() -> None:
    rules = (above(2, 3, deadband=0.5, on_delay=30, off_delay=20), among(low=[7, 8]), silence("asset"))
    values = [1, 2.5, 3.5, 3.5, 7, 3.5, 3.5, 2.7, 1, 8, 8, 2.6, 2.6, 2.6, 2.6, 2.6]
    first = engine(*rules)
    read(first, *values[:8])
    standing, latest = first.active(), Readings.of([1], [at(70)], [values[7]])
    read(first, *values[8:], start=80)
    again = engine(*rules)
    again.seed(latest, standing)
    read(again, *values[8:], start=80)
    assert again.active() == first.active()


def test_ten_thousand_alarms_come_out_of_one_batch() -> None:
    over = register(points=10_000)
    on = engine(above(2), over=over)
    moves = on.apply(Readings.of(over.point_id, np.full(10_000, T), np.full(10_000, 3.0))).transitions
    assert [move.subject for move in moves] == over.point_id.tolist()


def test_a_rule_that_names_a_row_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        ScopedRule(1, decode(above(2)), np.array([1, 1], np.int32))
