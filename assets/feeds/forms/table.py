"""Which form a pushed body has: by the noun it is sent to and its media type. A form is a module with `take_in`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from assets.feeds.forms import arrow, json, lines, mapped, ngsi_ld
from assets.feeds.intake import FeedBook, Intake


class Form(Protocol):
    """What a module of this package offers to the push."""

    def take_in(self, body: bytes, mapping: Mapping[str, object], book: FeedBook, received: int, oldest: int) -> Intake:
        """Decode one body and find its points; `mapping` is the feed's, `received` and `oldest` are µs since the epoch.

        Raises Malformed when the body as a whole cannot be read, and BadMapping.
        """
        ...


BODIES: Mapping[str, Mapping[str, Form]] = MappingProxyType(
    {
        "readings": {
            "application/json": json,
            "application/x-ndjson": lines,
            "application/vnd.apache.arrow.stream": arrow,
        },
        "ngsi-ld": {"application/json": ngsi_ld, "application/ld+json": ngsi_ld},
        "messages": dict.fromkeys(
            (
                "application/json", "application/ld+json", "application/x-ndjson", "application/xml", "text/xml", "text/csv",
                "text/plain",
            ),
            mapped,
        ),
    }
)  # fmt: skip
"""Noun → media type → form. A supplier's own document (`messages`) has the form that the feed's mapping says."""
