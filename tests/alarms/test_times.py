"""When a maintenance window runs: also on the nights when the clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.maintenance.times import Period, Schedule, local

PARIS = ZoneInfo("Europe/Paris")
EVER = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def weekly(day: int, begin: str, until: str, **bounds) -> Schedule:
    times = (dt.time.fromisoformat(begin), dt.time.fromisoformat(until))
    return Schedule(bounds.get("starts_at", EVER), bounds.get("ends_at"), PARIS, [day], *times)


def test_once_it_runs_from_its_start_to_just_before_its_end():
    times = Schedule(utc("2026-03-01T10:00"), utc("2026-03-01T12:00"), PARIS)
    assert times.at(utc("2026-03-01T10:00")) == Period(utc("2026-03-01T10:00"), utc("2026-03-01T12:00"))
    assert times.at(utc("2026-03-01T12:00")) is None
    assert times.after(utc("2026-03-01T09:00")).start == utc("2026-03-01T10:00")
    assert times.after(utc("2026-03-01T10:00")) is None


@pytest.mark.parametrize(
    ("night", "start", "end"),
    [
        ("2026-03-22T00:00", "2026-03-21T21:00", "2026-03-22T04:00"),  # winter time
        ("2026-03-29T00:00", "2026-03-28T21:00", "2026-03-29T03:00"),  # an hour is skipped
        ("2026-04-05T00:00", "2026-04-04T20:00", "2026-04-05T03:00"),  # summer time
        ("2026-10-25T00:00", "2026-10-24T20:00", "2026-10-25T04:00"),  # an hour happens twice
    ],
)
def test_every_saturday_from_22_to_5_follows_the_clocks_of_the_site(night, start, end):
    assert weekly(6, "22:00", "05:00").at(utc(night)) == Period(utc(start), utc(end))


def test_a_time_that_the_change_skips_is_the_change_and_one_that_happens_twice_is_its_first_or_its_last():
    skipped, twice = dt.datetime(2026, 3, 29, 2, 30), dt.datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 (local on purpose)
    assert local(skipped, PARIS, last=False) == local(skipped, PARIS, last=True) == utc("2026-03-29T01:00")
    assert local(twice, PARIS, last=False) == utc("2026-10-25T00:30")
    assert local(twice, PARIS, last=True) == utc("2026-10-25T01:30")


def test_the_same_time_twice_is_a_whole_day_and_bounds_cut():
    whole = weekly(7, "00:00", "00:00")
    assert whole.at(utc("2026-06-07T12:00")) == Period(utc("2026-06-06T22:00"), utc("2026-06-07T22:00"))
    cut = weekly(7, "00:00", "00:00", starts_at=utc("2026-06-07T10:00"), ends_at=utc("2026-06-07T11:00"))
    assert cut.at(utc("2026-06-07T10:30")) == Period(utc("2026-06-07T10:00"), utc("2026-06-07T11:00"))
    assert cut.at(utc("2026-06-14T10:30")) is None


@given(
    now=st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2028, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001 (bounds)
    day=st.integers(1, 7), begin=st.times(), until=st.times(),
)  # fmt: skip
def test_on_the_clock_of_the_site_it_runs_exactly_between_its_times(now, day, begin, until):
    begin, until = begin.replace(second=0, microsecond=0), until.replace(second=0, microsecond=0)
    shown = now.astimezone(PARIS)
    if any((shown + dt.timedelta(hours=step)).utcoffset() != shown.utcoffset() for step in range(-49, 50)):
        return  # the nights of the change have their own test
    first = shown.isoweekday() == day and begin <= shown.time() and (until <= begin or shown.time() < until)
    second = until <= begin and shown.isoweekday() == day % 7 + 1 and shown.time() < until
    running = Schedule(EVER, None, PARIS, [day], begin, until).at(now)
    assert (running is not None) == (first or second)
