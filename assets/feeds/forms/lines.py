"""Lines (NDJSON): one reading as JSON on each line, empty lines ignored; a line that is no JSON is one refusal."""

from collections.abc import Mapping

import msgspec

from assets.feeds import decode, intake
from assets.feeds.intake import Batch, FeedBook, Intake, Item

_item = msgspec.json.Decoder(Item)


def take_in(body: bytes, mapping: Mapping[str, object], book: FeedBook, received: int, oldest: int) -> Intake:
    """As `table.Form`."""
    return intake.take_in(read(body), book, received, oldest)


def read(body: bytes) -> Batch:
    """Raises Malformed for a body of too many wrong lines only."""
    body = decode.unmarked(body)
    try:
        return Batch(_item.decode_lines(body))
    except (msgspec.DecodeError, ValueError, RecursionError):
        decode.bound(body)
        return decode.one_by_one(decode.lines(body))
