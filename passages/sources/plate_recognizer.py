"""Plate Recognizer Stream and Snapshot webhooks: JSON alone, or in the `json` field of a form beside the picture.

No arrival key: reads are brought together by time and likeness. Plates come in lower case; a picture without a plate is sent
too. `timestamp_local` is not used.
Documented by the vendor: guides.platerecognizer.com, Stream results and Snapshot webhooks.
"""

from passages import plates
from passages.reads import MOST_GUESSES, Direction, Malformed, Message, Phase, Read, fraction, text
from passages.sources.documents import form, inner, instant, items, json_object


def decode(body: bytes, media_type: str) -> Message:
    """Raises Malformed."""
    body, picture = form(body, media_type)
    told = json_object(body)
    data = inner(told, "data") or told
    if "results" not in data:
        if inner(told, "hook"):
            return Message()
        raise Malformed("there are no results")
    at = instant(data.get("timestamp"))
    return Message(tuple(_read(each, at) for each in items(data, "results")), picture)


def _read(result: dict[str, object], at: int | None) -> Read:
    plate = result.get("plate")
    if isinstance(plate, dict):  # Stream with vehicles: the plate is an object of its own
        result, plate = {**result, **inner(plate, "props")}, inner(plate, "props", "plate").get("value") or _first(plate)
    raw = text(plate)
    guesses = [text(each.get("plate")) for each in items(result, "candidates")]
    vehicle = inner(result, "vehicle")
    return Read(
        raw=raw,
        at=at,
        country=plates.country_code(text(inner(result, "region").get("code"))),
        confidence=fraction(result.get("score")),
        guesses=tuple(each for each in guesses if each and each != raw)[:MOST_GUESSES],
        direction=Direction.UNKNOWN,
        phase=Phase.UPDATE,
        vehicle=text(vehicle.get("type")),
        colour=text(next(items(result, "color"), {}).get("color")),
    )


def _first(plate: dict[str, object]) -> object:
    return next(items(inner(plate, "props"), "plate"), {}).get("value")
