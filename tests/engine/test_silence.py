"""The semantics of docs/reference/rules/silence.md, told one by one: who is silent, since when, and what ends it."""

import numpy as np
import pytest

from alarms.engine import (
    Active,
)
from assets.readings import Readings
from tests.engine.ruling import HOUR, MINUTE, SECOND, T, above, at, engine, read, register, silence


def test_an_asset_is_silent_once_its_intervals_have_passed_and_until_its_next_reading() -> None:
    on = engine(silence("asset", factor=3))
    read(on, 1, point=1)
    assert on.advance(at(180) - 1) == []
    silent = on.advance(at(180))
    assert [(move.subject, move.at, move.since) for move in silent] == [(11, at(180), T), (12, at(180), T), (13, at(180), T)]
    (heard,) = read(on, 1, point=2, start=200)
    assert (heard.kind, heard.subject, heard.at) == ("clear", 12, at(200))


def test_after_a_start_nobody_is_silent_before_a_full_period() -> None:
    on = engine(silence("asset"), started=at(1000))
    read(on, 1)
    assert on.advance(at(1000 + 179)) == []
    assert len(on.advance(at(1000 + 180))) == 3


def test_a_repeated_reading_is_no_sign_of_life_of_the_asset_but_of_the_feed() -> None:
    on = engine(silence("asset"), silence("feed"))
    for seconds in range(0, 181, 60):
        on.step(Readings.of([1], [T], [1.0], 0, [at(seconds)]), at(seconds))
    assert [alarm.subject_kind for alarm in on.active()] == ["asset"] * 3


def test_a_dead_feed_is_told_once_and_its_assets_are_not_declared_silent() -> None:
    over = register(points=1000)
    on = engine(silence("asset", factor=1), silence("feed"), above(2, on_delay=300), over=over)
    on.apply(Readings.of(over.point_id, np.full(1000, T), np.full(1000, 3.0)))
    moves = [move for seconds in range(0, 1000, 10) for move in on.advance(at(seconds))]
    assert [(move.subject_kind, move.subject, move.at) for move in moves] == [("feed", 5, at(180))]
    assert on.unknown_feeds == {5}


def test_when_the_feed_speaks_again_delays_go_on_and_silences_start_afresh() -> None:
    over = register(points=1000)
    on = engine(silence("asset"), silence("feed"), above(2, on_delay=300), over=over)
    on.apply(Readings.of(over.point_id, np.full(1000, T), np.full(1000, 3.0)))
    on.advance(at(1000))
    back = on.step(Readings.of([1], [at(1000)], [1.0]), at(1000)).transitions
    assert [move.kind for move in back if move.subject_kind == "feed"] == ["clear"]
    # Point 1 held its value to the end of its delay and came back; the others still hold theirs.
    assert sum(move.kind == "raise" for move in back) == 1000
    assert on.unknown_feeds == frozenset()
    assert on.advance(at(1179)) == []
    # The feed has said nothing since: again it is the feed, not a thousand assets.
    assert [move.subject_kind for move in on.advance(at(1181))] == ["feed"]


def test_the_example_of_the_page_on_silence_goes_as_told() -> None:
    on = engine(silence("asset", factor=2), silence("feed", factor=3), over=register(points=2))
    heard = {0: [1, 2], 100: [2], 400: [2], 460: [2], 520: [2]}
    moves = []
    for seconds in range(0, 530, 10):
        points = heard.get(seconds, [])
        batch = Readings.of(points, [at(seconds)] * len(points), [1.0] * len(points))
        moves += on.step(batch, at(seconds)).transitions
    assert [(move.kind, move.subject_kind, move.subject, (move.at - T) / SECOND) for move in moves] == [
        ("raise", "feed", 5, 280),
        ("clear", "feed", 5, 400),
        ("raise", "asset", 11, 520),
    ]


def test_a_word_without_a_reading_keeps_a_feed_alive() -> None:
    on = engine(silence("feed"))
    assert on.hear(5, at(100)) == []
    assert on.advance(at(279)) == []
    assert [move.kind for move in on.advance(at(280))] == ["raise"]
    assert [move.kind for move in on.hear(5, at(300))] == ["clear"]
    assert on.hear(404, at(300)) == []


def test_what_is_expected_at_no_interval_is_never_silent() -> None:
    on = engine(silence("feed"), over=register(feed_interval=0))
    assert on.advance(at(1e6)) == []


