"""MQTT messages into items: what a topic template catches, and the forms a payload may have.

Pure. A topic template such as `lighting/{cabinet}/{address}` subscribes to `lighting/+/+`; `{address}` is the address of
payloads that name none. A payload is a bare value, one reading, a list of readings, `{"readings": […]}`, or whatever the
feed's mapping describes.
"""

import re
from collections.abc import Callable, Mapping

import msgspec

from assets.feeds.decode import Malformed, describe
from assets.feeds.forms.mapped import compiled
from assets.feeds.intake import Batch, FeedBook, Item
from assets.feeds.mapping import BadMapping
from assets.feeds.numerals import number

LARGEST = 1024 * 1024
"""Bytes of one payload."""
_PLACE = re.compile(r"\{(\w+)\}")


class _Reading(msgspec.Struct, gc=False):
    """An item whose address may be left to the topic."""

    value: float | bool | str | None
    address: str = ""
    at: str | float | None = None
    quality: str | int | None = None


class _Envelope(msgspec.Struct, gc=False):
    readings: list[_Reading]


_bare = msgspec.json.Decoder(float | bool | str | None)
_one = msgspec.json.Decoder(_Reading)
_many = msgspec.json.Decoder(list[_Reading])
_envelope = msgspec.json.Decoder(_Envelope)


class Template:
    """A feed's topic template: the filter to subscribe to, and what a topic says."""

    def __init__(self, written: str) -> None:
        levels = _PLACE.sub("+", written)
        if not written or "#" in levels[:-1] or any("+" in level and level != "+" for level in levels.split("/")):
            raise BadMapping(f"The topic {written!r} is not one: + and {{name}} stand for a whole level, # for the last ones.")
        self.filter = levels
        topic = written.split("/", 2)[2] if written.startswith("$share/") else written
        pattern = "/".join(_level(level) for level in topic.split("/"))
        self._pattern = re.compile(pattern.replace("/.*", "(?:/.*)?"))

    def parts(self, topic: str) -> Mapping[str, str]:
        """What the names of the template stand for in a topic; nothing when it is not one of ours."""
        match = self._pattern.fullmatch(topic)
        return match.groupdict() if match else {}


def _level(level: str) -> str:
    if level == "#":
        return ".*"
    if level == "+":
        return "[^/]*"
    named = _PLACE.fullmatch(level)
    return f"(?P<{named[1]}>[^/]*)" if named else re.escape(level)


def without_undated(batch: Batch, book: FeedBook) -> tuple[Batch, int]:
    """Of retained messages, what can be taken, and how many readings of known points cannot: those without a time of their own.

    Nobody knows how long the broker has kept such a value. An unknown address is let through: that it exists is news enough.
    """
    kept = [index for index, item in enumerate(batch.items) if item.at is not None or item.address not in book.points]
    places = [batch.places[index] for index in kept] if batch.places is not None else kept
    return Batch([batch.items[index] for index in kept], places, batch.refusals), len(batch.items) - len(kept)


def reader(mapping: Mapping[str, object]) -> Callable[[Batch, int, Mapping[str, str], bytes], None]:
    """A function (batch, place, topic parts, payload) that puts one message's readings into the batch.

    It never raises: a message that cannot be read is one refusal. Raises BadMapping.
    """
    described = {name: value for name, value in mapping.items() if name != "broker"}
    if not described:
        return _read_plain
    use = compiled(described)

    def read(batch: Batch, place: int, topic: Mapping[str, str], payload: bytes) -> None:
        try:
            page = use.decode(payload, topic)
        except Malformed as error:
            batch.refusals.add(place, str(error), payload[:200].decode("utf-8", "replace"))
            return
        _add(batch, place, page.batch.items, "")
        batch.refusals.count += page.batch.refusals.count - len(page.batch.refusals.told)
        for told in page.batch.refusals.told:
            batch.refusals.add(place, told.reason, told.sample)

    return read


def _read_plain(batch: Batch, place: int, topic: Mapping[str, str], payload: bytes) -> None:
    try:
        _add(batch, place, _plain(payload), topic.get("address", ""))
    except (Malformed, msgspec.DecodeError, ValueError, RecursionError) as error:
        batch.refusals.add(place, describe(error), payload[:200].decode("utf-8", "replace"))


def _plain(payload: bytes) -> list[_Reading]:
    if len(payload) > LARGEST:
        raise Malformed(f"the payload is larger than {LARGEST} bytes")
    first = payload.lstrip()[:1]
    if first == b"[":
        return _many.decode(payload)
    if first == b"{":
        return _envelope.decode(payload).readings if b'"readings"' in payload else [_one.decode(payload)]
    try:
        return [_Reading(_bare.decode(payload))]
    except msgspec.DecodeError:
        text = payload.decode("utf-8-sig").strip()  # a bare number that JSON does not have (+3.5), or a label: ON, closed
        value = number(text)
        return [_Reading(text if value is None else value)]


def _add(batch: Batch, place: int, readings: list[_Reading] | list[Item], address: str) -> None:
    for reading in readings:
        if not reading.address:
            reading.address = address
        batch.items.append(reading)  # type: ignore[arg-type]
        batch.places.append(place)  # type: ignore[union-attr]
