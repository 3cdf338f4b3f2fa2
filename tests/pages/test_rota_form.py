"""The form of an on-call rota: layers, hours, holidays and a region are written, read back, and changed without loss."""

import re

import pytest
from django.test import Client

from response.models import OnCallRota

PATH = "/sites/quai/settings/notification"
GIVEN = {
    "act": "rota", "name": "Astreinte", "region": "57", "holidays": "2026-06-24 2026-12-24", "people": "administrator, operator",
    "starts": "2026-01-05T08:00", "every_days": "7", "days": "all", "people_2": "nord", "starts_2": "2026-01-05T00:00",
    "every_days_2": "7", "weekdays_2": ["6", "7"], "start_2": "20:00", "end_2": "06:00", "days_2": "not_holidays",
}  # fmt: skip
DOCUMENT = {
    "name": "Astreinte", "region": "57", "holidays": ["2026-06-24", "2026-12-24"],
    "layers": [
        {"people": ["administrator", "operator"], "starts": "2026-01-05T08:00:00"},
        {"people": ["nord"], "starts": "2026-01-05T00:00:00", "days": "not_holidays",
         "hours": [{"weekdays": [6, 7], "start": "20:00:00", "end": "06:00:00"}]},
    ],
}  # fmt: skip


@pytest.fixture
def admin(city) -> Client:
    client = Client()
    client.force_login(city.users["administrator"])
    return client


def sent_again(html: str) -> dict[str, str | list[str]]:
    """What the form of the rota would send as the page stands."""
    form = next(part for part in html.split("<form")[1:] if 'id="id_rota_people"' in part)
    told: dict[str, str | list[str]] = {"act": "rota"}
    for name, value in re.findall(r'<input type="(?:text|number|datetime-local|time)" name="([a-z_0-9]+)" value="([^"]*)"', form):
        told[name] = value
    for select in re.findall(r'<select name="([a-z_0-9]+)".*?</select>', form, re.DOTALL):
        body = re.search(rf'<select name="{select}".*?</select>', form, re.DOTALL)[0]
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        told[select] = chosen[1] if chosen else ""
    for tag in re.findall(r'<input type="checkbox"[^>]*>', form):
        if "checked" in tag:
            name, value = re.search(r'name="([^"]+)" value="([^"]+)"', tag).groups()
            told[name] = [*told.get(name, []), value]
    return told


def test_layers_hours_holidays_and_a_region_are_written_and_changed_without_loss(admin):
    assert admin.post(PATH, GIVEN).status_code == 302
    assert OnCallRota.objects.get().document == DOCUMENT
    given = sent_again(admin.get(PATH, {"rota": "astreinte"}).content.decode())
    assert admin.post(PATH, given | {"every_days": "14"}).status_code == 302
    changed = {**DOCUMENT, "layers": [DOCUMENT["layers"][0] | {"every_days": 14}, DOCUMENT["layers"][1]]}
    assert OnCallRota.objects.get().document == changed


@pytest.mark.parametrize("wrong", [{"holidays": "demain"}, {"starts_2": ""}, {"region": "75"}, {"start_2": "25:00"}])
def test_what_is_wrong_with_a_rota_is_said_at_its_field(admin, wrong):
    answer = admin.post(PATH, GIVEN | wrong)
    assert (answer.status_code, OnCallRota.objects.count()) == (422, 0)
    assert b"errorlist" in answer.content
