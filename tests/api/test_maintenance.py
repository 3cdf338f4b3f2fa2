"""Maintenance windows in the interface: planned by who may, for what is theirs, and read by all who see the place."""

import datetime as dt

import pytest

from alarms.models import MaintenanceWindow

LIST = "/api/v1/sites/quai/maintenance-windows"
ONCE = {"sector": "nord", "reason": "Curage", "ends_at": "2100-01-01T00:00:00+01:00", "starts_at": "2099-12-31T22:00:00+01:00"}
WEEKLY = {"kind": "flood-gauge", "reason": "Étalonnage", "weekly": {"weekdays": [7, 1], "start": "22:00", "end": "05:00"}}


def post(client, body: dict):
    return client.post(LIST, body, content_type="application/json")


def test_a_window_is_planned_listed_changed_and_cancelled(city):
    chief = city.client("shift_supervisor")
    row = post(chief, ONCE).json()
    assert (row["sector"]["slug"], row["created_by"], row["current"], row["alarms"]) == ("nord", "shift_supervisor", None, 0)
    assert row["next"] == {"starts_at": "2099-12-31T21:00:00Z", "ends_at": "2099-12-31T23:00:00Z"}
    path = f"/api/v1/maintenance-windows/{row['id']}"
    changed = chief.put(path, {**WEEKLY, "asset": city.assets["nord"].pk}, content_type="application/json").json()
    assert changed["weekly"] == {"weekdays": [1, 7], "start": "22:00", "end": "05:00"}
    assert changed["asset"]["code"] == "J-1"
    assert [each["id"] for each in city.client("auditor").get(LIST).json()["results"]] == [row["id"]]
    assert chief.delete(path).json()["cancelled_at"] is not None
    assert chief.delete(path).status_code == 200
    assert chief.get(LIST).json()["results"] == []
    assert len(chief.get(f"{LIST}?state=all").json()["results"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**ONCE, "sector": None}, "asset"),
        ({**ONCE, "sector": "lune"}, "sector"),
        ({**ONCE, "ends_at": None}, "ends_at"),
        ({**ONCE, "starts_at": "2090-01-01T00:00:00Z"}, "ends_at"),
        ({**WEEKLY, "weekly": {"weekdays": [8], "start": "22:00", "end": "05:00"}}, "weekly"),
        ({**WEEKLY, "weekly": {"weekdays": [1], "start": "nuit", "end": "05:00"}}, "weekly"),
        ({**ONCE, "reason": ""}, "reason"),
    ],
)
def test_what_cannot_be_planned_names_the_field(city, body, field):
    answer = post(city.client("administrator"), body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_a_window_that_is_over_before_it_begins_is_refused(city):
    answer = post(city.client("administrator"), {**ONCE, "starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-02T00:00:00Z"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "La fin est déjà passée.")


def test_a_window_that_ends_before_it_begins_is_refused_for_that(city):
    answer = post(city.client("administrator"), {**ONCE, "starts_at": "2090-01-02T00:00:00Z", "ends_at": "2090-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "La fin est avant le début.")


@pytest.mark.parametrize(
    ("name", "status"),
    [("operator", 403), ("auditor", 403), ("shift_supervisor", 201), ("administrator", 201), ("stranger", 404), ("root", 404)],
)
def test_shift_supervisors_and_administrators_plan(city, name, status):
    assert post(city.client(name), ONCE).status_code == status


def test_who_is_confined_plans_for_their_sectors_only(city):
    client = city.client("nord_admin")
    assert post(client, ONCE).status_code == 201
    assert post(client, {**ONCE, "sector": "sud"}).status_code == 403
    assert post(client, WEEKLY).status_code == 403
    # Beside a sector of theirs, an asset elsewhere would silence nothing and tell its code, its name and where it stands.
    assert post(client, {**ONCE, "asset": city.assets["sud"].pk}).status_code == 403
    assert post(client, {**ONCE, "asset": city.assets["none"].pk}).status_code == 403
    assert post(client, {"asset": city.assets["gare"].pk, "reason": "Pompe", "ends_at": _tomorrow()}).status_code == 201
    elsewhere = post(city.client("administrator"), {**ONCE, "sector": "sud"}).json()["id"]
    assert client.get(f"/api/v1/maintenance-windows/{elsewhere}").status_code == 404
    assert len(client.get(LIST).json()["results"]) == 2


def test_a_running_window_says_until_when(city):
    row = post(city.client("administrator"), {"asset": city.assets["nord"].pk, "reason": "Pompe", "ends_at": _tomorrow()}).json()
    assert row["current"]["ends_at"] == row["ends_at"]
    assert MaintenanceWindow.objects.get().asset == city.assets["nord"]


def _tomorrow() -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    "moment", ["1999-12-31T22:59:59Z", "2200-01-01T00:00:01Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]
)
@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
@pytest.mark.parametrize("body", [ONCE, WEEKLY])
def test_no_window_begins_or_ends_where_days_cannot_be_counted(city, body, field, moment):
    answer = post(city.client("administrator"), {**body, field: moment})
    assert answer.status_code in (409, 422)
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.parametrize("scope", [{}, {"sector": "nord"}, {"kind": None, "asset": "nord"}])
def test_what_silences_critical_alarms_week_after_week_has_an_end_within_a_year(city, scope):
    client, now = city.client("administrator"), dt.datetime.now(dt.UTC)
    if "asset" in scope:
        scope = {**scope, "asset": city.assets["nord"].pk}
    asked = {**WEEKLY, "critical": True, **scope}
    for ends_at in (None, (now + dt.timedelta(days=370)).isoformat()):
        answer = post(client, {**asked, "ends_at": ends_at})
        assert (answer.status_code, "critiques" in answer.json()["detail"]) == (409, True)
    assert post(client, {**asked, "ends_at": (now + dt.timedelta(days=360)).isoformat()}).status_code == 201
    assert post(client, {**asked, "critical": False}).status_code == 201


def test_an_old_window_without_an_end_gets_one_when_it_is_changed(city):
    client = city.client("administrator")
    path = f"/api/v1/maintenance-windows/{post(client, WEEKLY).json()['id']}"
    MaintenanceWindow.objects.update(critical=True)
    assert client.put(path, {**WEEKLY, "critical": True}, content_type="application/json").status_code == 409
