"""Axis License Plate Verifier: its HTTP POST events as JSON. One carID from the first sight of a car (new) to the last (lost).

`datetime` is the camera's local time without a zone and is never used; `capture_timestamp` counts milliseconds of UTC.
Documented by the vendor: developer.axis.com, VAPIX, License Plate Verifier.
"""

from passages import plates
from passages.reads import Direction, Message, Phase, Read, fraction, micros, text
from passages.sources.documents import inner, json_object

_PHASES = {"new": Phase.NEW, "update": Phase.UPDATE, "lost": Phase.END}
_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}


def decode(body: bytes, media_type: str) -> Message:
    """A message without a car is a heartbeat. Raises Malformed."""
    event = json_object(body)
    plate = text(event.get("plateUTF8")) or text(event.get("plateASCII")) or text(event.get("plateUnicode"))
    if not plate and not text(event.get("carID")):
        return Message()
    vehicle = inner(event, "vehicle_info")
    read = Read(
        raw=plate,
        arrival=text(event.get("carID")),
        at=micros(event.get("capture_timestamp"), 1000),
        country=plates.country_code(text(event.get("plateCountry"))),
        confidence=fraction(event.get("plateConfidence")),
        direction=_DIRECTIONS.get(text(event.get("carMoveDirection")), Direction.UNKNOWN),
        phase=_PHASES.get(text(event.get("carState")), Phase.NEW),
        zone=text(event.get("roiID")),
        listed=text(event.get("plateListMode")) or text(event.get("plateList")),
        vehicle=text(vehicle.get("type")).lower(),
        colour=text(vehicle.get("color")).lower(),
    )
    return Message((read,))
