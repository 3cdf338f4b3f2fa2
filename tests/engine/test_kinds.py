"""The examples of docs/reference/rules/ for the kinds that came later, and what their pages promise besides."""

from __future__ import annotations

import numpy as np
import pytest

from alarms.engine import Active, Engine, ScopedRule, Transition, decode
from alarms.engine.facts import Happening, stable
from alarms.engine.layout import CompileError
from alarms.engine.profiles import HourOfWeek, Profiles
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register

SECOND, HOUR = 1_000_000, 3_600_000_000
T = 1_790_000_000 * SECOND
MONDAY = 1_789_941_600 * SECOND
"""Monday 21 September 2026, 00:00 in Paris."""
EAST = 111_320.0


def at(seconds: float) -> int:
    return T + round(seconds * SECOND)


def town() -> Register:
    """Assets 1…4, 100 m apart, in sector `north` but for 4; 2 depends on 1. Points 1…4 are levels, 11…14 whether it runs."""
    ids = np.arange(1, 5)
    points = np.concatenate((ids, ids + 10))
    return Register(
        Points(points, np.tile(ids, 2), np.ones(8, np.int64), ["level"] * 4 + ["running"] * 4, np.zeros(8, np.int64)),
        Assets(ids, ["pump"] * 4, ["north"] * 3 + ["south"], np.array([0, 1, 0, 0]), ids * 100 / EAST, np.zeros(4)),
        Feeds(np.array([1]), np.array([0])),
    )


def engine(*specs: dict, zone: str = "Europe/Paris", profiles: Profiles | None = None) -> Engine:
    """Rules 1, 2, … over everything, named r1, r2, …"""
    rows = np.arange(8, dtype=np.int32)
    rules = [ScopedRule(n, decode(spec), rows, f"r{n}") for n, spec in enumerate(specs, start=1)]
    return Engine(town(), rules, T - HOUR, zone, profiles)


def read(on: Engine, point: int, seconds: float, value: float) -> list[Transition]:
    return on.apply(Readings.of([point], [at(seconds)], [value])).transitions


def happen(on: Engine, kind: str, asset: int, seconds: float, late: float = 0, **attributes: object) -> list[Transition]:
    event = Happening(0, 1, asset, "a", at(seconds), at(seconds + late), kind, attributes)
    return on.apply(Readings.empty(), [event]).transitions


def told(moves: list[Transition]) -> list[tuple]:
    return [(move.kind, move.subject, (move.at - T) / SECOND, (move.since - T) / SECOND) for move in moves]


CONDITION = {
    "kind": "condition", "scope": {"assets": ["1"]}, "severity": "high", "on_delay": 60,
    "when": {"all": [{"quantity": "level", "above": 2.5}, {"not": {"quantity": "running", "in": [1]}}]},
}  # fmt: skip
COUNT = {
    "kind": "count", "scope": {}, "of": {"quantity": "level", "above": 2}, "by": "sector", "within": 60,
    "limits": [{"severity": "high", "at_least": 3}],
}  # fmt: skip
SEQUENCE = {
    "kind": "sequence", "scope": {}, "first": {"event": "badge"}, "then": {"event": "door"}, "unless": {"event": "guard"},
    "by": "sector", "within": 120, "severity": "high", "hold": 100,
}  # fmt: skip
LEVEL = {"scope": {"quantity": "level"}}
RATE = {"kind": "rate", "window": 600, "direction": "above", "limits": [{"severity": "low", "limit": 5}]} | LEVEL
MISSING = {
    "kind": "missing", "scope": {}, "first": {"event": "in"}, "then": {"event": "out"}, "by": {"attribute": "plate"},
    "within": 60, "severity": "low",
}  # fmt: skip


def test_the_example_of_the_page_on_conditions_goes_as_told() -> None:
    on = engine(CONDITION)
    moves = [
        *read(on, 11, 0, 1),
        *read(on, 1, 10, 3),
        *read(on, 11, 20, 0),
        *on.advance(at(80)),
        *read(on, 11, 95, 0),
        *read(on, 1, 100, 2),
    ]
    assert told(moves) == [("raise", 1, 80, 20), ("clear", 1, 100, 20)]
    assert [(term.holds, term.value) for term in moves[0].evidence.terms] == [(True, 3.0), (False, 0.0)]


