"""Who is expected when: weekly turns over a change of summer time, exceptions, holidays, and calendars of others in and out."""

import datetime as dt
import time
from zoneinfo import ZoneInfo

import pytest

from response import rota
from response.rota import BadCalendar, Turn, between, expected, french_holidays, sound

PARIS = ZoneInfo("Europe/Paris")
HOUR = dt.timedelta(hours=1)


def at(*clock: int, fold: int = 0) -> dt.datetime:
    return dt.datetime(*clock, tzinfo=PARIS, fold=fold)


def wall(*clock: int) -> dt.datetime:
    return dt.datetime(*clock)  # noqa: DTZ001 - a wall clock has no zone


def turn(starts: tuple, ends: tuple, repeats: str = "", **told) -> Turn:
    return sound(Turn(wall(*starts), wall(*ends), "Europe/Paris", repeats=repeats, **told))


NIGHT = turn((2026, 1, 1, 22), (2026, 1, 2, 6), rota.weekly(range(7)), who="anna")
DAY = turn((2026, 1, 5, 6), (2026, 1, 5, 22), rota.weekly(range(5)), who="bruno")


def who(turns, moment):
    return [each.turn.who for each in expected(turns, moment, french_holidays)]


def test_a_turn_begins_at_its_first_minute_and_ends_before_its_last():
    turns = [NIGHT, DAY]
    assert who(turns, at(2026, 3, 4, 5, 59)) == ["anna"]
    assert who(turns, at(2026, 3, 4, 6)) == ["bruno"]
    assert who(turns, at(2026, 3, 4, 22)) == ["anna"]
    assert who(turns, at(2026, 3, 7, 12)) == []
    assert who(turns, at(2025, 12, 31, 23)) == []


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 28), 7), ((2026, 10, 24), 9), ((2026, 6, 1), 8)])
def test_a_night_keeps_its_hours_on_the_wall_and_is_as_long_as_the_change_makes_it(day, hours):
    (only,) = between([NIGHT], at(*day, 23), at(*day, 23, 1), french_holidays)
    assert only.ends - only.begins == hours * HOUR
    assert (only.begins.astimezone(PARIS).hour, only.ends.astimezone(PARIS).hour) == (22, 6)


def test_an_hour_that_comes_twice_is_held_twice_and_one_that_is_skipped_leaves_no_gap():
    turns = [turn((2026, 1, 1, 0), (2026, 1, 1, 2, 30), rota.weekly(range(7)), who="a"),
             turn((2026, 1, 1, 2, 30), (2026, 1, 1, 8), rota.weekly(range(7)), who="b")]  # fmt: skip
    assert who(turns, at(2026, 10, 25, 2, 15, fold=1)) == ["a", "b"]  # the clocks were at 2:30 already once
    for minutes in range(0, 180, 5):
        assert len(who(turns, at(2026, 3, 29, 0, 30) + dt.timedelta(minutes=minutes))) == 1


def test_what_is_instead_cuts_what_is_usual_and_nothing_else():
    away = turn((2026, 3, 4, 8), (2026, 3, 4, 12), who="zoe", instead=True)
    shut = turn((2026, 3, 5, 6), (2026, 3, 5, 22), instead=True, nobody=True)
    turns = [DAY, away, shut]
    found = between(turns, at(2026, 3, 4), at(2026, 3, 6), french_holidays)
    found = [(each.turn.who, each.begins.astimezone(PARIS).hour) for each in found]
    assert found == [("bruno", 6), ("zoe", 8), ("bruno", 12)]
    assert who(turns, at(2026, 3, 5, 12)) == []


def test_public_holidays_leave_out_a_turn_or_are_the_days_of_another():
    usual = turn((2026, 1, 5, 6), (2026, 1, 5, 22), rota.weekly(range(5)), who="a", holidays="not")
    feast = turn((2026, 1, 1, 6), (2026, 1, 1, 22), "FREQ=DAILY", who="b", holidays="only")
    assert who([usual, feast], at(2026, 4, 6, 12)) == ["b"]  # Easter Monday
    assert who([usual, feast], at(2026, 4, 7, 12)) == ["a"]
    assert dt.date(2026, 5, 14) in french_holidays(2026)  # Ascension
    assert len(french_holidays(2026)) == 11


@pytest.mark.parametrize(
    ("starts", "ends", "repeats", "code"),
    [
        ((2026, 1, 1, 8), (2026, 1, 1, 8), "", "bad_length"),
        ((2026, 1, 1), (2026, 1, 20), "", "bad_length"),
        ((1026, 1, 1, 8), (1026, 1, 1, 9), "", "out_of_time"),
        ((2026, 1, 1, 8), (2026, 1, 1, 9), "FREQ=SECONDLY", "unknown_repetition"),
        ((2026, 1, 1, 8), (2026, 1, 1, 9), "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never"),
        ((2026, 1, 1, 8), (2026, 1, 1, 9), "FREQ=WEEKLY;BYDAY=XX", "unknown_repetition"),
        ((2026, 1, 1, 8), (2026, 1, 1, 9), "FREQ=WEEKLY;INTERVAL=0", "unknown_repetition"),
        ((2026, 1, 1, 8), (2026, 1, 1, 9), "FREQ=DAILY;UNTIL=20251201T000000", "never"),
    ],
)
def test_what_cannot_be_a_turn_is_refused_by_name(starts, ends, repeats, code):
    with pytest.raises(BadCalendar) as bad:
        turn(starts, ends, repeats)
    assert bad.value.code == code


