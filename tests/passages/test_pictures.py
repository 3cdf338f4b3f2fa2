"""A picture that came with a read is seen beside its plate by whoever may see the plate, and goes with it."""

import datetime as dt
import json

import pytest

from journal.models import JournalEntry
from passages import erasure, letters, rows, taking_in
from passages.models import ClearRead, Erasure, Passage
from tests.passages.gatehouse import NOW, Gatehouse, make_gatehouse

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
FORM = "multipart/form-data; boundary=x"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def house(db: None, valkey: object) -> Gatehouse:
    return make_gatehouse()


def form(plate: str, picture: bytes) -> bytes:
    """A read in Vigie's own shape, as a form with a picture beside it."""
    told = json.dumps({"plate": plate, "at": NOW.isoformat(), "arrival": "v1", "confidence": 0.97}).encode()
    parts = (("json", "application/json", told), ("picture", "image/png", picture))
    body = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode() + content + b"\r\n"
        for name, kind, content in parts
    )
    return body + b"--x--\r\n"


def take_in(house: Gatehouse, body: bytes) -> Passage:
    (passage,) = taking_in.take_in(letters.keep(house.reader.pk, FORM, body, NOW), NOW)
    return Passage.objects.get(pk=passage)


def test_a_picture_is_kept_with_the_read_and_erased_with_the_plate(house):
    passage = take_in(house, form("AB-123-CD", PNG))
    assert bytes(rows.picture(passage).picture) == PNG
    house.read("AB-123-CD", NOW, arrival="v1")  # a second read without one
    assert rows.passage_rows(Passage.objects.filter(pk=passage.pk))[0]["picture"] is True
    house.pass_time(NOW + HOUR)
    over = Passage.objects.get(pk=passage.pk).closed_at
    assert over is not None
    erasure.sweep(house.site.pk, over + 23 * HOUR)
    assert bytes(rows.picture(passage).picture) == PNG, "the purpose says 24 h"
    erasure.sweep(house.site.pk, over + 25 * HOUR)
    assert rows.picture(passage) is None
    assert not ClearRead.objects.filter(read__passage=passage).exists()
    assert Erasure.objects.get().pictures == 1
    assert not JournalEntry.objects.filter(text_fr__contains="AB").exists()


def test_what_is_no_picture_or_too_large_is_left_out_and_the_read_is_kept(house):
    for content in (b"<svg onload=alert(1)>", PNG + bytes(512 * 1024)):
        assert rows.picture(take_in(house, form("AB-123-CD", content))) is None
