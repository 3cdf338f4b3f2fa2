"""How a message of each protocol is read, whatever brings it: for trying a mapping, and for messages that were kept.

Pure. What arrives is read by the ways themselves; here a single message is, as they would.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from assets.feeds import mqtt_message
from assets.feeds.forms import json, ngsi_ld
from assets.feeds.forms.mapped import compiled
from assets.feeds.intake import Batch
from assets.models import Protocol

Reader = Callable[[Mapping[str, object], str, bytes, str, int], Batch]
"""(mapping, address of the feed, message, its topic, received in µs) → its readings. Raises Malformed and BadMapping."""


def _pushed(mapping: Mapping[str, object], address: str, body: bytes, topic: str, received: int) -> Batch:
    return compiled(mapping).decode(body, received=received).batch if mapping else json.read(body)


def _pulled(mapping: Mapping[str, object], address: str, body: bytes, topic: str, received: int) -> Batch:
    return compiled(mapping).decode(body, received=received).batch


def _published(mapping: Mapping[str, object], address: str, body: bytes, topic: str, received: int) -> Batch:
    parts = mqtt_message.Template(address).parts(topic)
    described = {name: value for name, value in mapping.items() if name != "broker"}
    if described:
        return compiled(described).decode(body, parts, received).batch
    batch = Batch([], [])
    mqtt_message.reader(mapping)(batch, 0, parts, body)
    return batch


def _notified(mapping: Mapping[str, object], address: str, body: bytes, topic: str, received: int) -> Batch:
    return ngsi_ld.decode(body, mapping, received)


def _replayed(mapping: Mapping[str, object], address: str, body: bytes, topic: str, received: int) -> Batch:
    return compiled({"form": "csv", **mapping}).decode(body, received=received).batch


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        Protocol.PUSH: _pushed,
        Protocol.PULL: _pulled,
        Protocol.MQTT: _published,
        Protocol.NGSI_LD: _notified,
        Protocol.REPLAY: _replayed,
    }
)
