"""Reads the body of one request within its limits, whatever the sender claims about it."""

import zlib
from collections.abc import Awaitable, Callable
from typing import Any

MOST_SENT = 8 * 1024 * 1024
MOST_INFLATED = 32 * 1024 * 1024
"""Bytes; an inflated body may be four times the largest plain one, and a gzip bomb stops there."""
MOST_MEMBERS = 1_000
"""Of one gzip body: every member costs a copy of what follows it, and an empty one is 20 bytes."""


class TooLarge(Exception):
    """More bytes than the limit; the message names the limit."""


class BadEncoding(ValueError):
    """The Content-Encoding is not the one announced."""


class Disconnected(Exception):
    """The sender went away before its body was complete."""


async def read(receive: Callable[[], Awaitable[dict[str, Any]]], announced: int | None) -> bytes:
    """The bytes as sent. Raises TooLarge, at once when the announced length says so, and Disconnected."""
    if announced is not None and announced > MOST_SENT:
        raise TooLarge(f"The body is larger than {MOST_SENT} bytes: send smaller batches.")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MOST_SENT:
            raise TooLarge(f"The body is larger than {MOST_SENT} bytes: send smaller batches.")
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def inflate(data: bytes, limit: int = MOST_INFLATED) -> bytes:
    """gunzip, never making more than `limit` bytes. Raises TooLarge and BadEncoding."""
    parts: list[bytes] = []
    room = limit
    while data:
        if len(parts) == MOST_MEMBERS:
            raise BadEncoding(f"The gzip body has more than {MOST_MEMBERS} members.")
        stream = zlib.decompressobj(wbits=31)
        try:
            part = stream.decompress(data, room + 1)
        except zlib.error as error:
            raise BadEncoding(f"The body is not gzip: {error}.") from error
        if len(part) > room:
            raise TooLarge(f"The inflated body is larger than {limit} bytes: send smaller batches.")
        if not stream.eof:
            raise BadEncoding("The gzip body ends too early.")
        parts.append(part)
        room -= len(part)
        data = stream.unused_data  # a gzip file may have several members
    return b"".join(parts)
