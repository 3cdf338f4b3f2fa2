"""Whether a permit covers a gate at an instant, by its state, its dates and its weekly windows on the site's own clock."""

import datetime as dt
from functools import lru_cache

import msgspec

from alarms.engine.calendar import DAYS, Calendar, Openings, Weekly
from assets.instants import microseconds
from passages.models import Gate, Permit
from passages.recommendation import Holds

SHORT = {"fr": ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"), "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
MOST_WINDOWS = 21


class BadHours(ValueError):
    """Weekly windows that are none; says where."""


def weekly(told: object) -> list[dict[str, object]]:
    """Windows as they are stored, checked as those of a rule's calendar are. Raises BadHours."""
    try:
        windows = msgspec.convert(told, tuple[Weekly, ...])
    except msgspec.ValidationError as error:
        raise BadHours(str(error)) from error
    if len(windows) > MOST_WINDOWS:
        raise BadHours(f"more than {MOST_WINDOWS} windows")
    stored: list[dict[str, object]] = msgspec.to_builtins(windows)
    return stored


def holds(permit: Permit, gate: Gate, now: dt.datetime) -> Holds:
    """`permit` with its gates and its site at hand."""
    if permit.state == Permit.State.SUSPENDED:
        return Holds.SUSPENDED
    if permit.state == Permit.State.ENDED or now >= permit.valid_until:
        return Holds.EXPIRED
    if now < permit.valid_from:
        return Holds.NOT_YET
    if not permit.every_gate and gate.pk not in {each.pk for each in permit.gates.all()}:
        return Holds.OTHER_GATE
    if permit.weekly and not _openings(msgspec.json.encode(permit.weekly), permit.site.timezone).open(microseconds(now)):
        return Holds.OUTSIDE_HOURS
    return Holds.YES


@lru_cache(maxsize=4096)
def _openings(windows: bytes, zone: str) -> Openings:
    return Openings(Calendar(weekly=msgspec.json.decode(windows, type=tuple[Weekly, ...])), zone)


def shown(windows: list[dict[str, object]], language: str = "fr") -> str:
    """ "lun–ven 07:00–18:00, sam 08:00–12:00"; nothing for all hours."""
    return ", ".join(f"{_days(each.get('days', DAYS), language)} {each['from']}–{each['to']}".strip() for each in windows)


def _days(days: object, language: str) -> str:
    places = sorted(DAYS.index(day) for day in days)  # type: ignore[attr-defined]
    names = SHORT[language]
    if len(places) == len(DAYS):
        return ""
    if len(places) > 2 and places == list(range(places[0], places[-1] + 1)):
        return f"{names[places[0]]}–{names[places[-1]]}"
    return " ".join(names[place] for place in places)
