"""Photos of a phone lose the place they were taken at, and nothing else; what is no picture is none."""

import struct

import pytest

from assets.refusal import Refused
from response.orders.photos import judged
from tests.response.ordering import png

GPS = b"48.8924N 2.2361E"


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int, order: str = "<") -> bytes:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return segment(0xE1, b"Exif\0\0" + head + struct.pack(f"{order}H", 1) + entry + struct.pack(f"{order}I", 0) + GPS)


JFIF, TABLE = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xDB, b"\0" + bytes(64))
SCAN = segment(0xDA, b"\1\1\0\0\77\0") + b"\x12\xff\x00\x34\xff\xd0\x56"


def jpeg(*before: bytes, between: bytes = b"", behind: bytes = b"") -> bytes:
    return b"\xff\xd8" + b"".join(before) + TABLE + SCAN + between + SCAN + b"\xff\xd9" + behind


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_keeps_its_orientation_and_loses_its_place(order):
    comment, profile = segment(0xFE, GPS), segment(0xE2, b"ICC_PROFILE\0\1\1")
    behind = jpeg(exif(1))
    kind, kept = judged(jpeg(JFIF, exif(6, order), comment, profile, between=exif(3) + TABLE, behind=behind))
    assert kind == "image/jpeg"
    assert GPS not in kept
    assert kept.count(b"\xff\xd9") == 1
    assert JFIF in kept
    assert profile in kept
    assert kept.count(SCAN) == 2
    tags = kept[kept.index(b"MM\0*") :]
    assert struct.unpack(">HHIH", tags[10:20]) == (0x0112, 3, 1, 3)
    assert judged(kept) == (kind, kept)


def test_a_jpeg_that_says_nothing_is_left_as_it_is():
    plain = jpeg(JFIF)
    assert judged(plain) == ("image/jpeg", plain)


def test_a_png_loses_its_words_and_its_place():
    assert judged(png((b"eXIf", GPS), (b"tEXt", b"Comment\0" + GPS), (b"tIME", bytes(7)))) == ("image/png", png())


def test_a_webp_loses_exif_and_xmp_and_no_longer_announces_them():
    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    def webp(*chunks: bytes) -> bytes:
        body = b"WEBP" + b"".join(chunks)
        return b"RIFF" + struct.pack("<I", len(body)) + body

    picture = chunk(b"VP8L", b"\x2f\0\0")
    full = webp(chunk(b"VP8X", b"\x1c" + bytes(9)), picture, chunk(b"EXIF", GPS + b"!"), chunk(b"XMP ", GPS))
    assert judged(full) == ("image/webp", webp(chunk(b"VP8X", b"\x10" + bytes(9)), picture))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "attachment_kind"), (b"GIF89a", "attachment_kind"), (b"%PDF-1.7", "photo_kind"),
        (jpeg(JFIF)[:-8], "photo_damaged"), (b"\xff\xd8\xff", "photo_damaged"), (b"\xff\xd8\xff\xe1\xff\xff", "photo_damaged"),
        (png()[:-6], "photo_damaged"), (b"\x89PNG\r\n\x1a\n", "photo_damaged"), (b"RIFF\xff\xff\xff\x7fWEBP", "photo_damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(8 * 1024 * 1024), "attachment_too_large"),
    ],
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused(content, code):
    with pytest.raises(Refused) as refused:
        judged(content)
    assert refused.value.code == code
