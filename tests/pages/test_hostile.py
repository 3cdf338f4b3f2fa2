"""What no page of ours would send to a page: refused, or finding nothing; never our mistake."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assets.models import UnknownAddress
from tests.factories import NOON


@pytest.mark.parametrize(
    "query",
    ["rules?here=" + "9" * 5000, "rules?part=rows&here=" + "9" * 5000, "rules/export?rule=%00", "rules?q=%00&kind=%00",
     "assets?q=%00%27%3A*%26%28&kind=%00&after=%00", "assets?part=rows&q=a%EF%BF%BF%5C%3A%3A%3C-%3E", "settings?part=%00"],
)  # fmt: skip
def test_a_page_asked_for_what_cannot_be_is_no_mistake_of_ours(city, query):
    assert city.client("administrator").get(f"/sites/quai/{query}").status_code in (200, 404)


@pytest.mark.parametrize("sector", ["abc", "9" * 50, "9" * 5000, "\0", "-1", ""])
def test_no_sector_is_renamed_by_what_is_no_number(city, sector):
    assert city.client("administrator").post("/sites/quai/settings/sectors", {"sector": sector, "name": "x"}).status_code == 404


@pytest.mark.parametrize("code", ["\0", "J-1\0", "x" * 10_000])
def test_no_address_is_adopted_by_a_code_that_cannot_be(city, code):
    row = UnknownAddress.objects.create(feed=city.feed, address="x", first_seen_at=NOON, last_seen_at=NOON)
    path = f"/sites/quai/settings/feeds/jauges/adoptions/{row.pk}"
    assert city.client("administrator").post(path, {"code": code, "quantity": "flow"}).status_code == 302
    assert UnknownAddress.objects.exists()


def test_a_mapping_of_thousands_of_brackets_is_no_toml(city):
    sent = {"way": "written", "written": "x=" + "[" * 5000 + "]" * 5000, "file": SimpleUploadedFile("a.csv", b"code\n1\n")}
    assert city.client("administrator").post("/sites/quai/assets/imports", sent).status_code == 422
