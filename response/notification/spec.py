"""What a rota, a policy and a rule of notification may say, as documents. Pure.

Days and hours are those of the site's clocks. People are user names; whether there are any of that name is asked when a
document is stored.
"""

import datetime as dt
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Login = Annotated[str, Meta(min_length=1, max_length=150)]
Weekday = Annotated[int, Meta(ge=1, le=7)]
Severity = Literal["critical", "high", "medium", "low"]
Region = Literal["", "57", "6AE", "971", "972", "973", "974", "976", "BL", "MF", "NC", "PF", "WF"]
SITE_SLUG = r"^[-a-z0-9_]{1,60}\Z"


class BadDocument(ValueError):
    """It cannot be stored as written; the message names the member."""


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A part of a document; a member that it does not know is refused."""


class Hours(Part, frozen=True):
    """Some hours of some days, 1 is Monday; `end` before `start` is of the next day, equal to it a whole day."""

    weekdays: tuple[Weekday, ...] = (1, 2, 3, 4, 5, 6, 7)
    start: dt.time = dt.time(0)
    end: dt.time = dt.time(0)

    def contain(self, wall: dt.datetime) -> bool:
        """Whether a time of the site's clocks is within."""
        today, before, time = wall.isoweekday(), (wall - dt.timedelta(days=1)).isoweekday(), wall.time()
        if self.start < self.end:
            return today in self.weekdays and self.start <= time < self.end
        return (today in self.weekdays and time >= self.start) or (before in self.weekdays and time < self.end)


class Layer(Part, frozen=True):
    """People who take turns. `starts` is the first hand-over; with `hours` they are on call in these alone, and with `days` in
    those that begin on a public holiday, or on none."""

    people: Annotated[tuple[Login, ...], Meta(min_length=1, max_length=60)]
    starts: dt.datetime
    every_days: Annotated[int, Meta(ge=1, le=366)] = 7
    hours: Annotated[tuple[Hours, ...], Meta(max_length=20)] = ()
    days: Literal["all", "holidays", "not_holidays"] = "all"
    ends: dt.datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.starts, self.ends):
            if moment is not None and moment.tzinfo is not None:
                raise ValueError("`starts` and `ends` are times of the site's clocks, without an offset")
            if moment is not None and not 2000 <= moment.year < 2200:
                raise ValueError("`starts` and `ends` lie between 2000 and 2199")
        if self.hours and self.every_days % 7:
            raise ValueError("people who are on call at some hours take turns by whole weeks")
        if self.days != "all" and not self.hours:
            raise ValueError("`days` is said of `hours`")


class Rota(Part, frozen=True):
    """Who is on call when: of the layers that cover an instant the last one decides. `holidays` are days beside the public
    holidays of France and, of a region that has its own, of the region."""

    name: Name
    layers: Annotated[tuple[Layer, ...], Meta(min_length=1, max_length=20)]
    holidays: Annotated[tuple[dt.date, ...], Meta(max_length=200)] = ()
    region: Region = ""


class Target(Part, frozen=True):
    """Whom a step tells: a person, who is on call by a rota, or who holds a position of the control room."""

    person: Login = ""
    rota: Annotated[str, Meta(max_length=60)] = ""
    position: Annotated[str, Meta(max_length=60)] = ""

    def __post_init__(self) -> None:
        if len([each for each in (self.person, self.rota, self.position) if each]) != 1:
            raise ValueError("a target is a person, a rota or a position")


class Step(Part, frozen=True):
    """Who is told, and how long the escalation waits before the next step. `kinds` of contacts; empty: all the person has."""

    targets: Annotated[tuple[Target, ...], Meta(min_length=1, max_length=20)]
    delay_minutes: Annotated[int, Meta(ge=0, le=1440)] = 5
    kinds: Annotated[tuple[Literal["mail", "sms", "webhook", "push", "apprise"], ...], Meta(max_length=5)] = ()


class Policy(Part, frozen=True):
    """Steps in their order, all of them carried out `repeat` times more."""

    name: Name
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=20)]
    repeat: Annotated[int, Meta(ge=0, le=20)] = 0

    def __post_init__(self) -> None:
        if self.repeat and not any(step.delay_minutes for step in self.steps):
            raise ValueError("a policy that repeats its steps needs a delay, or it would tell everybody at once again and again")


class Rule(Part, frozen=True):
    """Which alarms follow which policy; what is empty does not matter. `sector` is a slug, and means what is nested in it too.
    `resolved`: whom an alarm reached is told that it has ended."""

    name: Name
    policy: Annotated[str, Meta(pattern=SITE_SLUG)]
    severities: tuple[Severity, ...] = ()
    sector: Annotated[str, Meta(max_length=60)] = ""
    kinds: Annotated[tuple[str, ...], Meta(max_length=200)] = ()
    hours: Annotated[tuple[Hours, ...], Meta(max_length=20)] = ()
    resolved: bool = False

    def applies(self, severity: str, sectors: tuple[str, ...], kind: str, at: dt.datetime, zone: ZoneInfo) -> bool:
        """Whether an alarm follows it: `sectors` are the slugs of the sectors it lies in."""
        return (
            (not self.severities or severity in self.severities)
            and (not self.sector or self.sector in sectors)
            and (not self.kinds or kind in self.kinds)
            and (not self.hours or any(hours.contain(at.astimezone(zone).replace(tzinfo=None)) for hours in self.hours))
        )


class Announcement(Part, frozen=True):
    """Who is told when maintenance is announced, begins, ends or is cancelled. `about`: of feeds, of assets, of positions of the
    control room; empty: of all. `kinds` of contacts; empty: all the person has."""

    name: Name
    targets: Annotated[tuple[Target, ...], Meta(min_length=1, max_length=20)]
    about: Annotated[tuple[Literal["feeds", "assets", "positions"], ...], Meta(max_length=3)] = ()
    kinds: Annotated[tuple[Literal["mail", "sms", "webhook", "push", "apprise"], ...], Meta(max_length=5)] = ()


class Rules(Part, frozen=True):
    """The rules of a site in their order: the first that applies decides. And who is told of maintenance."""

    rules: Annotated[tuple[Rule, ...], Meta(max_length=200)] = ()
    announcements: Annotated[tuple[Announcement, ...], Meta(max_length=50)] = ()


Document = TypeVar("Document", "Rota", "Policy", "Rules")


def read(kind: type[Document], given: Any) -> Document:
    """The document. Raises BadDocument."""
    try:
        return msgspec.convert(given, kind, strict=True)
    except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
        raise BadDocument(str(error)[:300]) from error


def written(document: Rota | Policy | Rules) -> dict[str, Any]:
    """As it is stored."""
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain
