"""Would-be alarms and their figures, by hand-made transitions."""

import datetime as dt

import pytest

from alarms.backtests.figures import figures
from alarms.backtests.wouldbe import WouldBeAlarms, match
from alarms.engine.transitions import StateEvidence, Transition
from assets.instants import microseconds

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
START = microseconds(dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC))
"""Midnight in Paris of the day on which the clocks go forward."""


def move(kind: str, at: int, subject: int = 1, severity: str = "high", version: int = 7) -> Transition:
    previous = None if kind == "raise" else "low"
    return Transition(kind, version, "point", subject, severity, previous, at, at, at, StateEvidence(1, at, (1,), 1, at, 0))


def ledger(*moves: Transition) -> WouldBeAlarms:
    kept = WouldBeAlarms()
    kept.note(moves)
    return kept


def test_an_alarm_goes_from_its_raise_to_its_clear_and_keeps_the_worst_severity():
    moves = (move("raise", 0, severity="low"), move("change", 5, severity="critical"), move("change", 7, severity="medium"))
    [alarm] = ledger(*moves, move("clear", 9, severity="medium")).found
    assert (alarm.severity, alarm.at, alarm.cleared_at, alarm.subject) == ("critical", 0, 9, "point:1")


def test_two_versions_and_two_subjects_do_not_mix():
    found = ledger(move("raise", 0), move("raise", 1, version=8), move("raise", 2, subject=2), move("clear", 3)).found
    assert [(alarm.version, alarm.subject, alarm.cleared_at) for alarm in found] == [
        (7, "point:1", 3), (8, "point:1", None), (7, "point:2", None),
    ]  # fmt: skip


def test_a_clear_without_a_raise_is_of_before_the_trial():
    assert ledger(move("clear", 3)).found == []


def test_only_what_is_raised_in_the_period_counts():
    kept = ledger(move("raise", 1), move("clear", 5), move("raise", 10), move("clear", 11), move("raise", 20))
    assert [alarm.at for alarm in kept.within(10, 20)] == [10]


def test_what_overlaps_about_the_same_subject_is_the_same_alarm():
    new = ledger(move("raise", 0), move("clear", 10), move("raise", 50), move("raise", 5, subject=2)).found
    old = ledger(move("raise", 8), move("clear", 20), move("raise", 30), move("clear", 40), move("raise", 5, subject=3)).found
    added, removed = match(new, old)
    assert [(alarm.at, alarm.subject) for alarm in added] == [(50, "point:1"), (5, "point:2")]
    assert [(alarm.at, alarm.subject) for alarm in removed] == [(30, "point:1"), (5, "point:3")]


def test_days_and_hours_are_those_of_the_site_also_when_the_clocks_change():
    before, after = START + HOUR, START + 2 * HOUR  # 01:00 and, after the change, 04:00 minus the missing hour: 03:00
    told = figures(ledger(move("raise", before), move("raise", after, subject=2)).found, START, START + 2 * DAY, "Europe/Paris")
    assert [(day.date, day.count) for day in told.days] == [("2026-03-29", 2), ("2026-03-30", 0), ("2026-03-31", 0)]
    assert {hour: count for hour, count in enumerate(told.hours) if count} == {1: 1, 3: 1}


def test_durations_are_of_what_cleared_and_the_rest_stands():
    moves = [move("raise", START), move("clear", START + 10 * MINUTE), move("raise", START, subject=2)]
    told = figures(ledger(*moves).found, START, START + HOUR, "UTC")
    assert (told.count, told.standing, told.durations.median, told.durations.longest) == (2, 1, 600, 600)
    assert [(top.subject, top.count, top.seconds) for top in told.top] == [("point:1", 1, 600), ("point:2", 1, 3600)]


@pytest.mark.parametrize(
    ("per_period", "verdict"), [(0, "acceptable"), (1, "acceptable"), (2, "manageable"), (3, "too many"), (11, "too many")]
)
def test_the_load_is_judged_as_the_standard_does(per_period, verdict):
    moves = [
        move("raise", START + period * 10 * MINUTE + n, subject=period * 100 + n)
        for period in range(6)
        for n in range(per_period)
    ]
    load = figures(ledger(*moves).found, START, START + HOUR, "UTC").load
    assert (load.average, load.worst, load.verdict) == (per_period, per_period, verdict)
    assert load.floods == (6 if per_period > 10 else 0)


def test_nothing_at_all_has_figures_too():
    told = figures([], START, START + HOUR, "UTC")
    assert (told.count, told.load.average, told.durations.median, len(told.days), sum(told.hours)) == (0, 0, 0, 1, 0)
