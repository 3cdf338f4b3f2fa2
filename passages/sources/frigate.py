"""Frigate over MQTT: `frigate/tracked_object_update` of type lpr, and `frigate/events`. The object's id is the arrival.

The plate of an update may be a guess; that of an event is what Frigate's own clustering chose. Times are UTC seconds.
Documented by the project: docs.frigate.video, MQTT and License Plate Recognition.
"""

from passages.reads import Direction, Malformed, Message, Phase, Read, fraction, micros, text
from passages.sources.documents import inner, json_object

_PHASES = {"new": Phase.NEW, "update": Phase.UPDATE, "end": Phase.END}
PLATED = frozenset({"car", "motorcycle", "bus", "truck", "license_plate"})


def decode(body: bytes, media_type: str) -> Message:
    """One payload of either topic; what is of no vehicle has no read. Raises Malformed."""
    told = json_object(body)
    kind = text(told.get("type"))
    if kind == "lpr":
        return Message((_update(told),)) if text(told.get("plate")) else Message()
    if kind in _PHASES:
        after = inner(told, "after")
        return Message((_event(kind, after),)) if text(after.get("label")) in PLATED else Message()
    if kind in ("description", "face", "classification"):
        return Message()
    raise Malformed("neither an update of a tracked object nor an event")


def camera(body: bytes) -> str:
    """Which camera a payload is about. Raises Malformed."""
    told = json_object(body)
    return text(told.get("camera")) or text(inner(told, "after").get("camera"))


def _update(told: dict[str, object]) -> Read:
    return Read(
        raw=text(told.get("plate")),
        arrival=text(told.get("id")),
        at=micros(told.get("timestamp"), 1),
        confidence=fraction(told.get("score")),
        phase=Phase.UPDATE,
        listed=text(told.get("name")),
    )


def _event(kind: str, after: dict[str, object]) -> Read:
    zones = after.get("current_zones") or after.get("entered_zones")
    label = after.get("sub_label")
    return Read(
        raw=text(after.get("recognized_license_plate")),
        arrival=text(after.get("id")),
        at=micros(after.get("end_time") or after.get("frame_time") or after.get("start_time"), 1),
        confidence=fraction(after.get("recognized_license_plate_score")),
        phase=_PHASES[kind],
        parked=after.get("stationary") is True,
        direction=Direction.UNKNOWN,
        zone=text(zones[-1]) if isinstance(zones, list) and zones else "",
        listed=text(label[0] if isinstance(label, list) and label else label),
        vehicle=text(after.get("label")),
    )
