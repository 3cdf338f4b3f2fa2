"""The test of truth for all ten kinds: columnar and incremental, the engine says what plain lists say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms.engine.spec import Missing, Predicate, Scope, Silence
from tests.engine.test_oracle import sounded
from tests.engine.wide_scripts import eventful_scripts, steady_scripts, wide_scripts
from tests.engine.wide_worlds import Event, WideWorld, recite_wide, run_wide, wide_worlds
from tests.engine.worlds import START, TICK, Reading, Wait

KINDS = ("condition", "rate", "forecast", "anomaly", "count", "sequence", "missing")
brief = settings(max_examples=max(settings().max_examples // 2, 1))
any_script = (wide_scripts, steady_scripts, eventful_scripts)
mixed = wide_worlds().flatmap(lambda world: st.tuples(st.just(world), st.one_of([s(len(world.assets)) for s in any_script])))


def of(kind: str) -> st.SearchStrategy:
    """Worlds in which this kind meets thresholds and silences, and scripts in which something happens to it."""
    worlds = wide_worlds((kind, kind, kind, "threshold", "silence"))
    busy = steady_scripts if kind in ("rate", "forecast", "anomaly", "condition") else eventful_scripts
    return worlds.flatmap(
        lambda world: st.tuples(
            st.just(world), wide_scripts(len(world.assets)) | busy(len(world.assets)) | busy(len(world.assets))
        )
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_what_the_oracle_says(kind: str) -> None:
    @brief
    @given(of(kind))
    def agree(case: tuple) -> None:
        world, script = case
        engine, oracle = world.engine(), world.oracle()
        assert sounded(run_wide(engine, script).moves) == recite_wide(oracle, script).moves
        assert engine.active() == oracle.active()

    agree()


def test_what_a_silent_feed_holds_back_takes_place_before_the_next_fact() -> None:
    door = Predicate(event="door")
    absence = Missing(scope=Scope(), first=door, then=door, by="asset", within=10, hold=20, severity="low")
    rules = ((100, absence, (1,)), (101, Silence(scope=Scope(), of="feed", severity="low", factor=1), (2,)))
    world = WideWorld((1, 1), ("level", "level"), (1, 2), (0, 0), (0, TICK), rules)

    def opened(feed: int, at: int) -> Event:
        return Event("door", 1, feed, at, at, {}, False)

    script = [opened(2, START), Wait(START + TICK), opened(1, START + TICK + 1)]
    engine, told = world.engine(), recite_wide(world.oracle(), script).moves
    assert [move.kind for move in told if move.rule == 100] == ["raise", "clear"]
    assert sounded(run_wide(engine, script).moves) == told


def test_a_silence_is_counted_from_the_newest_reading_whatever_order_readings_were_received_in() -> None:
    rules = ((100, Silence(scope=Scope(), of="asset", severity="low", factor=2), (1,)),)
    world = WideWorld((1,), ("level",), (1,), (TICK,), (0, 0), rules)

    def received(taken: int, came: int) -> Reading:
        return Reading(1, START + taken, 0.0, 0, START + came, False)

    for silent_before in (True, False):
        waited = [Wait(START + 2 * TICK)] if silent_before else []
        script = [*waited, received(0, 2 * TICK), received(TICK, TICK), Wait(START + 2 * TICK), Wait(START + 3 * TICK)]
        engine, told = world.engine(), recite_wide(world.oracle(), script).moves
        assert (told[-1].kind, told[-1].at) == ("raise", START + 3 * TICK)
        assert sounded(run_wide(engine, script).moves) == told


@given(mixed)
def test_all_kinds_together_say_what_the_oracle_says(case: tuple) -> None:
    world, script = case
    engine, oracle = world.engine(), world.oracle()
    assert sounded(run_wide(engine, script).moves) == recite_wide(oracle, script).moves
    assert engine.active() == oracle.active()


@given(mixed, st.data())
def test_cutting_the_same_readings_and_events_into_other_batches_changes_nothing(case: tuple, data: st.DataObject) -> None:
    world, script = case
    cuts = [data.draw(st.booleans()) for _ in script]
    whole, pieces = world.engine(), world.engine()
    assert sounded(run_wide(whole, script, [False] * len(script)).moves) == sounded(run_wide(pieces, script, cuts).moves)
    assert whole.active() == pieces.active()


@brief
@given(mixed)
def test_alarms_of_every_kind_alternate_between_raised_and_cleared(case: tuple) -> None:
    world, script = case
    standing: dict[tuple, str] = {}
    for move in run_wide(world.engine(), script).moves:
        alarm = (move.rule, move.subject_kind, move.subject)
        assert standing.get(alarm) == move.previous
        assert (move.kind == "raise") == (move.previous is None)
        if move.kind == "clear":
            assert standing.pop(alarm) == move.severity
        else:
            assert move.severity != move.previous
            standing[alarm] = move.severity
        assert move.since <= move.at