def never(*rules: str) -> bytes:
    event = "BEGIN:VEVENT\r\nDTSTART:20260302T080000\r\nDTEND:20260302T160000\r\nSUMMARY:Anna\r\nRRULE:{}\r\nEND:VEVENT\r\n"
    return f"BEGIN:VCALENDAR\r\n{''.join(map(event.format, rules))}END:VCALENDAR\r\n".encode()


@pytest.mark.parametrize(
    "content",
    [
        never(*["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * 2_000),
        never(*["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYDAY=MO;BYSETPOS=1"] * 290),
        never(*["FREQ=DAILY"] * 301),
    ],
    ids=["never", "seldom", "many"],
)
def test_a_calendar_that_would_be_counted_for_minutes_is_refused_soon(content):
    begun = time.process_time()
    with pytest.raises(BadCalendar) as bad:
        rota.read(content, "Europe/Paris")
    assert bad.value.code == "too_many"
    assert time.process_time() - begun < 20  # without a bound, hours


OTHERS = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Another house//EN\r
BEGIN:VEVENT\r
UID:1@other\r
DTSTART;TZID=Europe/Paris:20260302T080000\r
DTEND;TZID=Europe/Paris:20260302T160000\r
RRULE:FREQ=WEEKLY;BYDAY=MO,TU;UNTIL=20260331T215959Z\r
EXDATE;TZID=Europe/Paris:20260309T080000\r
SUMMARY:Anna Le Goff\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:1@other\r
RECURRENCE-ID;TZID=Europe/Paris:20260310T080000\r
DTSTART;TZID=Europe/Paris:20260310T100000\r
DTEND;TZID=Europe/Paris:20260310T180000\r
SUMMARY:Bruno\r
ATTENDEE;CN=Bruno:mailto:Bruno@ville.example\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2@other\r
DTSTART:20260302T220000Z\r
DURATION:PT8H\r
RRULE:FREQ=DAILY;COUNT=3\r
SUMMARY:Nuit\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3@other\r
DTSTART:20260302T220000Z\r
DURATION:PT8H\r
RRULE:FREQ=HOURLY\r
SUMMARY:Toutes les heures\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4@other\r
DTSTART;VALUE=DATE:20260314\r
DTEND;VALUE=DATE:20260316\r
SUMMARY:Week-end\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_a_calendar_of_another_program_is_read_with_its_exceptions_and_what_cannot_be_kept_is_named():
    turns, refused = rota.read(OTHERS, "Europe/Paris")
    assert refused == [("Toutes les heures", "unknown_repetition")]
    assert who(turns, at(2026, 3, 3, 9)) == ["Anna Le Goff"]
    assert who(turns, at(2026, 3, 9, 9)) == []
    assert (who(turns, at(2026, 3, 10, 9)), who(turns, at(2026, 3, 10, 17))) == ([], ["bruno@ville.example"])
    assert (who(turns, at(2026, 3, 31, 9)), who(turns, at(2026, 4, 6, 9))) == (["Anna Le Goff"], [])
    assert [who(turns, at(2026, 3, day, 2)) for day in (3, 4, 5, 6)] == [["Nuit"], ["Nuit"], ["Nuit"], []]
    assert who(turns, at(2026, 3, 15, 23, 59)) == ["Week-end"]


def test_what_is_written_is_read_again_as_it_was():
    every_other = rota.weekly([0, 2], 2, dt.date(2026, 7, 31))
    turns = [
        NIGHT,
        turn((2026, 1, 5, 6), (2026, 1, 5, 22), every_other, who="b", uid="u", holidays="not"),
        turn((2026, 3, 4, 8), (2026, 3, 4, 12), who="zoe", instead=True, uid="i"),
        turn((2026, 3, 5, 8), (2026, 3, 5, 12), instead=True, nobody=True, uid="n"),
        turn((2026, 3, 6, 8), (2026, 3, 6, 12), "FREQ=DAILY", excluded=(wall(2026, 3, 9, 8),), uid="x"),
    ]
    told = rota.write([(each, f"Chef de quart : {each.who}") for each in turns], "Rota", at(2026, 1, 1))
    assert b"BEGIN:VTIMEZONE" in told
    again = rota.read(told, "UTC")
    assert (again.turns, again.refused) == (turns, [])


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\0", b"BEGIN:VCALENDAR\r\n", b"a,b,c\n1,2,3\n", b"BEGIN:VEVENT\r\nEND:VCALENDAR"]
)
def test_what_is_no_calendar_is_refused(content):
    with pytest.raises(BadCalendar):
        rota.read(content, "Europe/Paris")
