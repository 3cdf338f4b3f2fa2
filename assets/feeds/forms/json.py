"""JSON: `{"readings": [{address, at, value, quality?}…]}`, the body that pushed readings have unless they say otherwise."""

from collections.abc import Mapping

import msgspec

from assets.feeds import decode, intake
from assets.feeds.intake import Batch, FeedBook, Intake, Item


class _Envelope(msgspec.Struct, gc=False):
    readings: list[Item]


class _LooseEnvelope(msgspec.Struct):
    readings: list[msgspec.Raw]


_typed = msgspec.json.Decoder(_Envelope)
_loose = msgspec.json.Decoder(_LooseEnvelope)


def take_in(body: bytes, mapping: Mapping[str, object], book: FeedBook, received: int, oldest: int) -> Intake:
    """As `table.Form`."""
    return intake.take_in(read(body), book, received, oldest)


def read(body: bytes) -> Batch:
    """Raises Malformed."""
    body = decode.unmarked(body)
    try:
        return Batch(_typed.decode(body).readings)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return decode.one_by_one(decode.whole(_loose.decode, body).readings)