@pytest.mark.parametrize("of", ["feed", "asset"])
def test_what_a_broker_kept_ends_no_silence_and_puts_none_off(of: str) -> None:
    on = engine(silence(of, factor=3), above(2), over=register(points=2))
    said, kept = np.array([True, False]), np.array([False, True])
    on.step(Readings.of([1, 2], [at(0), at(0)], [1.0, 1.0]), at(0))
    moves = on.step(Readings.of([1, 2], [at(170)] * 2, [3.0, 3.0], 0, at(170)), at(170), retained=said | kept).transitions
    assert [(move.kind, move.rule, move.learned) for move in moves] == [("raise", 2, at(170))] * 2  # judged like any other
    silent = on.step(Readings.empty(), at(181)).transitions
    assert {(move.kind, move.rule, move.at) for move in silent} == {("raise", 1, at(180))}
    # In one batch: what the supervisor of point 1 says now, and what was kept of point 2.
    back = on.step(Readings.of([1, 2], [at(200), at(190)], [3.0, 3.0], 0, at(200)), at(200), retained=kept).transitions
    assert [(move.kind, move.rule, move.subject) for move in back] == [("clear", 1, {"feed": 5, "asset": 11}[of])]


def test_what_a_broker_kept_and_is_old_or_unknown_is_no_sign_of_life_either() -> None:
    on = engine(silence("feed", factor=3))
    on.step(Readings.of([1], [at(0)], [1.0]), at(0))
    batch = Readings.of([1, 1, 9, 2], [at(0), at(-9), at(1), at(900)], [1.0] * 4, 0, at(100))
    on.step(batch, at(100), retained=np.ones(4, bool))
    assert [move.at for move in on.advance(at(300))] == [at(180)]


def test_a_supervisor_whose_clock_is_ahead_is_told_as_such_and_not_as_silent() -> None:
    on = engine(silence("feed", factor=3), silence("asset", factor=5))
    on.step(Readings.of([1, 2, 3], [at(0)] * 3, [1.0] * 3), at(0))
    for seconds in (60, 120):
        assert on.hear_unusable(5, at(seconds), 7 * MINUTE, {1: 7 * MINUTE}) == []
    (raised,) = on.advance(at(180))
    assert (raised.kind, raised.rule, raised.evidence.ahead, raised.evidence.heard) == ("raise", 1, 7 * MINUTE, at(0))
    assert on.hear_unusable(5, at(190), 7 * MINUTE + 2 * SECOND, {}) == []  # it drifts: nothing new
    (behind,) = on.hear_unusable(5, at(200), -HOUR, {})
    assert (behind.kind, behind.previous, behind.severity, behind.evidence.ahead) == ("change", "high", "high", -HOUR)
    (back,) = on.step(Readings.of([1], [at(220)], [1.0]), at(220)).transitions
    assert (back.kind, back.evidence.ahead, back.evidence.heard) == ("clear", -HOUR, at(0))


def test_an_asset_whose_clock_is_ahead_is_told_as_such_while_its_feed_is_well() -> None:
    on = engine(silence("asset", factor=3), silence("feed"))
    on.step(Readings.of([1, 2], [at(0)] * 2, [1.0] * 2), at(0))
    moves = []
    for seconds in (60, 120, 180):
        on.hear_unusable(5, at(seconds), 0, {1: 2 * HOUR})
        moves += on.step(Readings.of([3], [at(seconds)], [1.0]), at(seconds)).transitions
    told = {(move.rule, move.subject, move.evidence.ahead) for move in moves}
    assert told == {(1, 11, 2 * HOUR), (1, 12, None)}


def test_what_speaks_without_being_of_use_and_then_says_nothing_at_all_is_silent() -> None:
    on = engine(silence("feed", factor=3))
    on.step(Readings.of([1], [at(0)], [1.0]), at(0))
    (raised,) = on.advance(at(180))
    assert raised.evidence.ahead is None
    (retold,) = on.hear_unusable(5, at(200), 0, {})
    assert (retold.kind, retold.evidence.ahead) == ("change", 0)
    assert on.hear_unusable(5, at(300), 0, {}) == []
    assert on.advance(at(479)) == []
    (fallen,) = on.advance(at(480))
    assert (fallen.kind, fallen.evidence.ahead, fallen.at) == ("change", None, at(480))
    assert on.advance(at(1000)) == []
    assert on.hear_unusable(9, at(1000), 0, {}) == []  # nobody's


def test_a_seeded_silence_knows_what_its_evidence_said() -> None:
    on = engine(silence("feed", factor=3))
    on.seed(Readings.empty(), [Active(1, "feed", 5, "high", at(-600), at(0), 7 * MINUTE)])
    assert on.accounts().of(on.active())[1, "feed", 5].evidence.ahead == 7 * MINUTE
    assert on.hear_unusable(5, at(60), 7 * MINUTE, {}) == []
    (back,) = on.step(Readings.of([1], [at(70)], [1.0]), at(70)).transitions
    assert (back.kind, back.evidence.ahead) == ("clear", 7 * MINUTE)


def test_a_seeded_silence_ends_only_with_something_newer() -> None:
    on = engine(silence("asset"), silence("feed"))
    standing = [Active(1, "asset", 11, "high", at(-1000)), Active(2, "feed", 5, "high", at(-1000))]
    assert on.seed(Readings.of([1], [at(-1000)], [1.0]), standing) == []
    assert on.active() == standing
    assert on.unknown_feeds == {5}
    assert [(move.kind, move.subject_kind) for move in read(on, 1)] == [("clear", "feed"), ("clear", "asset")]
