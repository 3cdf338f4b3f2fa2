"""The longest silences of a site: set by an administrator, held by every way to silence, and offered no longer."""

import datetime as dt

import pytest

from alarms.models import MaintenanceWindow, SilenceLimit
from journal.models import JournalEntry

PAGE = "/sites/quai/settings/silences"


def shelve(city, who: str, alarm: str, minutes: int):
    address = f"/api/v1/alarms/{city.alarms[alarm].pk}/shelving"
    return city.client(who).post(address, {"minutes": minutes, "reason": "x"}, content_type="application/json")


def test_an_administrator_sets_the_longest_silences_and_who_is_beyond_is_told_them(city):
    answer = shelve(city, "operator", "nord", 61)
    assert (answer.status_code, answer.json()["detail"]) == (
        409, "Une alarme critique se met en veille pour 1 h au plus par un opérateur.",
    )  # fmt: skip
    assert shelve(city, "shift_supervisor", "nord", 480).status_code == 200
    client = city.client("administrator")
    assert client.post(PAGE, {"operator-critical": "15", "operator-high": "17", "service-low": "x"}).status_code == 302
    assert list(SilenceLimit.objects.values_list("level", "severity", "minutes")) == [("operator", 1, 15)]
    assert "critique en veille par un opérateur 15 min" in JournalEntry.objects.latest("seq").text_fr
    assert '<option value="15" selected>15 min</option>' in client.get(PAGE).content.decode()
    assert shelve(city, "operator", "nord", 16).status_code == 409
    assert shelve(city, "operator", "nord", 15).status_code == 200


def test_the_limits_are_for_who_may_change_rules(city):
    for who, status in (("operator", 403), ("shift_supervisor", 403), ("nord_admin", 403), ("stranger", 404)):
        assert city.client(who).get(PAGE).status_code == status


DAILY = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "start": "08:00", "end": "07:59"}
NIGHTLY = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "start": "22:00", "end": "05:00"}


def planned(city, who: str, days: float, **told: object):
    ends_at = (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).isoformat()
    body = {"kind": "flood-gauge", "reason": "Curage", "ends_at": ends_at, **told}
    return city.client(who).post("/api/v1/sites/quai/maintenance-windows", body, content_type="application/json")


@pytest.mark.parametrize(
    ("who", "critical", "allowed", "refused", "said"),
    [
        ("shift_supervisor", True, 6.9, 7.1, "qui met aussi en silence les alarmes critiques finit dans 7 j au plus."),
        ("shift_supervisor", False, 89, 91, "chef de quart, une maintenance finit dans 90 j au plus."),
        ("administrator", True, 29, 31, "qui met aussi en silence les alarmes critiques finit dans 30 j au plus."),
    ],
)
def test_a_maintenance_is_limited_by_what_it_silences_and_by_who_plans_it(city, who, critical, allowed, refused, said):
    assert planned(city, who, allowed, critical=critical).status_code == 201
    answer = planned(city, who, refused, critical=critical)
    assert (answer.status_code, answer.json()["detail"].endswith(said)) == (409, True)
    assert MaintenanceWindow.objects.count() == 1


def test_a_repetition_that_hardly_ever_pauses_has_the_limit_of_one_time(city):
    answer = planned(city, "shift_supervisor", 8, critical=True, weekly=DAILY)
    assert (answer.status_code, "plus de la moitié du temps" in answer.json()["detail"]) == (409, True)
    assert planned(city, "shift_supervisor", 8, critical=False, weekly={**DAILY}, ends_at=None).status_code == 409
    assert planned(city, "shift_supervisor", 60, critical=True, weekly=NIGHTLY).status_code == 201


def test_a_maintenance_is_not_changed_beyond_its_limit_and_the_site_sets_it(city):
    path = f"/api/v1/maintenance-windows/{planned(city, 'shift_supervisor', 2).json()['id']}"
    client = city.client("administrator")
    assert client.post(PAGE, {"plan_chief-critical": "60", "plan_chief-high": "1440", "plan_chief-low": "15"}).status_code == 302
    limits = SilenceLimit.objects.order_by("severity").values_list("level", "severity", "minutes")
    assert list(limits) == [("plan_chief", 1, 60), ("plan_chief", 2, 1440)]
    body = {"kind": "flood-gauge", "reason": "Curage", "ends_at": (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).isoformat()}
    told = city.client("shift_supervisor").put(path, body, content_type="application/json")
    assert (told.status_code, "1 j au plus" in told.json()["detail"]) == (409, True)
    assert "Jusqu’à" in (page := city.client("shift_supervisor").get("/sites/quai/maintenance").content.decode())
    assert "Au plus 1 j ; 1 h si les alarmes critiques sont aussi mises en silence" in page