def test_a_band_written_as_two_comparisons_does_not_flicker_when_it_is_jumped_over() -> None:
    band = {"all": [{"quantity": "level", "above": 2}, {"not": {"quantity": "level", "above": 4}}]}
    on = engine(CONDITION | {"when": band, "on_delay": 0})
    assert [told(read(on, 1, second, value)) for second, value in enumerate((0, 5, 3))] == [[], [], [("raise", 1, 2, 2)]]


def test_a_condition_may_speak_of_the_asset_it_depends_on() -> None:
    on = engine(CONDITION | {"when": {"quantity": "running", "in": [0], "of": "parent"}, "on_delay": 0})
    assert told(read(on, 11, 0, 0)) == [("raise", 2, 0, 0)]


def test_what_was_never_read_begins_nothing() -> None:
    on = engine(CONDITION | {"on_delay": 0})
    assert read(on, 1, 0, 3) == []
    assert told(read(on, 11, 10, 0)) == [("raise", 1, 10, 10)]


def test_the_example_of_the_page_on_counts_goes_as_told() -> None:
    on = engine(COUNT)
    for point in (1, 2, 3):
        read(on, point, -10, 0)
    moves = [*read(on, 1, 0, 3), *read(on, 2, 20, 3), *read(on, 3, 50, 3), *on.advance(at(150)), *read(on, 3, 200, 0)]
    assert told(moves) == [("raise", "north", 50, 0), ("clear", "north", 200, 0)]
    assert [(member.subject, (member.at - T) / SECOND) for member in moves[0].evidence.members] == [
        ("asset:3", 50), ("asset:2", 20), ("asset:1", 0),
    ]  # fmt: skip


def test_what_is_true_when_first_looked_at_has_not_begun() -> None:
    on = engine(COUNT)
    assert [read(on, point, 0, 3) for point in (1, 2, 3)] == [[], [], []]


def test_a_cluster_is_one_alarm_around_the_asset_that_completed_it() -> None:
    of = {"event": "smoke"}
    on = engine(COUNT | {"of": of, "by": {"metres": 120}, "limits": [{"severity": "high", "at_least": 2}]})
    moves = [move for asset, second in ((1, 0), (2, 10), (3, 20)) for move in happen(on, "smoke", asset, second)]
    assert told(moves) == [("raise", 2, 10, 0)]
    assert told(on.advance(at(200))) == [("clear", 2, 70, 0)]


def test_a_cluster_that_stands_is_taken_over_by_an_engine_that_is_built_anew() -> None:
    of = {"event": "smoke"}
    on = engine(COUNT | {"of": of, "by": {"metres": 120}, "limits": [{"severity": "high", "at_least": 2}]})
    standing = Active(1, "asset", 2, "high", T, at(10))
    assert on.seed(Readings.empty(), [standing]) == []
    assert [(alarm.subject, alarm.severity, alarm.since) for alarm in on.active()] == [(2, "high", T)]
    assert told(on.advance(at(200))) == [("clear", 2, 70, 0)]


def test_evidence_names_fifty_members_and_tells_the_total() -> None:
    on = engine(
        COUNT | {"of": {"event": "x"}, "by": "site", "distinct": "occurrence", "limits": [{"severity": "low", "at_least": 80}]}
    )
    (raised,) = [move for second in range(80) for move in happen(on, "x", 1, second / 10)]
    assert (len(raised.evidence.members), raised.evidence.total, raised.subject_kind) == (50, 80, "site")


def test_the_example_of_the_page_on_sequences_goes_as_told() -> None:
    on = engine(SEQUENCE)
    script = (("badge", 0), ("door", 60), ("badge", 200), ("guard", 230), ("door", 250))
    moves = [move for kind, second in script for move in happen(on, kind, 1, second)]
    assert told(moves) == [("raise", "north", 60, 0), ("clear", "north", 160, 0)]


