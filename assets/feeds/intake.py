"""What a supervisor sent becomes Readings: addresses to points, texts to instants, labels to codes; the rest is told apart.

Pure. Everything that was sent is accepted, unknown (no point has that address) or rejected with a reason: the three add up.
"""

import contextlib
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import repeat
from types import MappingProxyType

import msgspec
import numpy as np
from numpy.typing import NDArray

from assets.feeds import instants
from assets.readings import BAD, GOOD, UNCERTAIN, Readings

TOLD = 20
"""Rejections whose reason is kept, of those of one batch."""
UNKNOWN_KEPT = 1_000
"""Distinct unknown addresses kept, of those of one batch."""
ADDRESS_LENGTH = SAMPLE_LENGTH = 200
HUGEST = 1e18
"""No quantity a city measures is larger: beyond it is an overflow at the supervisor."""

_NO_NUMBERS = {"nan": math.nan, "infinity": math.inf}
"""What decoding makes of numbers that JSON does not have."""
_NO_POINT = 0
_NO_QUALITY = 255
QUALITIES: Mapping[object, int] = MappingProxyType(
    {None: GOOD, "good": GOOD, "uncertain": UNCERTAIN, "bad": BAD, 0: GOOD, 1: UNCERTAIN, 2: BAD}
)


class Item(msgspec.Struct, gc=False):
    """One reading as sent, its shape checked and nothing else."""

    address: str
    value: float | bool | str | None
    at: str | float | None = None
    quality: str | int | None = None


class Rejection(msgspec.Struct, frozen=True):
    """Why the item at this place of the batch (from 0) was not taken; `sample` shows what was sent, shortened."""

    index: int
    reason: str
    sample: str = ""


class Refusals:
    """Rejections of one batch: all counted, the first ones told."""

    def __init__(self) -> None:
        self.count = 0
        self.told: list[Rejection] = []

    def add(self, index: int, reason: str, sample: object = "") -> None:
        self.count += 1
        if len(self.told) < TOLD:
            self.told.append(Rejection(index, reason, str(sample)[:SAMPLE_LENGTH]))


@dataclass(slots=True)
class Batch:
    """Items whose shape is right, where each stood in the batch (None: at its own index), and those whose shape is wrong."""

    items: list[Item]
    places: list[int] | None = None
    refusals: Refusals = field(default_factory=Refusals)

    def put(self, item: Item, place: int) -> None:
        """Add an item that stood there, to a batch that keeps places."""
        assert self.places is not None
        self.items.append(item)
        self.places.append(place)


@dataclass(frozen=True, slots=True)
class FeedBook:
    """What a feed's addresses mean.

    points: address → point id (never 0) · codes: point id → {folded label: value} · assets: address → asset id
    """

    points: Mapping[str, int]
    codes: Mapping[int, Mapping[str, float]]
    assets: Mapping[str, int]
    ahead: int = 0
    """µs by which the supervisor's clock is known to be ahead of ours: taken from its times."""

    def by_our_clock(self, at: NDArray[np.int64], received: int) -> NDArray[np.int64]:
        """These instants of the supervisor, but for those it did not say (they are `received`) and those that are none."""
        if not self.ahead:
            return at
        return np.where((at == received) | (at == instants.UNREADABLE), at, at - self.ahead)


@dataclass(frozen=True, slots=True)
class Intake:
    """One batch, told apart. `unknown` maps an address to (times seen, last value as text), at most UNKNOWN_KEPT of them."""

    readings: Readings
    unknown: Mapping[str, tuple[int, str]]
    unknown_count: int
    refusals: Refusals
    ahead: Mapping[int, int] = field(default_factory=dict)
    """Of the points whose readings were refused for their time: by how much (µs) the newest is ahead of us; behind if < 0."""

    @property
    def accepted(self) -> int:
        return len(self.readings)

    @property
    def lag(self) -> int | None:
        """How much (µs) later than its own time a reading in the midst of them came; None when they say no time."""
        if not len(self.readings):
            return None
        middle = len(self.readings) // 2
        at, received = int(self.readings.at[middle]), int(self.readings.received[middle])
        return None if at == received else received - at

    @property
    def clock(self) -> int | None:
        """By how much the supervisor's clock is ahead when none of this could be used (0: it is not what is wrong), None when
        some of it could, or there was nothing.
        """
        if self.accepted or not (self.refusals.count or self.unknown_count):
            return None
        return max(self.ahead.values(), default=0)


def take_in(batch: Batch, book: FeedBook, received: int, oldest: int = instants.EARLIEST) -> Intake:
    """Map one batch; `received`, and the `oldest` instant that is taken, in µs since the epoch.

    Never raises for what a supervisor may send.
    """
    items, count = batch.items, len(batch.items)
    addresses = [item.address for item in items]
    point = np.fromiter(map(book.points.get, addresses, repeat(_NO_POINT)), np.int64, count)
    at = book.by_our_clock(instants.column([item.at for item in items], received), received)
    value = _values([item.value for item in items], point, book)
    quality = _qualities([item.quality for item in items])
    readings = Readings(point, at, value, quality, np.broadcast_to(np.int64(received), count))
    known = point != _NO_POINT
    with np.errstate(invalid="ignore"):
        keep = (
            known
            & (np.abs(value) <= HUGEST)
            & (at >= max(oldest, instants.EARLIEST))
            & (at <= received + instants.FUTURE)
            & (quality != _NO_QUALITY)
        )
    if keep.all():
        return Intake(readings, {}, 0, batch.refusals)
    unknown = _sort_out(batch, book, received, oldest, keep, known)
    return Intake(readings.take(keep), *unknown, batch.refusals, astray(point, at, received, oldest))


