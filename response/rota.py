"""Who is expected when: recurring turns on the clocks of a zone, their exceptions, and the same as an iCalendar file. Pure.

A turn that repeats keeps its hours on the wall clock: a night from 22:00 to 06:00 lasts seven hours when the clocks go forward
and nine when they go back. A local time that happens twice counts from its first to its last; one that is skipped is the instant
of the change.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import holidays
import icalendar
import msgspec
from dateutil.easter import easter
from dateutil.rrule import rrulestr

from alarms.maintenance.times import local

DAY = dt.timedelta(days=1)
LONGEST = 8 * DAY
"""Of one turn: a week on call, and the day on which it is handed over."""
FURTHEST = 800 * DAY
"""Over how long one may ask at once."""
MOST_BYTES, MOST_TURNS, MOST_EXCLUDED = 1 << 20, 2_000, 1_000
MOST_REPEATING, MOST_IN_VAIN = 300, 10
"""Turns of one file that repeat, and those that never come: each is counted through when it is read."""
FIRST_YEAR, LAST_YEAR = 2000, 2199
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST", "UNTIL", "COUNT"}
WHO = "X-VIGIE-PERSON"
HOLIDAYS = "X-VIGIE-HOLIDAYS"
INSTEAD = "X-VIGIE-INSTEAD"
LATE = 19 * 400
"""Years, a multiple of those after which the calendar repeats itself."""
CLOCK = "%Y%m%dT%H%M%S"
"""How a time is written in an RRULE."""
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

Holidays = Callable[[int], Collection[dt.date]]
"""The public holidays of a year."""


class BadCalendar(Exception):
    """It is no calendar, or a turn of it cannot be kept; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Turn(msgspec.Struct, frozen=True):
    """One line of a rota. `starts` and `ends` are naive, on the clocks of `zone`; `repeats` is an RRULE whose UNTIL is
    too; empty: once.

    `who` is a login, or empty: somebody, whoever it is. An `instead` replaces, while it lasts, all turns that are none; with
    `nobody` set nobody is expected. `holidays`: as on any day, not on them, or on them only, by the day it starts.
    """

    starts: dt.datetime
    ends: dt.datetime
    zone: str
    who: str = ""
    repeats: str = ""
    excluded: tuple[dt.datetime, ...] = ()
    holidays: Literal["any", "not", "only"] = "any"
    instead: bool = False
    nobody: bool = False
    uid: str = ""


class Stretch(NamedTuple):
    """From `begins` (included) to `ends` (not), in UTC."""

    begins: dt.datetime
    ends: dt.datetime
    turn: Turn


class ReadTurns(NamedTuple):
    """What a file holds; `refused`: of each event that cannot be kept its name and the code why."""

    turns: list[Turn]
    refused: list[tuple[str, str]]


# --- who is expected ---


def expected(turns: Iterable[Turn], at: dt.datetime, holidays: Holidays) -> list[Stretch]:
    """What runs at an instant, and whose turn it is."""
    at = at.astimezone(dt.UTC)  # where an hour that comes twice is two
    return [each for each in between(turns, at, at + dt.timedelta(microseconds=1), holidays) if each.begins <= at < each.ends]


def between(turns: Iterable[Turn], begins: dt.datetime, ends: dt.datetime, holidays: Holidays) -> list[Stretch]:
    """What runs at some time of a period, whole at both ends, by its beginning; cut where something else runs instead of it."""
    begins, ends = begins.astimezone(dt.UTC), ends.astimezone(dt.UTC)
    if ends - begins > FURTHEST:
        raise ValueError(f"more than {FURTHEST.days} days")
    usual, others = [], []
    for turn in turns:
        (others if turn.instead else usual).extend(_stretches(turn, begins, ends, holidays))
    kept = [part for each in usual for part in _without(each, others)]
    kept += [each for each in others if not each.turn.nobody]
    found = [each for each in kept if each.begins < ends and each.ends > begins]
    return sorted(found, key=lambda each: (each.begins, each.ends, each.turn.who))


