"""What a contract promises by priority, and when that is due: minutes of the hours that count, on the site's clocks. Pure."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from alarms.engine.calendar import Calendar, Except, Openings
from alarms.engine.faults import Faulty
from alarms.engine.wording import Bilingual
from assets.instants import instant, microseconds
from response.rota import REGIONS, french_holidays, holidays_of

MINUTE = 60_000_000
Minutes = Annotated[int, Meta(ge=1, le=60 * 24 * 366)]


HOLIDAYS = ("FR", *REGIONS)
"""Whose public holidays a contract may leave out."""


class Priority(StrEnum):
    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


PRIORITY_WORDS: dict[Priority, Bilingual] = {
    Priority.URGENT: Bilingual("urgente", "urgent"),
    Priority.HIGH: Bilingual("haute", "high"),
    Priority.NORMAL: Bilingual("normale", "normal"),
    Priority.LOW: Bilingual("basse", "low"),
}


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """How soon, in minutes from the order: to accept it, to be there (GTI), to restore (GTR); None: nothing is promised."""

    accept: Minutes | None = None
    arrive: Minutes | None = None
    restore: Minutes | None = None
    at_all_hours: bool = False
    """On call: every hour counts, not only those of the contract."""


class BadTerms(ValueError):
    """Terms or hours that are none; says where."""


class Due(Struct, frozen=True):
    accept: dt.datetime | None
    arrive: dt.datetime | None
    restore: dt.datetime | None


NOTHING_DUE = Due(None, None, None)


def read_terms(told: object) -> dict[Priority, Terms]:
    """By priority. Raises BadTerms."""
    try:
        return msgspec.convert(told, dict[Priority, Terms])
    except msgspec.ValidationError as error:
        raise BadTerms(str(error)) from error


def read_hours(told: object) -> Calendar:
    """Raises BadTerms."""
    try:
        return msgspec.convert(told, Calendar)
    except (msgspec.ValidationError, Faulty) as error:
        raise BadTerms(str(error)) from error


def due(terms: Terms, hours: Mapping[str, object], zone: str, ordered: dt.datetime, holidays: str = "") -> Due:
    """When each step is due of what is ordered then. `hours` and `holidays` as a contract stores them."""
    counted = None if terms.at_all_hours else counting(hours, holidays, zone, ordered.year)
    return Due(*(_after(ordered, minutes, counted) for minutes in (terms.accept, terms.arrive, terms.restore)))


def _after(start: dt.datetime, minutes: int | None, counted: Openings | None) -> dt.datetime | None:
    """The instant at which so many minutes that count have passed; None when they never do."""
    if minutes is None:
        return None
    if counted is None:
        return start.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)  # on a wall clock some hours are skipped or come twice
    at, left = microseconds(start), minutes * MINUTE
    while True:
        boundary = counted.next(at)
        if counted.open(at):
            if boundary is None or at + left <= boundary:
                return instant(at + left)
            left -= boundary - at
        if boundary is None:
            return None
        at = boundary


def counting(hours: Mapping[str, object], holidays: str, zone: str, year: int) -> Openings | None:
    """The hours that count of a contract, for what begins in this year or the one before; None: all."""
    return _openings(msgspec.json.encode(hours), holidays, zone, year) if hours or holidays else None


@lru_cache(maxsize=256)
def _openings(hours: bytes, holidays: str, zone: str, year: int) -> Openings:
    """A day that the calendar has hours of its own for keeps them, public holiday or not."""
    calendar = msgspec.json.decode(hours, type=Calendar)
    if holidays:
        off = french_holidays if holidays == "FR" else holidays_of(holidays)
        own = {each.date for each in calendar.exceptions}
        closed = [Except(day) for each in range(year - 1, year + 4) for day in sorted(off(each)) if day not in own]
        calendar = msgspec.structs.replace(calendar, exceptions=(*calendar.exceptions, *closed))
    return Openings(calendar, zone)
