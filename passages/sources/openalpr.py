"""OpenALPR and Rekor Scout: alpr_group is one vehicle, from several pictures; alpr_results are single pictures; heartbeats.

Confidences are 0..100, times milliseconds of UTC. A preview comes early and is followed by the group itself.
Documented by the vendor: docs.openalpr.com, webhooks and JSON results.
"""

from passages import plates
from passages.reads import MOST_GUESSES, Direction, Malformed, Message, Phase, Read, fraction, micros, text
from passages.sources.documents import inner, items, json_object


def decode(body: bytes, media_type: str) -> Message:
    """Raises Malformed."""
    told = json_object(body)
    kind = told.get("data_type")
    if kind in ("heartbeat", "vehicle"):
        return Message()
    if kind == "alpr_alert":
        told = inner(told, "group")
        kind = told.get("data_type", "alpr_group")
    if kind == "alpr_group":
        return Message((_group(told),))
    if kind == "alpr_results":
        return Message(tuple(_single(told, each) for each in items(told, "results")))
    raise Malformed("data_type is none of alpr_group, alpr_results, alpr_alert, heartbeat")


def _group(told: dict[str, object]) -> Read:
    best = inner(told, "best_plate")
    vehicle = inner(told, "vehicle")
    uuids = told.get("uuids")
    first = uuids[0] if isinstance(uuids, list) and uuids else told.get("best_uuid")
    return _read(
        best,
        raw=text(told.get("best_plate_number")) or text(best.get("plate")),
        arrival=text(first),
        at=micros(told.get("epoch_end") or told.get("epoch_start"), 1000),
        confidence=fraction(told.get("best_confidence", best.get("confidence")), 100),
        preview=told.get("is_preview") is True,
        parked=told.get("is_parked") is True,
        vehicle=_likeliest(vehicle.get("body_type")),
        colour=_likeliest(vehicle.get("color")),
    )


def _single(told: dict[str, object], result: dict[str, object]) -> Read:
    return _read(
        result,
        raw=text(result.get("plate")),
        arrival=text(told.get("uuid")),
        at=micros(told.get("epoch_time"), 1000),
        confidence=fraction(result.get("confidence"), 100),
        preview=True,
    )


def _read(
    result: dict[str, object], *, raw: str, arrival: str, at: int | None, confidence: float | None, preview: bool = False,
    parked: bool = False, vehicle: str = "", colour: str = "",
) -> Read:  # fmt: skip
    guesses = [text(each.get("plate")) for each in items(result, "candidates")]
    return Read(
        raw=raw,
        arrival=arrival,
        at=at,
        country=_country(text(result.get("region"))),
        confidence=confidence,
        guesses=tuple(each for each in guesses if each and each != raw)[:MOST_GUESSES],
        direction=Direction.UNKNOWN,  # travel_direction is degrees of the picture: which of them is inwards, the gate must say
        phase=Phase.NEW if preview else Phase.UPDATE,
        preview=preview,
        parked=parked,
        vehicle=vehicle,
        colour=colour,
    )


def _country(region: str) -> str:
    """Of "eu-fr" or "fr"; a state of America ("mo") is no country, and taken for one would be Macao."""
    return plates.country_code(region) if "-" in region else ""


def _likeliest(said: object) -> str:
    if isinstance(said, list) and said and isinstance(said[0], dict):
        return text(said[0].get("name"))
    return text(said)
