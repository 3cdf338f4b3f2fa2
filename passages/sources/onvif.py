"""ONVIF Profile M over JSON (MQTT or webhook): events of tns1:RuleEngine/Recognition/LicensePlate.

Shape: a topic, a Source, a Key and Data of name and value; UtcTime is UTC. What was so when we subscribed is `Initialized` and
is no arrival. Documented by ONVIF: Analytics Service Specification (recognition) and Core Specification (JSON event payloads).
"""

from passages import plates
from passages.reads import Direction, Malformed, Message, Phase, Read, fraction, text
from passages.sources.documents import inner, instant, json_object

TOPIC = "RuleEngine/Recognition/LicensePlate"


def decode(body: bytes, media_type: str) -> Message:
    """Raises Malformed. Events of other topics are signs of life."""
    told = json_object(body)
    told = inner(told, "Message") | {key: value for key, value in told.items() if key != "Message"} if "Message" in told else told
    topic = text(told.get("Topic") or told.get("topic"), 200)
    if not topic:
        raise Malformed("there is no Topic")
    if TOPIC not in topic or text(told.get("PropertyOperation")) in ("Initialized", "Deleted"):
        return Message()
    data, key, source = (inner(told, name) for name in ("Data", "Key", "Source"))
    link = text(data.get("VehicleImageURI") or data.get("ImageURI"), 500)
    read = Read(
        raw=text(data.get("Label") or data.get("PlateNumber")),
        arrival=text(key.get("ObjectId") or data.get("ObjectId")),
        at=instant(told.get("UtcTime")),
        country=plates.country_code(text(data.get("CountryCode"))),
        confidence=fraction(data.get("Likelihood")),
        direction=Direction.UNKNOWN,
        phase=Phase.UPDATE,
        zone=text(source.get("Rule")),
        vehicle=text(data.get("VehicleType")),
        colour=text(data.get("VehicleColor")),
        picture=link if link.startswith("https://") else "",
    )
    return Message((read,))
