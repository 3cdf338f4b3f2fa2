"""What no page of ours would send to a page: refused, or finding nothing; never our mistake."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assets.models import UnknownAddress
from hypervisor.models import Session
from tests.factories import NOON, THRESHOLD


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


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2201-01-01", "1999-12-30"])
def test_a_last_day_at_the_end_of_the_calendar_is_refused_at_its_field(city, day):
    sent = {
        "reason": "travaux", "sector": "nord", "repeats": "weekly", "starts_at": "2026-11-20T08:00", "last_day": day,
        "weekdays": "1", "start_time": "08:00", "end_time": "10:00",
    }  # fmt: skip
    answer = city.client("administrator").post("/sites/quai/maintenance", sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors["last_day"]


@pytest.mark.parametrize("desk", ["a\0b", "\0", "poste\u202egro", "a\u2066b", "x" * 61, "\ud7ff\uffff"])
def test_no_desk_has_a_name_that_cannot_be_written_beside_others(city, desk):
    client = city.client("operator")
    assert client.post("/preferences", {"desk": desk}).status_code == 400
    assert client.patch("/api/v1/me", {"desk": desk}, content_type="application/json").status_code == 422
    assert client.get("/sites/quai/").status_code == 200


@pytest.mark.parametrize(
    ("desk", "named"), [("  Poste 1 ", "Poste 1"), ("Poste\u00a01", "Poste 1"), ("a\r\nb\tc", "a b c"), ("", "")]
)
def test_the_name_of_a_desk_is_one_line(city, desk, named):
    client = city.client("operator")
    client.post("/preferences", {"desk": desk})
    assert client.get("/api/v1/me").json()["desk"] == named
    assert client.patch("/api/v1/me", {"desk": desk}, content_type="application/json").json()["desk"] == named


def test_what_a_stranger_prefers_is_kept_by_their_browser_and_nowhere_else(client, db):
    answer = client.post("/preferences", {"language": "en", "theme": "light", "desk": "Poste 1"})
    assert {name: answer.cookies[name].value for name in answer.cookies} == {"language": "en", "theme": "light"}
    assert not Session.objects.exists()
    assert b'<html lang="en" data-theme="light">' in client.get("/login/").content


@pytest.mark.parametrize("picture", [3, 1.5, True, None, ["/cameras/1"], {"a": 1}, "", "/cameras/x\x01", "http://elsewhere/"])
def test_a_camera_whose_picture_is_no_address_of_one_has_none(city, picture):
    asset = city.assets["nord"]
    asset.attributes = {"picture": picture, "street": picture, "tags": picture}
    asset.save(update_fields=["attributes"])
    client = city.client("administrator")
    assert client.get(f"/sites/quai/cameras/{asset.pk}/picture").status_code in (404, 502)
    assert client.get(f"/sites/quai/assets/{asset.pk}").status_code == 200
    spec = {**THRESHOLD, "scope": {"quantity": "water_level", "tags": ["x"], "attributes": {"street": "x"}}}
    body = {"spec": spec}
    assert client.post("/api/v1/sites/quai/rules/preview", body, content_type="application/json").status_code in (200, 422)
