"""JSON as programs really write it: byte order marks, NaN, halves of surrogates; what is too much of it is refused.

Pure. The forms read a body once, typed. Only when that fails is it read here again, item by item, so that hostile or sloppy
input is slow for its sender alone.
"""

import codecs
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from assets.feeds.intake import Batch, Item

T = TypeVar("T")
MOST_VALUES = 2_000_000
"""JSON values a body may hold when it must be read untyped: `[0,0,0…` would make gigabytes of 32 MB."""
_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Possessive, and a text without an end goes to the end of the body: each byte is looked at once, whatever was sent.
_NO_NUMBER = re.compile(
    rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
    rb"|(?P<nan>[-+]?\bnan\b)"
    rb"|(?P<infinite>[-+]?\binf(?:inity)?\b|(?<![\w.])-?(?:\d[\d.]*+e\+?\d{3,}+|\d{300,}+(?:\.\d+)?))",
    re.IGNORECASE | re.DOTALL,
)

_SURROGATES = re.compile(rb"(?P<pair>\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[^dD]...|\\[^u])|\\u[dD][89a-fA-F]..", re.DOTALL)
_NO_CHARACTER = rb"\ufffe"
"""In the place of half a surrogate pair: it is no character either, and intake refuses what has it."""


class Malformed(ValueError):
    """The body as a whole cannot be read: the message says what, and where when that is known."""


_item = msgspec.json.Decoder(Item)
_anything = msgspec.json.Decoder()


def document(body: bytes) -> object:
    """Any JSON, untyped, without its byte order mark (`unmarked`); NaN in it is the text "NaN". Raises Malformed."""
    return whole(_anything.decode, body)


def documents(body: bytes) -> list[object]:
    """The JSON document of a body, or those on its lines when it is none as a whole. Raises Malformed for neither."""
    body = unmarked(body)
    try:
        return [document(body)]
    except Malformed:
        each = lines(body)
        if len(each) < 2:
            raise
        try:
            return [document(line) for line in each]
        except Malformed:
            pass  # it is no document of lines either: what is wrong with the whole is said
        raise


def lines(body: bytes) -> list[bytes]:
    """The lines of a body that are not empty."""
    return [line for line in body.split(b"\n") if line.strip()]


def unmarked(body: bytes) -> bytes:
    """The body without the byte order mark that Windows puts before UTF-8. Raises Malformed for UTF-16 and UTF-32."""
    if body.startswith(codecs.BOM_UTF8):
        return body[len(codecs.BOM_UTF8) :]
    if body.startswith(_WIDE):
        raise Malformed("The body is UTF-16 or UTF-32: send UTF-8.")
    return body


def describe(error: Exception) -> str:
    """A decoding failure in one sentence without the library's traceback words."""
    if isinstance(error, RecursionError):
        return "The JSON is nested too deeply."
    if isinstance(error, UnicodeDecodeError):
        return f"The body is not UTF-8 (byte 0x{error.object[error.start]:02x} in a text)."
    if isinstance(error, UnicodeEncodeError):
        return "A text has half of a surrogate pair."
    return f"{str(error).rstrip('.')}."


def bound(body: bytes) -> None:
    """Raises Malformed when reading this body untyped would take too much memory."""
    if body.count(b",") > MOST_VALUES or body.count(b"\n") > MOST_VALUES:
        raise Malformed(f"The body is not as documented and holds more than {MOST_VALUES} values: send smaller batches.")


def _with_texts_for_no_numbers(body: bytes) -> bytes | None:
    """The body with NaN, infinite and endless numbers as texts, and without halves of surrogates; None when it has none.

    Many programs write `NaN`, `nan` or `1e999`. Neither is JSON, and each spoils no more than its own reading, which intake
    then refuses by name.
    """

    def text(match: re.Match[bytes]) -> bytes:
        if match["nan"]:
            return b'"NaN"'
        if match["infinite"]:
            return b'"Infinity"'
        return _SURROGATES.sub(lambda found: found["pair"] or _NO_CHARACTER, match[0]) if b"\\u" in match[0] else match[0]

    if body.count(b'"') > 4 * MOST_VALUES:
        return None
    mended = _NO_NUMBER.sub(text, body)
    return None if mended == body else mended


def whole(decoded: Callable[[bytes], T], body: bytes) -> T:
    """A whole body, bounded. Raises Malformed."""
    bound(body)
    try:
        return _tolerantly(decoded, body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(describe(error)) from error


def _tolerantly(decoded: Callable[[bytes], T], text: bytes) -> T:
    """What a decoder makes of JSON, or of the same with texts for what are no numbers. Raises as the decoder does."""
    try:
        return decoded(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        if (mended := _with_texts_for_no_numbers(text)) is None:
            raise
    return decoded(mended)


def one_by_one(parts: Sequence[bytes | msgspec.Raw]) -> Batch:
    """Readings read each on its own: what is wrong with one is its refusal."""
    batch = Batch([], [])
    for place, part in enumerate(parts):
        try:
            batch.put(_reading(part), place)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            batch.refusals.add(place, describe(error), bytes(part)[:200].decode("utf-8", "replace"))
    return batch


def _reading(part: bytes | msgspec.Raw) -> Item:
    return _tolerantly(_item.decode, bytes(part))
