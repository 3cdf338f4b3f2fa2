"""What the interface answers, as types. Members that a later Vigie adds are passed over; `Vigie.get` has all of them."""

import dataclasses
import datetime as dt
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

RowT = TypeVar("RowT")


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """A sentence or a name in both languages."""

    fr: str
    en: str


@dataclasses.dataclass(frozen=True, slots=True)
class Sector:
    """`path` has the slugs of the sectors around it: `north/station`."""

    slug: str
    name: str
    path: str


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """`seq` is the number of the last line of its journal."""

    slug: str
    name: str
    timezone: str
    assets: int
    points: int
    open_alarms: int
    seq: int
    role: str


@dataclasses.dataclass(frozen=True, slots=True)
class Asset:
    """`lon` and `lat` in degrees (WGS 84); `supervisor` is a slug."""

    id: int
    site: str
    code: str
    name: str
    kind: str
    kind_name: Text
    sector: Sector | None
    supervisor: str | None
    lon: float
    lat: float
    level: int
    retired_at: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class AssetBrief:
    """The asset of an alarm."""

    id: int
    code: str
    name: str
    kind: str
    lon: float
    lat: float


@dataclasses.dataclass(frozen=True, slots=True)
class Alarm:
    """`state` is `unacknowledged`, `acknowledged`, `returned` or `normal` (closed); `acknowledged_by` and `taken_by` are user
    names, and null where a program acknowledged it: the journal names that."""

    id: int
    site: str
    seq: int
    rule: str
    rule_name: Text
    severity: str
    state: str
    sentence: Text
    suggested_action: Text | None
    subject: str
    point: int | None
    feed: str | None
    asset: AssetBrief | None
    sector: Sector | None
    raised_at: dt.datetime
    first_raised_at: dt.datetime
    returned_at: dt.datetime | None
    closed_at: dt.datetime | None
    acknowledged_at: dt.datetime | None
    acknowledged_by: str | None
    taken_by: str | None
    taken_at: dt.datetime | None
    shelved_until: dt.datetime | None
    out_of_service_until: dt.datetime | None
    suppressed_by: int | None
    comments: int
    occurrences: int


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal; `about` has ids by noun."""

    seq: int
    at: dt.datetime
    kind: str
    about: dict[str, list[int]]
    actor_kind: str
    actor: str
    text: Text


def read(kind: type[RowT], document: dict[str, Any]) -> RowT:
    """A row of a class, of what the interface said of it. Raises KeyError for a member that is missing."""
    return kind(**{name: _value(hint, document[name]) for name, hint in get_type_hints(kind).items()})


def _value(hint: Any, value: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        if value is None:
            return None
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    if hint is dt.datetime:
        return dt.datetime.fromisoformat(value)
    return read(hint, value) if isinstance(hint, type) and dataclasses.is_dataclass(hint) else value