def test_a_first_that_comes_in_after_its_then_is_seen_all_the_same() -> None:
    on = engine(SEQUENCE)
    assert happen(on, "door", 1, 60) == []
    assert told(happen(on, "badge", 2, 30, late=40)) == [("raise", "north", 60, 30)]


def test_the_example_of_the_page_on_absences_goes_as_told() -> None:
    on = engine(MISSING)
    moves = [*happen(on, "in", 1, 0, plate="AB"), *on.advance(at(60)), *happen(on, "out", 2, 90, plate="AB")]
    assert told(moves) == [("raise", "plate=AB", 60, 0), ("clear", "plate=AB", 90, 0)]


def test_what_followed_in_time_is_not_missing_and_nothing_is_kept_of_it() -> None:
    on = engine(MISSING)
    moves = [*happen(on, "in", 1, 0, plate="AB"), *happen(on, "out", 2, 59, plate="AB"), *on.advance(at(1000))]
    assert (moves, on.active()) == ([], [])


def test_a_count_of_alarms_of_another_rule_hears_what_its_calendar_lets_through() -> None:
    above = {
        "kind": "threshold",
        "scope": {"quantity": "level"},
        "direction": "above",
        "limits": [{"severity": "low", "limit": 2}],
    }
    closed = {"calendar": {"dates": [{"from": "2020-01-01", "to": "2020-01-02"}]}}
    of_alarms = COUNT | {"of": {"rule": "r1"}, "limits": [{"severity": "high", "at_least": 2}]}
    for more, expected in (({}, [("raise", "north", 10, 0)]), (closed, [])):
        on = engine(above | more, of_alarms)
        moves = [*read(on, 1, 0, 3), *read(on, 2, 10, 3)]
        assert told([move for move in moves if move.rule == 2]) == expected


def test_rules_that_wait_for_each_other_are_refused_by_name() -> None:
    with pytest.raises(CompileError, match=r"r1 → r2 → r1"):
        engine(COUNT | {"of": {"rule": "r2"}}, COUNT | {"of": {"rule": "r1"}})


def test_a_standing_alarm_of_a_group_survives_a_restart_and_ends_as_it_would_have() -> None:
    on = engine(COUNT, MISSING)
    standing = [Active(1, "sector", "north", "high", at(0)), Active(2, "attribute", "plate=AB", "low", at(0))]
    on.seed(Readings.of([1, 2, 3], [at(-5)] * 3, [3.0] * 3), standing)
    assert on.active() == standing
    assert on.advance(at(1000)) == []
    assert told(read(on, 3, 1010, 0)) == [("clear", "north", 1010, 0)]
    assert told(happen(on, "out", 1, 1020, plate="AB")) == [("clear", "plate=AB", 1020, 0)]


def test_a_rate_is_told_per_hour_once_its_window_is_half_full() -> None:
    on = engine(RATE)
    moves = [move for step in range(12) for move in read(on, 1, step * 60, step * 0.1)]
    assert told(moves) == [("raise", 1, 300, 300)]
    assert moves[0].evidence.value == pytest.approx(6.0)


def test_a_forecast_is_not_moved_by_a_wild_reading_and_says_when_the_limit_is_reached() -> None:
    on = engine({
        "kind": "forecast", "scope": {"quantity": "level"}, "window": 600, "within": 600, "direction": "above",
        "limits": [{"severity": "low", "limit": 2}],
    })  # fmt: skip
    moves = [move for step in range(15) for move in read(on, 1, step * 60, 9.0 if step == 3 else step * 0.1)]
    assert told(moves) == [("raise", 1, 660, 660)]
    assert moves[0].evidence.reached_at == pytest.approx(at(1200), abs=SECOND)


