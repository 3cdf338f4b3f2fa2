"""Hikvision ISAPI: EventNotificationAlert of type ANPR, as XML alone or as a part beside its pictures.

Two namespaces and older names of tags are about. A camera in its factory zone tells an hour that is wrong by hours: whoever
receives compares it with their own clock. `isDataRetransmission` marks what was kept through a cut.
Documented by the vendor: ISAPI, Intelligent traffic and ANPR event messages.
"""

import re
import xml.etree.ElementTree as Tree
from collections.abc import Iterator

from passages.reads import LARGEST_PICTURE, Direction, Malformed, Message, Phase, Read, fraction, text
from passages.sources.documents import instant, is_picture, parts

_DIRECTIONS = {"forward": Direction.IN, "reverse": Direction.OUT}
_NO_PLATE = frozenset({"", "unknown", "noplate"})
LARGEST = 256 * 1024


def decode(body: bytes, media_type: str) -> Message:
    """Raises Malformed. An alert of another type, or one that ends, is a sign of life."""
    picture = b""
    documents: list[bytes] = []
    if media_type.lower().startswith("multipart/"):
        for _, kind, content in parts(body, media_type):
            if kind in ("application/xml", "text/xml") or content.lstrip().startswith(b"<"):
                documents.append(content)
            elif is_picture(content) and len(content) <= LARGEST_PICTURE and not picture:
                picture = content
    else:
        documents = [body]
    if not documents:
        raise Malformed("the multipart message has no XML part")
    return Message(tuple(_reads(documents)), picture)


def _reads(documents: list[bytes]) -> Iterator[Read]:
    for document in documents:
        alert = _tree(document)
        if _said(alert, "eventType").upper() == "ANPR" and _said(alert, "eventState").lower() != "inactive":
            yield _read(alert)


def _tree(document: bytes) -> dict[str, str]:
    """The text of each element by its name without namespace, the first of each. Raises Malformed."""
    if len(document) > LARGEST:
        raise Malformed(f"the XML is longer than {LARGEST} bytes")
    if re.search(rb"<!(DOCTYPE|ENTITY)", document, re.IGNORECASE):
        raise Malformed("the XML declares entities, which no alert does")
    try:
        root = Tree.fromstring(document)
    except (Tree.ParseError, ValueError, LookupError) as error:
        raise Malformed(f"not XML: {str(error)[:120]}") from error
    if _bare(root.tag) != "EventNotificationAlert":
        raise Malformed("the XML is no EventNotificationAlert")
    found: dict[str, str] = {}
    for element in root.iter():
        found.setdefault(_bare(element.tag), (element.text or "").strip())
    return found


def _bare(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _said(alert: dict[str, str], *names: str) -> str:
    return next((text(alert[name]) for name in names if alert.get(name)), "")


def _read(alert: dict[str, str]) -> Read:
    plate = _said(alert, "licensePlate", "plateNumber", "plate")
    believed = [fraction(each, 100) for each in alert.get("plateCharBelieve", "").split(",") if each.strip()]
    return Read(
        raw="" if plate.lower() in _NO_PLATE else plate,
        arrival=_said(alert, "UUID"),
        at=instant(alert.get("dateTime")),
        confidence=fraction(_said(alert, "confidenceLevel", "plateConfidence") or None, 100),
        chars=tuple(each for each in believed if each is not None) if None not in believed else (),
        direction=_DIRECTIONS.get(_said(alert, "direction").lower(), Direction.UNKNOWN),
        phase=Phase.UPDATE,
        retransmitted=_said(alert, "isDataRetransmission").lower() == "true",
        zone=_said(alert, "line", "laneNo"),
        listed=_said(alert, "vehicleListName"),
        vehicle=_said(alert, "vehicleType"),
        colour=_said(alert, "vehicleColor", "color"),
    )
