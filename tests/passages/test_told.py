"""The live channel tells of open passages by the sector of their gate, and never of a plate."""

import msgspec
import pytest

from journal import live
from tests.passages.gatehouse import NOW, make_gatehouse

pytestmark = pytest.mark.django_db


def test_an_open_passage_is_told_by_right_without_its_plate():
    house = make_gatehouse()
    house.permit("AB123CD")
    passage = house.arrive("AB-123-CD", NOW)
    site = passage.site_id
    told = live.change(site, 1, live.state(site))
    assert [row["id"] for row in msgspec.json.decode(told.rows["passage"])] == [passage.pk]
    opened = live.open_rows(site, None)["passage"]
    assert [(row["id"], row["has_plate"], row["plate"], row["candidates"]) for row in opened] == [(passage.pk, True, None, [])]
    for encoded in (*told.rows.values(), told.lines, msgspec.json.encode(opened)):
        assert b"AB123CD" not in encoded
        assert b"AB-123-CD" not in encoded
    seen, gone = live.within(("ailleurs",), site, 1, live.state(site), told)
    assert ("passage" in seen.rows, gone, live.open_rows(site, ("ailleurs",))["passage"]) == (False, {}, [])