def closures(turns: Iterable[Turn], begins: dt.datetime, ends: dt.datetime, holidays: Holidays) -> list[Stretch]:
    """When nobody is expected, at some time of a period, because an exception says so; whole at both ends, by its beginning."""
    begins, ends = begins.astimezone(dt.UTC), ends.astimezone(dt.UTC)
    found = [each for turn in turns if turn.nobody for each in _stretches(turn, begins, ends, holidays)]
    return sorted(found, key=lambda each: (each.begins, each.ends))


def _without(stretch: Stretch, others: Collection[Stretch]) -> list[Stretch]:
    parts = [stretch]
    for other in others:
        left = [Stretch(part.begins, min(part.ends, other.begins), part.turn) for part in parts]
        right = [Stretch(max(part.begins, other.ends), part.ends, part.turn) for part in parts]
        parts = [part for part in (*left, *right) if part.begins < part.ends]
    return parts


def _stretches(turn: Turn, begins: dt.datetime, ends: dt.datetime, holidays: Holidays) -> Iterator[Stretch]:
    zone, length = ZoneInfo(turn.zone), turn.ends - turn.starts
    first = begins.astimezone(zone).replace(tzinfo=None) - length - DAY
    last = ends.astimezone(zone).replace(tzinfo=None) + DAY
    for start in _starts(turn, first, last):
        if start in turn.excluded:
            continue
        if turn.holidays != "any" and (start.date() in holidays(start.year)) != (turn.holidays == "only"):
            continue
        stretch = Stretch(local(start, zone, last=False), local(start + length, zone, last=True), turn)
        if stretch.begins < stretch.ends and stretch.begins < ends and stretch.ends > begins:
            yield stretch


