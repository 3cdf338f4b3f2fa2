"""Payloads of devices that send bytes and no documents: a number at a place, or behind the tag that announces it.

Pure. What the network server did not decode comes as base64 or hexadecimal text; a mapping's table says what its bytes are.
"""

import binascii
import re
import struct
from collections.abc import Mapping

from assets.feeds.mapping import BadMapping, Bytes, Tags

LONGEST = 4_096
"""Bytes of a payload."""
MOST_TAGS = 1_000
_HEX = re.compile(r"([0-9a-f]{2}){1,8}", re.ASCII)
_FLOATS = {("f32", False): ">f", ("f32", True): "<f", ("f64", False): ">d", ("f64", True): "<d"}


class Unreadable(ValueError):
    """A payload that has no such number; the message says why."""


class NotThere(Unreadable):
    """The payload does not speak of it: none of its pieces has this tag."""


class Lengths:
    """The tags of a payload, checked: what each is followed by."""

    def __init__(self, said: Tags, name: str) -> None:
        """Raises BadMapping."""
        tags = {tag.strip().lower(): length for tag, length in said.lengths.items()}
        if not tags or len(tags) > MOST_TAGS:
            raise BadMapping(f"`{name}`: `lengths` has from 1 to {MOST_TAGS} tags.")
        for tag, length in tags.items():
            if not _HEX.fullmatch(tag) or not 0 <= length <= LONGEST:
                raise BadMapping(f"`{name}`: {tag[:40]!r} is a tag in hexadecimal, with the number of bytes that follow it.")
        self.size = len(next(iter(tags))) // 2
        if any(len(tag) != 2 * self.size for tag in tags):
            raise BadMapping(f"`{name}`: all tags are equally long.")
        self._lengths: Mapping[bytes, int] = {bytes.fromhex(tag): length for tag, length in tags.items()}

    def knows(self, tag: bytes) -> bool:
        return tag in self._lengths

    def behind(self, tag: bytes, payload: bytes) -> bytes:
        """What follows a tag where it comes first. Raises Unreadable."""
        at = 0
        while at < len(payload):
            found, start = payload[at : at + self.size], at + self.size
            length = self._lengths.get(found)
            if length is None:
                raise Unreadable(f"the payload has the tag {found.hex()}, which the mapping does not know")
            if found == tag:
                return payload[start : start + length]
            at = start + length
        raise NotThere(f"the payload has no tag {tag.hex()}")


class Field:
    """One number of a payload, checked."""

    def __init__(self, said: Bytes, encoding: str, tags: Tags | None, name: str) -> None:
        """Raises BadMapping."""
        self._encoding, self._place, self._name = encoding, said.place, said.type
        self._size = int(said.type[1:]) // 8
        self._order, self._signed = ("little" if said.little else "big"), said.type[0] == "i"
        self._float = _FLOATS.get((said.type, said.little), "")
        tag = said.tag.strip().lower()
        self._tag, self._lengths = b"", Lengths(tags, "tags") if tags is not None else None
        if not -LONGEST <= said.place < LONGEST:
            raise BadMapping(f"`{name}`: `place` is less than {LONGEST} bytes from the start or the end.")
        if tag:
            if self._lengths is None or not _HEX.fullmatch(tag) or not self._lengths.knows(bytes.fromhex(tag)):
                raise BadMapping(f"`{name}`: the tag {tag[:40]!r} is none of `tags`.")
            self._tag = bytes.fromhex(tag)

    def of(self, text: str) -> float | int:
        """The number in a payload as it is sent. Raises Unreadable."""
        payload = decoded(text, self._encoding)
        if self._tag and self._lengths is not None:
            payload = self._lengths.behind(self._tag, payload)
        start = self._place if self._place >= 0 else len(payload) + self._place
        piece = payload[start : start + self._size] if start >= 0 else b""
        if len(piece) < self._size:
            raise Unreadable(f"the payload has {len(payload)} bytes, and no {self._name} at {self._place}")
        if self._float:
            number: float = struct.unpack(self._float, piece)[0]
            return number
        return int.from_bytes(piece, "little" if self._order == "little" else "big", signed=self._signed)


def decoded(text: str, encoding: str) -> bytes:
    """The bytes that a text stands for. Raises Unreadable."""
    if len(text) > 3 * LONGEST:
        raise Unreadable(f"the payload is longer than {LONGEST} bytes")
    try:
        return bytes.fromhex(text) if encoding == "hex" else binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise Unreadable(f"the payload {text[:40]!r} is not written in {encoding}") from error
