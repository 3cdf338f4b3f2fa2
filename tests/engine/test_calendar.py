"""When a rule is in force: on the site's wall clock, through both changes of the year, and what is told at the boundaries."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.engine.calendar import DAYS, Openings
from alarms.engine.evidence import CalendarEvidence
from alarms.engine.spec import SpecError, decode
from assets.readings import Readings
from tests.engine.test_kinds import COUNT, LEVEL, SECOND, T, at, engine, read, told

PARIS = ZoneInfo("Europe/Paris")
MINUTE = 60 * SECOND
SILENT = {"kind": "silence", "scope": {}, "of": "feed", "severity": "low"}


def openings(zone: str = "Europe/Paris", **calendar: object) -> Openings:
    return Openings(decode(SILENT | {"calendar": calendar}).calendar, zone)


def instant(text: str, fold: int = 0) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).timestamp()) * SECOND


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    nights = openings(weekly=[{"days": ["friday"], "from": "22:00", "to": "06:00"}])
    assert nights.open(instant("2026-09-25T22:00:00"))
    assert nights.open(instant("2026-09-26T05:59:59"))
    assert not nights.open(instant("2026-09-26T06:00:00"))
    assert not nights.open(instant("2026-09-25T05:00:00"))
    assert nights.next(instant("2026-09-25T12:00:00")) == instant("2026-09-25T22:00:00")
    assert nights.next(instant("2026-09-25T22:00:00")) == instant("2026-09-26T06:00:00")


def test_an_hour_that_comes_twice_is_inside_twice_and_one_that_is_skipped_never() -> None:
    early = openings(weekly=[{"from": "02:30", "to": "02:45"}])
    first, second = instant("2026-10-25T02:30:00"), instant("2026-10-25T02:30:00", fold=1)
    assert second - first == 60 * MINUTE
    assert [early.next(first - 1), early.next(first), early.next(first + 15 * MINUTE)] == [first, first + 15 * MINUTE, second]
    spring = instant("2026-03-29T01:00:00")
    assert early.next(spring) == instant("2026-03-30T02:30:00")


def test_a_boundary_in_the_skipped_hour_takes_effect_at_the_change() -> None:
    morning = openings(weekly=[{"from": "02:30", "to": "09:00"}])
    assert morning.next(instant("2026-03-29T00:30:00")) == instant("2026-03-29T03:00:00")


def test_an_exception_replaces_hours_and_dates_for_its_day() -> None:
    summer = openings(
        weekly=[{"from": "08:00", "to": "18:00"}], dates=[{"from": "2026-07-01", "to": "2026-08-31"}],
        exceptions=[{"date": "2026-07-14"}, {"date": "2026-12-25", "hours": [{"from": "10:00", "to": "24:00"}]}],
    )  # fmt: skip
    assert summer.open(instant("2026-08-31T17:59:00"))
    assert not summer.open(instant("2026-09-01T09:00:00"))
    assert not summer.open(instant("2026-07-14T09:00:00"))
    assert summer.open(instant("2026-12-25T23:59:00"))
    assert summer.next(instant("2026-09-01T00:00:00")) == instant("2026-12-25T10:00:00")


def test_what_never_closes_has_no_boundary() -> None:
    assert openings().next(T) is None


clocks = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7)
some_hours = st.fixed_dictionaries({"from": clocks, "to": clocks | st.just("24:00"), "days": days})
weeklies = st.lists(some_hours, min_size=1, max_size=3)
zones = st.sampled_from(["Europe/Paris", "Australia/Lord_Howe", "UTC"])
changes = [instant("2026-03-28T12:00:00"), instant("2026-10-24T12:00:00"), instant("2026-06-01T00:00:00")]


@given(weeklies, st.sampled_from(changes), st.integers(0, 48 * 60), zones)
def test_the_next_boundary_is_the_first_minute_that_answers_otherwise(weekly: list, start: int, minute: int, zone: str) -> None:
    asked = openings(zone, weekly=weekly)
    at = start + minute * MINUTE
    answer, found = asked.open(at), asked.next(at)
    minutes = range(at + MINUTE, at + 26 * 60 * MINUTE, MINUTE)
    boundary = next((later for later in minutes if asked.open(later) != answer), None)
    assert found == boundary if boundary is not None else found is None or found >= at + 26 * 60 * MINUTE


@pytest.mark.parametrize(
    ("calendar", "path", "reason"),
    [
        ({"weekly": [{"from": "25:00"}]}, "calendar.weekly[0].from", "matching regex"),
        ({"weekly": [{"days": ["lundi"]}]}, "calendar.weekly[0].days[0]", "Invalid enum value 'lundi'"),
        ({"dates": [{"from": "2026-02-01", "to": "2026-01-01"}]}, "calendar.dates[0]", "ends before it begins"),
        ({"exceptions": [{"date": "2026-02-01"}] * 2}, "calendar.exceptions", "a date is given twice"),
    ],
)
def test_a_refused_calendar_names_the_field_and_the_reason(calendar: dict, path: str, reason: str) -> None:
    with pytest.raises(SpecError) as refused:
        decode(SILENT | {"calendar": calendar})
    assert refused.value.path == path
    assert reason in refused.value.reason


# The instant T is a Monday, 16:13:20 in Paris.
RUNGS = [{"severity": "low", "limit": 2}, {"severity": "high", "limit": 4}]
ABOVE = {"kind": "threshold", "direction": "above", "limits": RUNGS} | LEVEL
UNTIL_FIVE = {"calendar": {"weekly": [{"from": "08:00", "to": "17:00"}]}}
CLOSING = instant("2026-09-21T17:00:00")
OPENING = instant("2026-09-22T08:00:00")


def test_what_stands_at_a_closing_is_cleared_and_what_holds_at_an_opening_is_raised_with_its_true_beginning() -> None:
    on = engine(ABOVE | UNTIL_FIVE)
    (raised,) = read(on, 1, 0, 3)
    (closed,) = on.advance(CLOSING)
    assert (closed.kind, closed.at, closed.since, closed.evidence) == ("clear", CLOSING, T, CalendarEvidence(CLOSING, OPENING))
    assert (on.active(), raised.kind) == ([], "raise")
    assert on.apply(Readings.of([1], [CLOSING + MINUTE], [5.0])).transitions == []
    (again,) = on.advance(OPENING + 5)
    assert (again.kind, again.at, again.since, again.severity) == ("raise", OPENING, CLOSING + MINUTE, "high")


def test_what_begins_and_ends_outside_is_never_told() -> None:
    on = engine(ABOVE | UNTIL_FIVE)
    night = [CLOSING + MINUTE, CLOSING + 2 * MINUTE]
    assert on.apply(Readings.of([1, 1], night, [3.0, 1.0])).transitions == []
    assert on.advance(OPENING) == []


def test_a_reading_from_before_the_closing_that_comes_after_it_is_told_and_closed() -> None:
    on = engine(ABOVE | UNTIL_FIVE)
    on.advance(CLOSING + MINUTE)
    (raised,) = on.apply(Readings.of([1], [CLOSING - MINUTE], [3.0], 0, [CLOSING + 2 * MINUTE])).transitions
    assert (raised.kind, raised.at) == ("raise", CLOSING - MINUTE)
    assert [(move.kind, move.at) for move in on.advance(CLOSING + 3 * MINUTE)] == [("clear", CLOSING)]


def test_a_count_keeps_its_hours_too() -> None:
    on = engine(COUNT | {"of": {"event": "x"}} | UNTIL_FIVE)
    assert told(on.advance(at(0))) == []
    assert on.active() == []
