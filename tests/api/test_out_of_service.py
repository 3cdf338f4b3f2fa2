"""An asset out of service in the interface: all of its alarms, for who may, and what else it is said to be."""

import pytest

from alarms.models import Alarm

BODY = {"minutes": 60, "reason": "Permis 12"}


def path(city, name: str = "nord") -> str:
    return f"/api/v1/assets/{city.assets[name].pk}/out-of-service"


def post(client, address: str, body: dict = BODY):
    return client.post(address, body, content_type="application/json")


def test_an_asset_is_out_of_service_and_back_and_its_alarm_says_of_what(city):
    chief = city.client("shift_supervisor")
    row = post(chief, path(city)).json()
    assert (row["asset"], row["reason"], row["by"]) == (city.assets["nord"].pk, "Permis 12", "shift_supervisor")
    alarm = f"/api/v1/alarms/{city.alarms['nord'].pk}"
    shown = chief.get(alarm).json()
    assert (shown["out_of_service_of"], shown["out_of_service_by"]) == ("asset", "shift_supervisor")
    assert shown["out_of_service_until"] == row["until"]
    assert chief.get("/api/v1/sites/quai/maintenance-windows").json()["results"] == []
    assert [chief.delete(path(city)).status_code for _ in range(2)] == [204, 204]
    shown = chief.get(alarm).json()
    assert (shown["out_of_service_of"], shown["out_of_service_until"], shown["state"]) == (None, None, "unacknowledged")


@pytest.mark.parametrize(
    ("who", "asset", "status"),
    [("operator", "nord", 403), ("nord", "sud", 404), ("stranger", "nord", 404), ("nord_admin", "nord", 200),
     ("nord_admin", "sud", 404), ("administrator", "other", 404)],
)  # fmt: skip
def test_it_is_for_who_may_there(city, who, asset, status):
    assert post(city.client(who), path(city, asset)).status_code == status
    assert Alarm.objects.exclude(out_of_service_until=None).exists() == (status == 200)


def test_an_end_that_is_too_far_is_refused_and_nothing_changed(city):
    answer = post(city.client("administrator"), path(city), {"until": "2090-01-01T00:00:00Z", "reason": "Permis"})
    assert answer.status_code == 409
    assert not Alarm.objects.exclude(out_of_service_until=None).exists()
