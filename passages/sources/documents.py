"""What decoders share: JSON objects taken apart with care, parts of multipart messages, times with a zone. Pure."""

import email.parser
import email.policy
from collections.abc import Iterator
from datetime import datetime

import msgspec

from passages.reads import LARGEST_PICTURE, Malformed, micros

DEEPEST = 24


def json_object(body: bytes) -> dict[str, object]:
    """Raises Malformed."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {str(error)[:120]}") from error
    if not isinstance(found, dict):
        raise Malformed("the message is not a JSON object")
    return found


def inner(document: object, *names: str) -> dict[str, object]:
    """The object at a path of members; an empty one when there is none."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def items(document: object, name: str) -> Iterator[dict[str, object]]:
    """The objects of a list that is a member; what is none is passed over."""
    found = document.get(name) if isinstance(document, dict) else None
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def instant(said: object) -> int | None:
    """µs of an ISO 8601 time that has its zone; None for one that has none, and for one that is not of our century."""
    if not isinstance(said, str):
        return None
    try:
        moment = datetime.fromisoformat(said.strip())
    except ValueError:
        return None
    return micros(moment.timestamp(), 1) if moment.tzinfo is not None else None


def parts(body: bytes, media_type: str) -> Iterator[tuple[str, str, bytes]]:
    """(name, media type, content) of each part of a multipart message. Raises Malformed."""
    head = f"Content-Type: {media_type}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1", "replace")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise Malformed("the multipart message has no parts")
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            name = part.get_param("name", header="content-disposition") or part.get_filename() or ""
            yield str(name), part.get_content_type(), content


def form(body: bytes, media_type: str) -> tuple[bytes, bytes]:
    """Document and picture of a message: a form has the first in its field `json`, the other beside it. Raises Malformed."""
    if not media_type.lower().startswith("multipart/"):
        return body, b""
    document, picture = b"", b""
    for name, _, content in parts(body, media_type):
        if name == "json":
            document = content
        elif is_picture(content) and len(content) <= LARGEST_PICTURE:
            picture = content
    return document, picture


def is_picture(content: bytes) -> bool:
    """JPEG or PNG by its first bytes, whatever its name says."""
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
