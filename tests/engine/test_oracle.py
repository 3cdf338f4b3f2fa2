"""The test of truth: whatever happens, in whatever batches, the engine says what a person following the rules would say."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms.engine import Transition
from assets.readings import BAD
from tests.engine.oracle import flag_past
from tests.engine.worlds import Reading, Script, World, recite, run, scripts, worlds

thorough = settings(max_examples=2 * settings().max_examples)
brief = settings(max_examples=max(settings().max_examples // 2, 1))
worlds_with_scripts = worlds().flatmap(lambda world: st.tuples(st.just(world), scripts(len(world.assets))))


def sounded(moves: list[Transition]) -> list[Transition]:
    """Without the one flag that depends on what was learned together."""
    return [msgspec.structs.replace(move, past=False) for move in moves]


@thorough
@given(worlds_with_scripts)
def test_the_engine_says_what_the_oracle_says(case: tuple[World, Script]) -> None:
    world, script = case
    engine, oracle = world.engine(), world.oracle()
    told, expected = run(engine, script), recite(oracle, script)
    assert sounded(told.moves) == expected.moves
    assert told.counts == expected.counts
    assert engine.active() == oracle.active()
    assert engine.unknown_feeds == oracle.unknown_feeds


@thorough
@given(worlds_with_scripts, st.data())
def test_cutting_the_same_readings_into_other_batches_changes_nothing(case: tuple[World, Script], data: st.DataObject) -> None:
    world, script = case
    cuts = [data.draw(st.booleans()) for _ in script]
    whole, pieces = world.engine(), world.engine()
    assert sounded(run(whole, script, [False] * len(script)).moves) == sounded(run(pieces, script, cuts).moves)
    assert whole.active() == pieces.active()


@brief
@given(worlds_with_scripts)
def test_what_began_and_ended_long_ago_in_one_step_is_flagged_past_and_nothing_else_is(case: tuple[World, Script]) -> None:
    world, script = case
    for moves in run(world.engine(), script).steps:
        assert [move.past for move in moves] == flag_past(moves)


@brief
@given(worlds_with_scripts)
def test_alarms_of_a_subject_alternate_between_raised_and_cleared(case: tuple[World, Script]) -> None:
    world, script = case
    standing: dict[tuple[int, str, int], str] = {}
    for move in run(world.engine(), script).moves:
        alarm = (move.rule, move.subject_kind, move.subject)
        assert standing.get(alarm) == move.previous
        assert (move.kind == "raise") == (move.previous is None)
        if move.kind == "clear":
            assert standing.pop(alarm) == move.severity
        else:
            assert move.severity != move.previous
            standing[alarm] = move.severity
        assert move.since <= move.at


@brief
@given(worlds_with_scripts)
def test_readings_of_bad_quality_or_that_are_no_number_never_move_a_level_by_themselves(case: tuple[World, Script]) -> None:
    world, script = case
    useless = [
        replace(entry, value=math.nan) if index % 2 else replace(entry, quality=BAD)
        for index, entry in enumerate(script)
        if isinstance(entry, Reading)
    ]
    assert not [move for move in run(world.engine(), useless).moves if move.subject_kind == "point"]
