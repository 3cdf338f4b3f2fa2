"""Events as supervisors push them: decoded one by one, each tied to the asset its address names.

Pure. Events are few beside readings, so nothing is columnar here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from assets.feeds import instants
from assets.feeds.decode import Malformed, bound, describe
from assets.feeds.intake import SAMPLE_LENGTH, UNKNOWN_KEPT, FeedBook, Refusals, why_no_address
from assets.log import Event

KIND_LENGTH = 60
ATTRIBUTES_BYTES = 16_384
"""Of one event, as JSON: a plate, a badge, a door; not a picture."""
DEEPEST = 16
"""Levels of one event's attributes. The correlator and whoever replays history decode them again, from deeper in their stacks:
what only just fitted here would end them, at every start anew."""


class _Sent(msgspec.Struct):
    address: str
    kind: str
    at: str | float | None = None
    attributes: dict[str, object] = {}


class _Envelope(msgspec.Struct):
    events: list[msgspec.Raw]


_envelope = msgspec.json.Decoder(_Envelope)
_sent = msgspec.json.Decoder(_Sent)


@dataclass(frozen=True, slots=True)
class EventIntake:
    """One batch, told apart. `events` holds the unknown ones too: they happened, and are kept with asset None."""

    events: list[Event]
    unknown: Mapping[str, tuple[int, str]]
    unknown_count: int
    refusals: Refusals
    ahead: int = 0
    """By how much (µs) the newest is ahead of us of those that were refused for their time; behind if negative, 0: none was."""

    @property
    def accepted(self) -> int:
        return len(self.events) - self.unknown_count

    @property
    def clock(self) -> int | None:
        """As of an Intake; what happened at an unknown address is kept all the same."""
        return self.ahead if self.refusals.count and not self.events else None


def take_in(
    body: bytes, book: FeedBook, asset_codes: Mapping[str, int], received: int, oldest: int = instants.EARLIEST
) -> EventIntake:
    """`{"events": [{address, at?, kind, attributes?}…]}`; `received`, and the `oldest` instant that is taken, in µs since the
    epoch. Raises Malformed.

    An address is that of a point of this feed (the event is its asset's) or the code of an asset of the feed's site.
    """
    bound(body)
    try:
        parts = _envelope.decode(body).events
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(describe(error)) from error
    refusals, events = Refusals(), []
    unknown: dict[str, tuple[int, str]] = {}
    unknown_count = 0
    ahead: list[int] = []
    for place, part in enumerate(parts):
        try:
            event = _event(_sent.decode(part), bytes(part), book, asset_codes, received)
            ahead.append(event.at - received)
            instants.judge(event.at, received, oldest)
            ahead.pop()
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            refusals.add(place, _reason(error), bytes(part)[:SAMPLE_LENGTH].decode("utf-8", "replace"))
            continue
        events.append(event)
        if event.asset is None:
            unknown_count += 1
            if event.address in unknown or len(unknown) < UNKNOWN_KEPT:
                unknown[event.address] = (unknown.get(event.address, (0, ""))[0] + 1, event.kind)
    return EventIntake(events, unknown, unknown_count, refusals, max(ahead, default=0))


class _BadEvent(ValueError):
    pass


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, _BadEvent | instants.BadTime) else describe(error)


def _event(sent: _Sent, part: bytes, book: FeedBook, asset_codes: Mapping[str, int], received: int) -> Event:
    if reason := why_no_address(sent.address):
        raise _BadEvent(reason)
    if not sent.kind or len(sent.kind) > KIND_LENGTH or not sent.kind.isprintable():
        raise _BadEvent(f"kind is empty, longer than {KIND_LENGTH} characters or has control characters")
    if len(part) > ATTRIBUTES_BYTES:
        raise _BadEvent(f"the event is larger than {ATTRIBUTES_BYTES} bytes")
    if b"\\u0000" in part.replace(b"\\\\", b""):
        raise _BadEvent("attributes have a NUL character, which no database keeps")
    if reason := _why_not_kept(sent.attributes, DEEPEST):
        raise _BadEvent(reason)
    at = instants.micros(sent.at, received) - (book.ahead if sent.at is not None else 0)
    asset = book.assets.get(sent.address, asset_codes.get(sent.address))
    return Event(sent.address, at, received, sent.kind, asset, sent.attributes)


def _why_not_kept(value: object, levels: int) -> str:
    """Why the log or history could not hold this; empty when they can."""
    if isinstance(value, dict | list):
        if not levels:
            return f"attributes are nested more than {DEEPEST} deep"
        inner = value.values() if isinstance(value, dict) else value
        return next(filter(None, (_why_not_kept(each, levels - 1) for each in inner)), "")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "attributes have a whole number of more than 64 bits"
    return ""
