"""Wherever an engine is built anew, it holds what the one that went on holds, and tells next what that one tells.

Not held against it: what came so late that it is older than what is replayed, as it is not stored that it came late; and what
came too late for a group that had ended by then (docs/reference/rules/missing.md, *After a restart*).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alarms.engine.calendar import Weekly
from alarms.engine.spec import (
    AtLeast,
    By,
    Calendar,
    Clause,
    Condition,
    Count,
    Forecast,
    Limit,
    Missing,
    Predicate,
    Scope,
    Silence,
    Spec,
    Threshold,
)
from tests.engine.rebuilding import Desk, put, stands
from tests.engine.wide_scripts import eventful_scripts, steady_scripts, wide_scripts
from tests.engine.wide_worlds import SECTORS, Event, WideScript, WideWorld, wide_worlds
from tests.engine.worlds import SECOND, START, Reading, Wait

KINDS = ("threshold", "state", "silence", "condition", "rate", "forecast", "anomaly", "count", "sequence", "missing")
BUSY = (steady_scripts, eventful_scripts, wide_scripts)
DOOR = Predicate(event="door")


def worlds_of(kind: str) -> st.SearchStrategy:
    worlds = wide_worlds((kind, kind, kind, "threshold", "silence"))
    return worlds.flatmap(
        lambda world: st.tuples(st.just(world), st.one_of([each(len(world.assets)) for each in BUSY]), st.floats(0, 1))
    )


def goes_on(world: WideWorld, script: WideScript, cut: int, believed: Callable[[bool], object] = bool) -> None:
    """`believed` is told whether what is stored tells all that is needed."""
    desk = Desk(world)
    desk.play(script[:cut])
    anew = desk.anew()
    believed(not desk.memory.misled)
    assert stands(anew.engine) == stands(desk.engine)
    assert anew.engine.unknown_feeds == desk.engine.unknown_feeds
    assert put(anew.play(script[cut:])) == put(desk.play(script[cut:]))


def outlived(world: WideWorld, script: WideScript) -> bool:
    """Whether an event is too late for another of its place that came before it by more than the time of an absence."""
    absences = [spec for _, spec, _ in world.rules if isinstance(spec, Missing)]
    least = min((spec.within * SECOND for spec in absences), default=math.inf)
    events = [each for each in script if isinstance(each, Event)]
    return any(
        late.at <= early.at - least and late.received - early.received > least and _may_meet(early, late)
        for place, late in enumerate(events)
        for early in events[:place]
    )


def _may_meet(one: Event, other: Event) -> bool:
    plates = one.attributes.get("plate"), other.attributes.get("plate")
    assets = one.asset, other.asset
    return (plates[0] is not None and plates[0] == plates[1]) or (
        None not in assets and SECTORS[assets[0] - 1] == SECTORS[assets[1] - 1]
    )


def try_many(kind: str, examples: int) -> None:
    @settings(max_examples=examples, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(worlds_of(kind))
    def somewhere(case: tuple) -> None:
        world, script, part = case
        assume(not outlived(world, script))
        goes_on(world, script, int(part * len(script)), assume)

    somewhere()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_goes_on_where_it_was(kind: str) -> None:
    try_many(kind, 12)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_goes_on_where_it_was_in_many_worlds(kind: str) -> None:
    try_many(kind, int(os.environ.get("WORLDS", "60")))


# What such worlds have found, each as a story.


def world(*rules: Spec, interval: int = 0, quantities: tuple[str, ...] = ("level", "level")) -> WideWorld:
    named = tuple((100 + place, spec, (1, 2)) for place, spec in enumerate(rules))
    return WideWorld((1, 3), quantities, (1, 2), (0, 0), (interval * SECOND, 0), named)


def read(second: int, value: float, taken: int | None = None, point: int = 1) -> Reading:
    return Reading(point, START + (second if taken is None else taken) * SECOND, value, 0, START + second * SECOND, True)


def event(second: int, asset: int = 1, at: int | None = None, feed: int = 1) -> Event:
    return Event("door", asset, feed, START + (second if at is None else at) * SECOND, START + second * SECOND, {}, True)


def wait(second: int) -> Wait:
    return Wait(START + second * SECOND)


def test_a_crowd_by_distance_that_stands_does_not_keep_a_site_from_being_built() -> None:
    crowd = Count(scope=Scope(), of=DOOR, by=By(metres=150.0), within=300, limits=(AtLeast(severity="low", at_least=1),))
    goes_on(world(crowd), [event(40), wait(60), wait(500)], 2)


def test_a_comparison_that_holds_by_its_deadband_alone_goes_on_holding() -> None:
    wet = Condition(scope=Scope(), when=Clause(quantity="level", above=2.0, deadband=1.0), severity="high")
    script = [read(0, 2.5), read(60, 1.5), *(read(each, 1.5) for each in range(120, 900, 60)), wait(900)]
    for cut in range(1, len(script)):
        goes_on(world(wet), script, cut)


def test_what_a_calendar_holds_back_is_told_when_it_opens() -> None:
    """The scripts begin at 16:13; the rule's hours end at 16:14 and begin again at 16:20."""
    hours = Calendar(weekly=(Weekly(start="00:00", end="16:14"), Weekly(start="16:20", end="24:00")))
    high = Threshold(
        scope=Scope(quantity="level"),
        direction="above",
        limits=(Limit(severity="high", limit=2.0),),
        deadband=1.0,
        calendar=hours,
    )
    script = [read(5, 2.5), *(read(each, 1.5) for each in range(30, 700, 30)), wait(700)]
    for cut in range(1, len(script)):
        goes_on(world(high), script, cut)


