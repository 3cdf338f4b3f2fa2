"""What may be added as a photo, and what is taken out of it: the place, the time and the phone it was taken with. Pure.

Only the orientation is kept, without which a picture would lie on its side.
"""

import re
import struct

from assets.refusal import Meaning, Refused
from response.daylog import files

ACCEPTED = ("image/jpeg", "image/png", "image/webp")
_DROPPED_CHUNKS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")
_ORIENTATION = 0x0112
_MARKER = re.compile(rb"\xff+[\x01-\xfe]", re.DOTALL)
_AFTER_SCAN = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]", re.DOTALL)
"""Within a scan 0xFF is followed by 0 or by the number of a restart."""


def judged(content: bytes) -> tuple[str, bytes]:
    """Media type by its first bytes, and the picture without what it tells of where it was taken. Raises Refused."""
    kind = files.media_type(content)
    if kind not in ACCEPTED:
        fr, en = "Une photo est une image PNG, JPEG ou WebP.", "A photo is a PNG, JPEG or WebP picture."
        raise Refused("photo_kind", fr, en, meaning=Meaning.INVALID, field="file")
    try:
        return kind, {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}[kind](content)
    except (ValueError, IndexError, struct.error) as error:
        fr, en = "Cette image est abîmée : reprenez la photo.", "This picture is damaged: take the photo again."
        raise Refused("photo_damaged", fr, en, meaning=Meaning.INVALID, field="file") from error


def _jpeg(content: bytes) -> bytes:
    """Without application segments and comments but JFIF, ICC profiles and Adobe's colours, the orientation anew; nor what stands
    behind its end, where phones put a second picture with a place of its own."""
    kept, at, orientation = [], 2, 1
    while (found := _MARKER.match(content, at)) is not None:
        marker, begin = content[found.end() - 1], found.end() - 2
        if marker == 0xD9:
            return b"\xff\xd8" + _exif(orientation) + b"".join(kept) + b"\xff\xd9"
        at = begin + 2 + int.from_bytes(content[begin + 2 : begin + 4])
        segment = content[begin:at]
        if len(segment) < 4 or len(segment) != at - begin:
            raise ValueError("cut")
        if marker == 0xDA:  # what follows is the picture, up to the next marker
            following = _AFTER_SCAN.search(content, at)
            if following is None:
                raise ValueError("no end")
            segment, at = content[begin : following.start()], following.start()
        if marker == 0xE1 and segment[4:].startswith(b"Exif\0\0"):
            orientation = _orientation(segment[10:])
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE) or _needed(marker, segment[4:]):
            kept.append(segment)
    raise ValueError("no marker")


def _needed(marker: int, body: bytes) -> bool:
    return (marker, body[:5]) in ((0xE0, b"JFIF\0"), (0xEE, b"Adobe")) or (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"))


def _orientation(tiff: bytes) -> int:
    """From 1 to 8; 1 where it is not told."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, first)
        for place in range(min(entries, 64)):
            tag, _type, _count, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * place)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _exif(orientation: int) -> bytes:
    if orientation == 1:
        return b""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png(content: bytes) -> bytes:
    kept, at = [content[:8]], 8
    while at < len(content):
        length = int.from_bytes(content[at : at + 4])
        chunk = content[at : at + 12 + length]
        if len(chunk) != 12 + length:
            raise ValueError("cut")
        if chunk[4:8] not in _DROPPED_CHUNKS:
            kept.append(chunk)
        at += 12 + length
        if chunk[4:8] == b"IEND":
            return b"".join(kept)
    raise ValueError("no end")


def _webp(content: bytes) -> bytes:
    kept, at = [], 12
    end = 8 + int.from_bytes(content[4:8], "little")
    if end > len(content):
        raise ValueError("cut")
    while at < end:
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        chunk = content[at : at + 8 + length + length % 2]
        if len(chunk) < 8 + length:
            raise ValueError("cut")
        if chunk[:4] == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~0x0C]) + chunk[9:]  # neither EXIF nor XMP follows
        if chunk[:4] not in (b"EXIF", b"XMP "):
            kept.append(chunk)
        at += len(chunk)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body
