"""A supervisor's side: readings and events to one feed, each message stored once however often it was sent."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from .wire import Wire


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` may be a label of the point's codes; without `at` it is of the instant of reception. `quality` is `good`,
    `uncertain` or `bad`."""

    address: str
    value: float | bool | str
    at: dt.datetime | None = None
    quality: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """The address is that of a point of the feed, or the code of an asset."""

    address: str
    kind: str
    at: dt.datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """`index` counts from 0 within the message."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: how many were stored, how many are of an address that no point has, and the first that cannot
    be used, of `rejected_count` in all."""

    accepted: int
    unknown: int
    rejected: list[Rejection]
    rejected_count: int


class Feed:
    """Pushes to one feed with its token; `options` are those of `Wire`. A context manager, for its connection is kept."""

    def __init__(self, url: str, slug: str, token: str, **options: Any) -> None:
        self._wire = Wire(url, headers={"authorization": f"Token {token}"}, **options)
        self._path = f"/api/v1/feeds/{slug}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._wire.close()

    def push_readings(self, readings: Iterable[Reading], key: str = "") -> Taken:
        """Return once they are stored. `key` names the message for ten minutes: under the same it is stored once, also when this
        program was ended in between. Some thousands of readings a message are best, 8 MiB the most. Raises VigieError, and
        ValueError for a time without a zone."""
        return self._push("readings", [_plain(address=each.address, value=each.value, quality=each.quality, at=each.at)
                                       for each in readings], key)  # fmt: skip

    def push_events(self, events: Iterable[Event], key: str = "") -> Taken:
        """As `push_readings`."""
        return self._push("events", [_plain(address=each.address, kind=each.kind, attributes=dict(each.attributes), at=each.at)
                                     for each in events], key)  # fmt: skip

    def _push(self, noun: str, items: list[dict[str, Any]], key: str) -> Taken:
        named = {"idempotency-key": key or str(uuid.uuid4())}
        told = self._wire.ask("POST", f"{self._path}/{noun}", json={noun: items}, headers=named)
        rejected = [Rejection(each["index"], each["reason"]) for each in told["rejected"]]
        return Taken(told["accepted"], told["unknown"], rejected, told["rejected_count"])


def _plain(at: dt.datetime | None, **members: Any) -> dict[str, Any]:
    """An item without what is not said of it. Raises ValueError."""
    if at is not None and at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    members["at"] = at and at.isoformat()
    return {name: value for name, value in members.items() if value is not None}
