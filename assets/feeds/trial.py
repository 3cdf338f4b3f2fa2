"""What one message gives under a mapping: its readings and refusals, told as whoever writes the mapping wants to see them.

Nothing is stored, and nothing goes to the log.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from assets.feeds import instants, intake
from assets.feeds.decode import Malformed
from assets.feeds.intake import FeedBook, Item, labels
from assets.feeds.mapping import BadMapping
from assets.feeds.ways.table import READERS
from assets.models import Feed, Point

TOLD = 200
"""Readings that are told of one message."""


@dataclass(slots=True)
class Reading:
    """One reading as it would be taken; `refused` says why it would not, `point` whose it is."""

    address: str
    value: object
    at: str
    quality: object
    point: str = ""
    refused: str = ""

    @property
    def shown(self) -> str:
        """The value as JSON has it, a whole number without its point."""
        if isinstance(self.value, float) and math.isfinite(self.value) and self.value.is_integer() and abs(self.value) < 1e15:
            return str(int(self.value))
        return json.dumps(_plain(self.value), ensure_ascii=False)


@dataclass(slots=True)
class Trial:
    """What came of one message. `failed`: the mapping, or the message as a whole, cannot be used."""

    readings: list[Reading] = field(default_factory=list)
    refusals: list[intake.Rejection] = field(default_factory=list)
    count: int = 0
    refused: int = 0
    failed: str = ""

    @property
    def made(self) -> dict[str, object]:
        """What is kept of it, to be held against what another mapping makes: points apart, for they are another matter."""
        return {
            "failed": self.failed,
            "readings": [[one.address, _plain(one.value), one.at, _plain(one.quality)] for one in self.readings],
            "refusals": [[one.index, one.reason] for one in self.refusals],
        }


def unusable(feed: Feed, mapping: Mapping[str, object], address: str, message: str, topic: str) -> str:
    """Why a feed cannot use this mapping whatever is sent; empty when it can, or reads nothing by a mapping."""
    try:
        READERS[feed.protocol](mapping, address, message.encode(), topic, 0)
    except BadMapping as error:
        return str(error)
    except Malformed:
        pass  # of this message alone
    return ""


def _plain(value: object) -> object:
    """As JSON has it: an infinite number is its word."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def tried(
    feed: Feed,
    mapping: Mapping[str, object],
    address: str,
    message: bytes,
    topic: str,
    received: datetime,
    *,
    points: bool = True,
) -> Trial:
    """Read one message with a mapping that its feed may not have yet; `points`: with whose readings they are, by one query."""
    now = instants.from_datetime(received)
    try:
        batch = READERS[feed.protocol](mapping, address, message, topic, now)
    except (BadMapping, Malformed) as error:
        return Trial(failed=str(error))
    trial = Trial(count=len(batch.items), refused=batch.refusals.count)
    trial.refusals = list(batch.refusals.told)
    shown = batch.items[:TOLD]
    book, whose = _book(feed, shown) if points else (FeedBook({}, {}, {}), {})
    for item in shown:
        reason = intake.why_not(item, book, now)[0] if item.address in book.points else intake.why_no_address(item.address)
        told = Reading(item.address, item.value, _when(item, now), item.quality, whose.get(item.address, ""), reason)
        trial.readings.append(told)
        trial.refused += bool(reason)
    return trial


def _when(item: Item, received: int) -> str:
    """As ISO 8601; as it was sent when it is no time, and empty when it is that of its reception."""
    if item.at is None:
        return ""
    try:
        return (instants.EPOCH + timedelta(microseconds=instants.micros(item.at, received))).isoformat().replace("+00:00", "Z")
    except (instants.BadTime, OverflowError):
        return str(item.at)[:64]


def _book(feed: Feed, items: list[Item]) -> tuple[FeedBook, dict[str, str]]:
    """The points of these addresses, and whose each is: code of the asset and quantity."""
    rows = Point.objects.filter(feed=feed, address__in={item.address for item in items if "\0" not in item.address})
    found = list(rows.select_related("asset").only("id", "address", "codes", "quantity", "asset_id", "asset__code"))
    book = FeedBook(
        {point.address: point.pk for point in found},
        {point.pk: labels(point.codes) for point in found if point.codes},
        {point.address: point.asset_id for point in found},
    )
    return book, {point.address: f"{point.asset.code} · {point.quantity}" for point in found}