def _starts(turn: Turn, first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    if not turn.repeats:
        return (each for each in (turn.starts,) if first <= each <= last)
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return (each for month in months for each in _of_month(turn.repeats, turn.starts, month) if first <= each <= last)


@lru_cache(maxsize=4096)  # a rule is counted from its first day: once a month and process, not at each question
def _of_month(repeats: str, starts: dt.datetime, month: int) -> tuple[dt.datetime, ...]:
    """Its times in a month, counted from the year 0."""
    first, after = (_midnight(dt.date(each // 12, each % 12 + 1, 1)) for each in (month, month + 1))
    return tuple(each for each in _times(repeats, starts, after - dt.timedelta(seconds=1)) if each >= first)


def _times(repeats: str, starts: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    """Its times up to an instant.

    The library looks for the next one until the year 9999, whatever the end: a rule that never holds would cost seconds. The
    calendar is the same after 400 years, so it is asked about the last of them.
    """
    until = _parts(repeats).get("UNTIL")
    last = min(last, dt.datetime.fromisoformat(until)) if until else last
    rule = rrulestr(repeats, dtstart=_years(starts, LATE)).replace(until=_years(last, LATE))
    return (_years(each, -LATE) for each in rule)


def _years(moment: dt.datetime, later: int) -> dt.datetime:
    return moment.replace(year=moment.year + later)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _parts(repeats: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in repeats.upper().removeprefix("RRULE:").split(";") if part)


def weekly(days: Collection[int], every: int = 1, last: dt.date | None = None) -> str:
    """The RRULE of some days of the week (0 Monday), every so many weeks, until a day (included)."""
    text = f"FREQ=WEEKLY;INTERVAL={every};BYDAY={','.join(_WEEK[day] for day in sorted(days))}"
    return text if last is None else f"{text};UNTIL={last:%Y%m%d}T235959"


def sound(turn: Turn) -> Turn:
    """The turn as it can be kept, a COUNT written as the day it ends. Raises BadCalendar."""
    if not all(FIRST_YEAR <= each.year <= LAST_YEAR for each in (turn.starts, turn.ends)):
        raise BadCalendar("out_of_time")
    if not dt.timedelta() < turn.ends - turn.starts <= LONGEST:
        raise BadCalendar("bad_length")
    if len(turn.excluded) > MOST_EXCLUDED or len(turn.who) > 150 or len(turn.uid) > 200:
        raise BadCalendar("too_long")
    try:
        ZoneInfo(turn.zone)
    except (KeyError, ValueError, OSError):
        raise BadCalendar("unknown_zone") from None
    return turn if not turn.repeats else msgspec.structs.replace(turn, repeats=_sound_rule(turn.repeats, turn.starts, turn.zone))


def _sound_rule(text: str, starts: dt.datetime, zone: str) -> str:
    parts = _parts(text)
    if len(text) > 300 or parts.get("FREQ") not in FREQUENCIES or parts.keys() - PARTS:
        raise BadCalendar("unknown_repetition")
    count = parts.pop("COUNT", None)
    if (until := parts.pop("UNTIL", None)) is not None:
        parts["UNTIL"] = _until(until, zone)  # the last, as we write it ourselves
    if not parts.get("INTERVAL", "1").isdecimal() or not 1 <= int(parts.get("INTERVAL", "1")) <= 99:
        raise BadCalendar("unknown_repetition")
    made = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        if next(_times(made, starts, _midnight(dt.date(LAST_YEAR, 1, 1))), None) is None:
            raise BadCalendar("never")
        if count is not None:
            last = list(islice(_times(made, starts, starts + FURTHEST), max(int(count), 1)))[-1]
            made = f"{made};UNTIL={last:{CLOCK}}"
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise BadCalendar("unknown_repetition") from None
    return made


def _until(text: str, zone: str) -> str:
    """UNTIL on the clocks of the turn: files say it in UTC."""
    try:
        moment = dt.datetime.fromisoformat(text if len(text) > 8 else f"{text}T235959")
        return f"{moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone)):{CLOCK}}"
    except ValueError:
        raise BadCalendar("unknown_repetition") from None


@lru_cache(maxsize=64)
def french_holidays(year: int) -> frozenset[dt.date]:
    """The eleven public holidays of France (Code du travail, L3133-1)."""
    sunday = easter(year)
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    return frozenset([dt.date(year, *each) for each in fixed] + [sunday + DAY * after for after in (1, 39, 50)])


REGIONS = {
    "57": "Moselle", "6AE": "Alsace", "971": "Guadeloupe", "972": "Martinique", "973": "Guyane", "974": "La Réunion",
    "976": "Mayotte", "BL": "Saint-Barthélemy", "MF": "Saint-Martin", "NC": "Nouvelle-Calédonie", "PF": "Polynésie française",
    "WF": "Wallis-et-Futuna",
}  # fmt: skip
"""Parts of France with public holidays of their own, by the codes of ISO 3166-2."""


def holidays_of(region: str) -> Holidays:
    """The public holidays of France, and of one of REGIONS beside them; empty: of none."""
    return french_holidays if not region else lambda year: _regional_holidays(year, region)


@lru_cache(maxsize=256)
def _regional_holidays(year: int, region: str) -> frozenset[dt.date]:
    """As the library holidays tells them (Code du travail, L3134-13 and L3422-2; local law)."""
    return french_holidays(year) | frozenset(holidays.country_holidays("FR", subdiv=region, years=year))


# --- iCalendar ---


def read(content: bytes, zone: str) -> ReadTurns:
    """The turns of an iCalendar file; a time without a zone is one of `zone`. Raises BadCalendar for what is none."""
    if len(content) > MOST_BYTES:
        raise BadCalendar("too_long")
    try:
        calendar = icalendar.Calendar.from_ical(content)
        events = list(calendar.walk("VEVENT"))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, UnicodeError):
        raise BadCalendar("no_calendar") from None
    if calendar.name != "VCALENDAR":
        raise BadCalendar("no_calendar")
    if len(events) > MOST_TURNS or sum("RRULE" in event for event in events) > MOST_REPEATING:
        raise BadCalendar("too_many")
    turns, refused = [], []
    moved: dict[str, list[dt.datetime]] = {}
    for event in events:
        name = str(event.get("SUMMARY", ""))[:150]
        try:
            if str(event.get("STATUS", "")).upper() != "CANCELLED":
                turns.append(sound(_turn(event, zone)))
            if (instead := event.get("RECURRENCE-ID")) is not None:
                moved.setdefault(_uid(event), []).append(_naive(instead.dt, zone)[0])
        except BadCalendar as bad:
            refused.append((name, bad.code))
            if sum(code == "never" for _, code in refused) > MOST_IN_VAIN:
                raise BadCalendar("too_many") from None
        except (ValueError, TypeError, KeyError, AttributeError, icalendar.error.InvalidCalendar):
            refused.append((name, "unreadable"))
    return ReadTurns([_but(turn, moved.get(turn.uid, ())) for turn in turns], refused)


def _but(turn: Turn, moved: Collection[dt.datetime]) -> Turn:
    """A repetition without those of its times that other events replace."""
    return msgspec.structs.replace(turn, excluded=(*turn.excluded, *moved)) if turn.repeats and moved else turn


def _turn(event: icalendar.Event, zone: str) -> Turn:
    starts, its = _naive(event.start, zone)
    ends = _naive(event.end, its)[0]
    if its != (other := _naive(event.end, its)[1]):  # begins in one zone and ends in another, as flights do
        ends = ends.replace(tzinfo=ZoneInfo(other)).astimezone(ZoneInfo(its)).replace(tzinfo=None)
    rule, excluded = event.get("RRULE"), event.get("EXDATE", [])
    if isinstance(rule, list) or event.get("RDATE") is not None:
        raise BadCalendar("unknown_repetition")
    dates = [each.dt for several in (excluded if isinstance(excluded, list) else [excluded]) for each in several.dts]
    holidays = str(event.get(HOLIDAYS, "any")).lower()
    said = str(event.get(INSTEAD, "")).lower()
    return Turn(
        starts, ends, its, _person(event), rule.to_ical().decode() if rule is not None else "",
        tuple(_naive(each, its)[0] for each in dates), holidays if holidays in ("not", "only") else "any",
        instead=said in ("person", "nobody"), nobody=said == "nobody", uid=_uid(event),
    )  # fmt: skip


def _person(event: icalendar.Event) -> str:
    """Whoever it names, as written: a login of ours, else the address of one who attends, else the title."""
    if WHO in event:
        return str(event[WHO]).strip()
    attending = event.get("ATTENDEE")
    first = attending[0] if isinstance(attending, list) else attending
    if first is not None:
        return str(first).lower().removeprefix("mailto:").strip()
    return str(event.get("SUMMARY", "")).strip()


def _uid(event: icalendar.Event) -> str:
    return str(event.get("UID", ""))


def _naive(moment: dt.date | dt.datetime, zone: str) -> tuple[dt.datetime, str]:
    """The wall clock and its zone; a day begins at midnight."""
    if not isinstance(moment, dt.datetime):
        return _midnight(moment), zone
    if moment.tzinfo is None:
        return moment, zone
    key = getattr(moment.tzinfo, "key", None) or ("UTC" if moment.utcoffset() == dt.timedelta() else None)
    if key is None:
        raise BadCalendar("unknown_zone")
    return moment.replace(tzinfo=None, fold=0), key


def write(turns: Iterable[tuple[Turn, str]], name: str, now: dt.datetime) -> bytes:
    """An iCalendar file of turns, each with the title it is shown under."""
    calendar = icalendar.Calendar()
    calendar.add("PRODID", "-//Vigie//Rota//FR")
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", name)
    for turn, title in turns:
        calendar.add_component(_event(turn, title, now))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(turn: Turn, title: str, now: dt.datetime) -> icalendar.Event:
    event, zone = icalendar.Event(), ZoneInfo(turn.zone)
    event.add("UID", turn.uid)
    event.add("DTSTAMP", now.astimezone(dt.UTC))
    event.add("DTSTART", turn.starts.replace(tzinfo=zone))
    event.add("DTEND", turn.ends.replace(tzinfo=zone))
    event.add("SUMMARY", title)
    if turn.repeats:
        event.add("RRULE", icalendar.vRecur.from_ical(_told_rule(turn)))
    if turn.excluded:
        event.add("EXDATE", [each.replace(tzinfo=zone) for each in turn.excluded])
    event.add(WHO, turn.who)
    if turn.holidays != "any":
        event.add(HOLIDAYS, turn.holidays)
    if turn.instead:
        event.add(INSTEAD, "nobody" if turn.nobody else "person")
    return event


def _told_rule(turn: Turn) -> str:
    """The repetition with its UNTIL in UTC, as RFC 5545 asks of times with a zone."""
    parts = []
    for part in turn.repeats.split(";"):
        if part.startswith("UNTIL="):
            moment = dt.datetime.fromisoformat(part.removeprefix("UNTIL=")).replace(tzinfo=ZoneInfo(turn.zone))
            part = f"UNTIL={moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
        parts.append(part)
    return ";".join(parts)
