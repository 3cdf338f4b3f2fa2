"""JSON and NDJSON bodies of readings, decoded to typed items; one wrong item costs that item, not the batch.

Pure. The body is read once, typed. Only when that fails is it read again, item by item, so that hostile or sloppy input
is slow for its sender alone.
"""

import json
from collections.abc import Sequence

import msgspec

from assets.feeds.intake import Batch, Item

MOST_VALUES = 2_000_000
"""JSON values a body may hold when it must be read untyped: `[0,0,0…` would make gigabytes of 32 MB."""


class Malformed(ValueError):
    """The body as a whole cannot be read: the message says what, and where when that is known."""


class _Envelope(msgspec.Struct, gc=False):
    readings: list[Item]


class _LooseEnvelope(msgspec.Struct):
    readings: list[msgspec.Raw]


_typed = msgspec.json.Decoder(_Envelope)
_loose = msgspec.json.Decoder(_LooseEnvelope)
_item = msgspec.json.Decoder(Item)
_anything = msgspec.json.Decoder()


def from_json(body: bytes) -> Batch:
    """`{"readings": [{address, at, value, quality?}…]}`. Raises Malformed."""
    try:
        return Batch(_typed.decode(body).readings)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _one_by_one(_parts(body))


def from_lines(body: bytes) -> Batch:
    """NDJSON: one reading per line, empty lines ignored. A line that is no JSON is one rejection.

    Raises Malformed for a body of too many wrong lines only.
    """
    try:
        return Batch(_item.decode_lines(body))
    except (msgspec.DecodeError, ValueError, RecursionError):
        bound(body)
        return _one_by_one([line for line in body.split(b"\n") if line.strip()])


def describe(error: Exception) -> str:
    """A decoding failure in one sentence without the library's traceback words."""
    if isinstance(error, RecursionError):
        return "The JSON is nested too deeply."
    if isinstance(error, UnicodeDecodeError):
        return f"The body is not UTF-8 (byte 0x{error.object[error.start]:02x} in a text)."
    if isinstance(error, UnicodeEncodeError):
        return "A text has half of a surrogate pair."
    return f"{str(error).rstrip('.')}."


def bound(body: bytes) -> None:
    """Raises Malformed when reading this body untyped would take too much memory."""
    if body.count(b",") > MOST_VALUES or body.count(b"\n") > MOST_VALUES:
        raise Malformed(f"The body is not as documented and holds more than {MOST_VALUES} values: send smaller batches.")


def _parts(body: bytes) -> Sequence[bytes | msgspec.Raw | object]:
    bound(body)
    try:
        return _loose.decode(body).readings
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        # Many supervisors write NaN, which is not JSON but only spoils the readings that have it.
        if b"NaN" in body or b"Infinity" in body:
            try:
                found = json.loads(body)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict) and isinstance(found.get("readings"), list):
                return [_Decoded(thing) for thing in found["readings"]]
        raise Malformed(describe(error)) from error


class _Decoded:
    """Marks a part that needs no decoding."""

    __slots__ = ("thing",)

    def __init__(self, thing: object) -> None:
        self.thing = thing


def _one_by_one(parts: Sequence[bytes | msgspec.Raw | object]) -> Batch:
    batch = Batch([], [])
    for place, part in enumerate(parts):
        if isinstance(part, _Decoded):
            _place(batch, place, part.thing)
            continue
        try:
            batch.items.append(_item.decode(part))
            batch.places.append(place)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            batch.refusals.add(place, describe(error), bytes(part)[:200].decode("utf-8", "replace"))
    return batch


def _place(batch: Batch, place: int, thing: object) -> None:
    try:
        item = msgspec.convert(thing, Item)
        msgspec.json.encode(item)  # a lone surrogate, which only this path lets in, could be told to nobody
        batch.items.append(item)
        batch.places.append(place)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        batch.refusals.add(place, describe(error), ascii(thing) if isinstance(thing, str | int | float) else type(thing).__name__)