def test_windows_can_be_filled_from_what_was_read_before() -> None:
    spec = {
        "kind": "rate",
        "scope": {"quantity": "level"},
        "window": 600,
        "direction": "above",
        "limits": [{"severity": "low", "limit": 5}],
    }
    on = engine(spec)
    on.recall(Readings.of([1] * 6, [at(60 * step) for step in range(6)], [step * 0.1 for step in range(6)]))
    moves = read(on, 1, 360, 0.6)
    assert told(moves) == [("raise", 1, 360, 360)]
    assert (moves[0].evidence.samples, moves[0].evidence.value) == (7, pytest.approx(6.0))


@pytest.mark.parametrize("specs", [(), (COUNT,), (RATE,)], ids=["no rule", "no window", "the window of another point"])
def test_what_no_window_asks_for_is_recalled_by_none(specs: tuple[dict, ...]) -> None:
    rules = [ScopedRule(n, decode(spec), np.array([0], np.int32), f"r{n}") for n, spec in enumerate(specs, start=1)]
    on = Engine(town(), rules, T - HOUR)
    on.recall(Readings.of([2], [at(0)], [1.0]))
    on.recall(Readings.empty())
    assert read(on, 1, 60, 0.0) == []


def test_an_hour_that_was_seen_too_seldom_is_not_judged() -> None:
    hour = np.array([16, 16])
    one = np.ones(2)
    profiles = Profiles(np.array([1, 2]), hour, one, 1.5 * one, one, np.array([2, 3]), np.array([42, 63]))
    spec = {"kind": "anomaly", "scope": {"quantity": "level"}, "limits": [{"severity": "low", "limit": 3}]}
    on = engine(spec, profiles=profiles)
    assert read(on, 1, 0, 9) == []
    (raised,) = read(on, 2, 0, 9)
    assert (raised.evidence.reading, raised.evidence.median, raised.evidence.deviation) == (9, 1, 1.5)
    assert (raised.evidence.low, raised.evidence.high, raised.evidence.weeks, raised.evidence.samples) == (-2, 5.5, 3, 63)


def test_what_was_usual_until_the_hour_is_over_is_not_usual_after_it() -> None:
    one = np.ones(2)
    profiles = Profiles(np.array([1, 1]), np.array([16, 17]), np.array([1.0, 9.0]), one, one, np.full(2, 3), np.full(2, 63))
    on = engine({"kind": "anomaly", "limits": [{"severity": "low", "limit": 3}]} | LEVEL, profiles=profiles)
    minutes = (0, 30, 46, 47, 48)  # from 16:13:20 on
    assert [told(read(on, 1, minute * 60, 1.0)) for minute in minutes] == [[], [], [], [("raise", 1, 2820, 2820)], []]


@pytest.mark.parametrize(("direction", "strange"), [("above", 9.0), ("below", 1.0), ("both", 9.0), ("both", 1.0)])
def test_what_is_usual_again_ends_at_once_on_whichever_side_it_was_strange(direction: str, strange: float) -> None:
    one = np.ones(1)
    profiles = Profiles(np.array([1]), np.array([16]), 5 * one, one, one, np.full(1, 3), np.full(1, 63))
    spec = {"kind": "anomaly", "direction": direction, "limits": [{"severity": "low", "limit": 3}]}
    on = engine(spec | LEVEL, profiles=profiles)
    values = (5.0, strange, strange, 5.0, strange)
    moves = [told(read(on, 1, number, value)) for number, value in enumerate(values)]
    assert moves == [[], [("raise", 1, 1, 1)], [], [("clear", 1, 3, 1)], [("raise", 1, 4, 4)]]


def test_hours_of_the_week_follow_the_wall_clock_through_a_change() -> None:
    hours = HourOfWeek("Europe/Paris").of(np.array([MONDAY, MONDAY + HOUR, MONDAY + 40 * 168 * HOUR]))
    assert hours.tolist() == [0, 1, 0]
    # 25 October 2026: 02:00 comes twice.
    autumn = 1_792_886_400 * SECOND
    assert HourOfWeek("Europe/Paris").of(autumn + np.arange(3) * HOUR).tolist() == [146, 146, 147]


def test_long_subjects_are_cut_and_stay_apart() -> None:
    one, other = stable("a" * 100), stable("a" * 99 + "b")
    assert len(one) == len(other) == 80
    assert one != other
