"""Verkada's license plate webhook. No arrival key; `detected` counts milliseconds of UTC, `created` seconds.

Documented by the vendor: apidocs.verkada.com, LPR webhooks.
"""

from passages.reads import Malformed, Message, Phase, Read, fraction, micros, text
from passages.sources.documents import inner, json_object


def decode(body: bytes, media_type: str) -> Message:
    """Raises Malformed. Webhooks of other types are signs of life."""
    told = json_object(body)
    if told.get("webhook_type") != "lpr":
        if text(told.get("webhook_type")):
            return Message()
        raise Malformed("there is no webhook_type")
    data = inner(told, "data")
    link = text(data.get("image_url"), 500)
    read = Read(
        raw=text(data.get("license_plate_number")),
        at=micros(data.get("detected"), 1000) or micros(data.get("created"), 1),
        confidence=fraction(data.get("confidence")),
        phase=Phase.UPDATE,
        picture=link if link.startswith("https://") else "",
    )
    return Message((read,))
