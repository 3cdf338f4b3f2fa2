"""Vigie's own shape of a reading, for whatever has no documented one: one JSON object, or a list of them under `reads`.

`{"plate", "at"?, "arrival"?, "country"?, "confidence"?, "chars"?, "candidates"?, "direction"?, "phase"?, "retransmitted"?,
"zone"?, "listed"?, "vehicle"?, "colour"?, "picture"?}`; see docs/passages.md. As a form, it is the field `json`, a picture
beside it.
"""

from typing import Annotated, Literal

import msgspec

from passages import plates
from passages.reads import MOST_GUESSES, MOST_IN_A_MESSAGE, Direction, Malformed, Message, Phase, Read, text
from passages.sources.documents import form, instant

Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    plate: Annotated[str, msgspec.Meta(max_length=40)]
    at: str | None = None
    arrival: Annotated[str, msgspec.Meta(max_length=80)] = ""
    country: Annotated[str, msgspec.Meta(max_length=10)] = ""
    confidence: Fraction | None = None
    chars: Annotated[tuple[Fraction, ...], msgspec.Meta(max_length=16)] = ()
    candidates: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=40)], ...], msgspec.Meta(max_length=MOST_GUESSES)] = ()
    direction: Literal["in", "out", "unknown"] = "unknown"
    phase: Literal["new", "update", "end"] = "update"
    retransmitted: bool = False
    zone: Annotated[str, msgspec.Meta(max_length=80)] = ""
    listed: Annotated[str, msgspec.Meta(max_length=80)] = ""
    vehicle: Annotated[str, msgspec.Meta(max_length=80)] = ""
    colour: Annotated[str, msgspec.Meta(max_length=80)] = ""
    picture: Annotated[str, msgspec.Meta(max_length=500, pattern=r"^(https://\S*)?$")] = ""


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    reads: Annotated[list[Reading], msgspec.Meta(max_length=MOST_IN_A_MESSAGE)]


_one, _many = msgspec.json.Decoder(Reading), msgspec.json.Decoder(_Envelope)


def decode(body: bytes, media_type: str) -> Message:
    """An empty list of reads is a sign of life. Raises Malformed."""
    body, picture = form(body, media_type)
    try:
        told = _many.decode(body).reads if b'"reads"' in body[:200] else [_one.decode(body)]
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(str(error)[:200]) from error
    return Message(tuple(map(_read, told)), picture)


def _read(told: Reading) -> Read:
    if told.at is not None and instant(told.at) is None:
        raise Malformed("at: not a time of ISO 8601 with its zone")
    return Read(
        raw=text(told.plate), arrival=text(told.arrival), at=instant(told.at), country=plates.country_code(told.country),
        confidence=told.confidence, chars=told.chars, guesses=tuple(map(text, told.candidates)),
        direction=Direction(told.direction), phase=Phase(told.phase), retransmitted=told.retransmitted, zone=text(told.zone),
        listed=text(told.listed), vehicle=text(told.vehicle), colour=text(told.colour), picture=told.picture,
    )  # fmt: skip