def test_a_rule_about_silences_knows_those_that_began_and_ended_before() -> None:
    silent = Silence(scope=Scope(), of="feed", severity="high", factor=1, minimum=30)
    second = Count(
        scope=Scope(), of=Predicate(rule="rule-100"), by="site", within=3600, distinct="occurrence",
        limits=(AtLeast(severity="low", at_least=2),),
    )  # fmt: skip
    script = [read(0, 1.0), wait(60), read(70, 1.0), wait(80), wait(140), read(150, 1.0), wait(160)]
    for cut in range(1, len(script)):
        goes_on(world(silent, second, interval=30), script, cut)


def test_an_event_that_was_long_on_its_way_is_not_forgotten() -> None:
    absence = Missing(scope=Scope(), first=DOOR, then=Predicate(event="plate"), by="asset", within=60, hold=120, severity="low")
    script = [event(700, at=100), wait(710), wait(760), wait(900)]
    for cut in range(1, len(script)):
        goes_on(world(absence), script, cut)


@pytest.mark.parametrize("points", [(1, 2), (1,)])
def test_what_waits_for_an_alarm_that_time_brought_does_not_wait_as_long_as_nobody_listened(points: tuple[int, ...]) -> None:
    """One reading, and then only time: a delay ends, then the wait for what should follow, then the alarm that it did not."""
    high = Threshold(
        scope=Scope(quantity="level"), direction="above", limits=(Limit(severity="low", limit=0.0),), on_delay=10
    )  # fmt: skip
    absence = Missing(scope=Scope(), first=Predicate(rule="rule-100"), then=DOOR, by="asset", within=10, hold=20, severity="low")
    named = ((100, high, (2,)), (101, absence, points))
    alone = WideWorld((1, 1), ("level", "level"), (1, 1), (0, 0), (0, 0), named)
    script = [read(0, 1.0, point=2), *(wait(second) for second in range(0, 100, 2))]
    for cut in range(1, len(script)):
        goes_on(alone, script, cut)


def test_a_station_whose_clock_is_ahead_was_heard_when_it_was() -> None:
    silent = Silence(scope=Scope(), of="feed", severity="high", factor=1, minimum=30)
    script = [read(0, 1.0), read(40, 1.0, taken=60), wait(90), wait(130)]
    for cut in range(1, len(script)):
        goes_on(world(silent, interval=30), script, cut)


def test_a_trend_whose_window_began_before_the_replay_is_taken_as_told() -> None:
    """A longer window of another rule decides how far back all is replayed: from between the first reading and the second."""
    short, long = (
        Forecast(
            scope=Scope(quantity="level"), settling=30, window=window, within=10, direction="above",
            limits=(Limit(severity="low", limit=-1.0),),
        )
        for window in (60, 300)
    )  # fmt: skip
    script = [*(read(second, 0.0) for second in (-10, 10, 20)), wait(430)]
    goes_on(world(short, long), script, len(script))


def test_what_comes_too_late_for_a_group_is_passed_over_for_as_long_as_somebody_remembers_the_group() -> None:
    """Time ends the group at 90 s. The event of 260 s before the beginning then finds none, and makes one; a replay of both, in
    which no time passes between them, finds it still there. What stands is the same, and nothing else is told of it."""
    alone = Missing(scope=Scope(), first=DOOR, then=DOOR, by="asset", within=10, hold=20, severity="low")
    script = [event(70, at=60), wait(130), event(140, at=-260), wait(200)]
    assert outlived(world(alone), script)
    desk = Desk(world(alone))
    assert [move.kind for move in desk.play(script[:3])] == ["raise", "clear"]
    anew = desk.anew()
    assert stands(anew.engine) == stands(desk.engine) == set()
    assert [move.kind for move in desk.play(script[3:])] == ["raise", "clear"]
    assert anew.play(script[3:]) == []