def astray(point: NDArray[np.int64], at: NDArray[np.int64], received: int, oldest: int) -> dict[int, int]:
    """Of known points whose time cannot be taken: by how much (µs) the newest is ahead of `received`; behind when negative."""
    beyond = (at > received + instants.FUTURE) | (at < max(oldest, instants.EARLIEST))
    where = np.flatnonzero((point != _NO_POINT) & beyond & (at != instants.UNREADABLE))
    by = np.clip(at[where], -(2**61), 2**61) - received
    order = np.argsort(by, kind="stable")
    return dict(zip(point[where[order]].tolist(), by[order].tolist(), strict=True))


def _sort_out(
    batch: Batch, book: FeedBook, received: int, oldest: int, keep: NDArray[np.bool_], known: NDArray[np.bool_]
) -> tuple[dict[str, tuple[int, str]], int]:
    """Tell unknown addresses (returned, with their count) from rejections (added to the batch's)."""
    unknown: dict[str, tuple[int, str]] = {}
    unknown_count = 0
    refusals = batch.refusals
    for index in np.flatnonzero(~keep).tolist():
        item, place = batch.items[index], index if batch.places is None else batch.places[index]
        if known[index]:
            reason, sample = ("", "") if len(refusals.told) >= TOLD else why_not(item, book, received, oldest)
        else:
            reason, sample = why_no_address(item.address), f"{item.address} = {item.value!r}"
        if known[index] or reason:
            refusals.add(place, reason, sample if len(refusals.told) < TOLD else "")
            continue
        unknown_count += 1
        seen = unknown.get(item.address)
        if seen is not None or len(unknown) < UNKNOWN_KEPT:
            unknown[item.address] = (1 if seen is None else seen[0] + 1, str(item.value)[:SAMPLE_LENGTH])
    return unknown, unknown_count


def why_no_address(address: str) -> str:
    """Why an address that no point has cannot even be kept for adoption; empty when it can."""
    if not address:
        return "address is empty"
    if len(address) > ADDRESS_LENGTH:
        return f"address is longer than {ADDRESS_LENGTH} characters"
    if not address.isprintable():
        return "address has control characters"
    return ""


def why_not(item: Item, book: FeedBook, received: int, oldest: int = instants.EARLIEST) -> tuple[str, str]:
    """(why an item of a known address is rejected, in words for the supervisor's people; what of it), ("", "") when it is not."""
    if reason := _why_no_value(item, book):
        return reason, f"{item.address} = {item.value!r}"
    try:
        instants.judge(instants.micros(item.at, received) - (book.ahead if item.at is not None else 0), received, oldest)
    except instants.BadTime as error:
        return str(error), f"{item.address} at {_shown(item.at)}"
    if item.quality not in QUALITIES:
        return "quality is not good, uncertain or bad (or 0, 1, 2)", f"{item.address} has quality {item.quality!r}"
    return "", ""


def _why_no_value(item: Item, book: FeedBook) -> str:
    value = item.value
    if value is None:
        return "value is null"
    if isinstance(value, str):
        codes = book.codes.get(book.points[item.address])
        if value.strip().casefold() in (codes or {}):
            return ""
        if (number := _NO_NUMBERS.get(value.strip().casefold())) is None:
            if codes is None:
                return "value is a text and the point has no codes: send a number"
            return f"value {value[:40]!r} is not one of the point's codes"
        value = number
    if value != value:
        return "value is not a number (NaN)"
    if abs(value) > HUGEST:
        return "value is infinite or beyond 1e18"
    return ""


def _shown(at: str | float | None) -> str:
    """A time as sent; one that a mapping made of a local time or of a number, as an instant."""
    if isinstance(at, float | int) and abs(at) >= 1e14:
        with contextlib.suppress(OverflowError, ValueError):
            return (instants.EPOCH + timedelta(microseconds=at)).isoformat().replace("+00:00", "Z")
    return repr(at)


def _values(values: Sequence[float | bool | str | None], point: NDArray[np.int64], book: FeedBook) -> NDArray[np.float64]:
    """NaN where there is no value to take."""
    try:
        return np.frombuffer(array("d", values), np.float64)  # type: ignore[type-var]
    except TypeError:  # labels or nulls among them
        return np.fromiter(map(_value, values, point.tolist(), repeat(book.codes)), np.float64, len(values))


def _value(value: float | bool | str | None, point: int, codes: Mapping[int, Mapping[str, float]]) -> float:
    if isinstance(value, str):
        labels = codes.get(point)
        return float("nan") if labels is None else labels.get(value.strip().casefold(), float("nan"))
    return float("nan") if value is None else value


def _qualities(qualities: list[str | int | None]) -> NDArray[np.uint8]:
    if qualities.count(None) == len(qualities):
        return np.broadcast_to(np.uint8(GOOD), len(qualities))
    return np.fromiter(map(QUALITIES.get, qualities, repeat(_NO_QUALITY)), np.uint8, len(qualities))


def labels(codes: Mapping[str, object]) -> dict[str, float]:
    """A point's codes {number as text: label} turned round for looking up: {folded label: number}."""
    turned = {}
    for number, label in codes.items():
        try:
            turned[str(label).strip().casefold()] = float(number)
        except ValueError:
            continue  # a key that is no number names no value
    return turned
