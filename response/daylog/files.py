"""What may be attached to a note: pictures and documents that are what they say, and not too large. Pure."""

import re

from assets.refusal import Meaning, Refused

MOST_BYTES = 8 * 1024 * 1024
MOST_FILES = 20
"""Beside one note."""
LONGEST_NAME = 120
_SIGNS = {
    "image/png": {0: b"\x89PNG\r\n\x1a\n"},
    "image/jpeg": {0: b"\xff\xd8\xff"},
    "image/webp": {0: b"RIFF", 8: b"WEBP"},
    "application/pdf": {0: b"%PDF-"},
}
"""By media type: what must stand where in a file."""
ACCEPTED = tuple(_SIGNS)


def media_type(content: bytes) -> str:
    """What a file is by its first bytes, whatever it was called. Raises Refused for none of ACCEPTED, and for one too large."""
    if len(content) > MOST_BYTES:
        size = MOST_BYTES // 1024 // 1024
        fr, en = f"Une pièce jointe a {size} Mio au plus.", f"An attachment has at most {size} MiB."
        raise Refused("attachment_too_large", fr, en, meaning=Meaning.INVALID, field="file")
    for kind, signs in _SIGNS.items():
        if all(content.startswith(sign, place) for place, sign in signs.items()):
            return kind
    fr = "Une pièce jointe est une image PNG, JPEG ou WebP, ou un PDF ; ce fichier n’en est pas une, quel que soit son nom."
    en = "An attachment is a PNG, JPEG or WebP picture, or a PDF; this file is none, whatever it is called."
    raise Refused("attachment_kind", fr, en, meaning=Meaning.INVALID, field="file")


def safe_name(name: str) -> str:
    """A file's name without folders, control characters and what a header or a disk would take amiss; never empty."""
    last = re.split(r"[\\/]", name)[-1]
    plain = "".join(letter for letter in last if letter.isprintable() and letter not in '"<>|:*?;').strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > LONGEST_NAME:
        plain = f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) < 10 else plain[:LONGEST_NAME]
    return plain or "document"
