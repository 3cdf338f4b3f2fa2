"""What no page of ours would send: it is refused as the interface refuses, or finds nothing; it is never our mistake."""

import base64
import json

import pytest
from django.conf import settings

from tests.factories import THRESHOLD

pytestmark = pytest.mark.django_db


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize("after", [cursor("x"), cursor("9" * 5000), cursor(10**30), cursor(1, 2), cursor(None), "x", "é"])
@pytest.mark.parametrize("page", ["sites/quai/alarms", "sites/quai/journal", "rules", "sites/quai/incidents"])
def test_a_cursor_of_another_list_is_refused(city, page, after):
    answer = city.client("administrator").get(f"/api/v1/{page}", {"after": after})
    by_number = page != "sites/quai/alarms"  # whose order is of two columns
    assert answer.status_code == (200 if by_number and after == cursor(10**30) else 422)


@pytest.mark.parametrize("limit", ["9" * 5000, "0", "501", "\u00b2", "-1", "1e1"])
def test_a_limit_that_is_none_is_refused(city, limit):
    assert city.client("operator").get("/api/v1/assets", {"limit": limit}).status_code == 422


@pytest.mark.parametrize("page", ["sites/quai/alarms", "assets"])
def test_no_sector_has_a_nul_in_its_name(city, page):
    assert city.client("operator").get(f"/api/v1/{page}", {"site": "quai", "sector": "\0"}).status_code == 422


FAR = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "-62135596800", "253402300799", "1e9"]


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("moment", FAR)
def test_a_time_beyond_any_calendar_of_ours_is_refused(city, moment, name):
    client, point, alarm = city.client("operator"), city.points["nord"].pk, city.alarms["nord"].pk
    for address in (f"points/{point}/readings", f"points/{point}/chart"):
        assert client.get(f"/api/v1/{address}", {name: moment}).status_code == 422
    assert client.get(f"/api/v1/alarms/{alarm}/chart", {name: moment}).status_code in (200, 422)


def test_an_offset_that_no_database_knows_is_a_time_all_the_same(city):
    period = {"from": "2026-11-21T00:00:00+23:59", "to": "2026-11-22T00:00:00-23:59"}
    assert city.client("operator").get(f"/api/v1/points/{city.points['nord'].pk}/readings", period).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 400), (b'{"text":' * 50_000, 400), (b'{"text": NaN}', 400), (b'{"text": "\\ud800"}', 400),
        (b'{"text": "\xff"}', 400), (b'{"text": ' + b"9" * 5000 + b"}", 400), (b'{"text": "\\u0000"}', 422), (b"5", 422),
        (b'{"text": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}', 400), (b'{"text": "x"}', 201),
    ],
)  # fmt: skip
def test_a_body_that_is_not_as_described_is_refused_by_name(city, body, status):
    address = f"/api/v1/alarms/{city.alarms['nord'].pk}/comments"
    answer = city.client("operator").post(address, body, content_type="application/json")
    assert answer.status_code == status
    if status != 201:
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", ["/api/v1/sites/quai/rules/preview", "/api/v1/sites/quai/rules/readings", "/api/v1/rules"])
def test_a_spec_that_no_database_keeps_is_refused(city, address):
    spec = {**THRESHOLD, "scope": {"quantity": "water_level", "kinds": ["\0"]}}
    body = {"spec": spec, "site": "quai", "slug": "x", "name": {"fr": "X", "en": "X"}}
    assert city.client("administrator").post(address, body, content_type="application/json").status_code == 422
