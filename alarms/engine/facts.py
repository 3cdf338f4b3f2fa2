"""Facts: what conditions, counts, sequences and absences are made of, whatever it came from.

A reading's comparison that begins or ends, an event, and another rule's alarm that is raised or cleared all become facts of
one form. They come in the order of the log, each with its own instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from msgspec import Struct

from alarms.engine.order import Key
from assets.register import AssetRow, FeedRow, PointRow

FOUND, BEGAN, ENDED, ABSENT, MOMENT = 0, 1, 2, 3, 4
"""FOUND: it holds when first looked at. BEGAN, ENDED. ABSENT: it does not hold when first looked at. MOMENT: no duration."""

LONGEST_SUBJECT = 80
TOLERANCE = 5 * 60_000_000
"""An event stamped further than this ahead of its reception is passed over, as such a reading is."""


class Happening(Struct, frozen=True, gc=False):
    """An event as the engine takes it. `place`: how many readings of the batch came before it; times in µs.

    `feed` and `asset` are ids; `asset` is None when nobody knows the address. `kept` are the attributes as evidence may keep
    them, None when they may be kept as they are: predicates compare `attributes`, facts carry `kept`.
    """

    place: int
    feed: int
    asset: int | None
    address: str
    at: int
    received: int
    kind: str
    attributes: Mapping[str, object]
    kept: Mapping[str, object] | None = None


class Fact(NamedTuple):
    """One fact as a rule gets it.

    key        where it stands in the order of the batch
    at         when it truly was, µs; `received`: when we could know
    turns      which of the rule's predicates it is about, by role, and for each FOUND, BEGAN, ENDED, ABSENT or MOMENT
    subject    "point:12", "asset:7", …: whose fact it is
    asset, feed, point   register rows, -1 for none
    """

    key: Key
    at: int
    received: int
    turns: tuple[tuple[int, int], ...]
    subject: str
    asset: AssetRow
    feed: FeedRow
    point: PointRow
    sector: str
    attributes: Mapping[str, object]
    value: float | None


def stable(text: str) -> str:
    """The text if it is short, else its beginning and a digest: the same for the same text, for ever."""
    if len(text) <= LONGEST_SUBJECT:
        return text
    return f"{text[: LONGEST_SUBJECT - 17]}~{blake2b(text.encode(), digest_size=8).hexdigest()}"


def written(value: object) -> str | None:
    """An attribute's value as text, None for what is none: true is not 1, and 1.0 is 1."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) and value != "" else None


def same(value: object, wanted: str | float | bool) -> bool:
    """Equal as JSON has it: true is not 1, but 1 is 1.0."""
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
