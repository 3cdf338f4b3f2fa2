"""What an act on all that a filter finds would do: counted as it is then done."""

import pytest

from alarms.models import Alarm
from tests.factories import NOON

OUTLOOK = "/api/v1/sites/quai/alarms/outlook"


def told(client, query: str) -> dict:
    answer = client.get(f"{OUTLOOK}?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_what_would_be_acknowledged_is_what_then_is(city):
    operator = city.client("operator")
    Alarm.objects.filter(pk=city.alarms["sud"].pk).update(state="acknowledged")
    Alarm.objects.filter(pk=city.alarms["gare"].pk).update(state="normal", closed_at=NOON)
    before = told(operator, "act=acknowledge")
    assert (before["found"], before["would"], before["already"], before["refused"]) == (3, 2, 1, [])
    answer = operator.post("/api/v1/sites/quai/alarms/acknowledgement", {"ids": before["ids"]}, content_type="application/json")
    assert answer.json()["done"] == before["ids"]
    after = told(operator, "act=acknowledge")
    assert (after["would"], after["already"]) == (0, 3)


def test_a_shelving_beyond_the_limit_of_a_severity_is_told_before(city):
    seen = told(city.client("operator"), "act=shelve&minutes=240")
    assert seen["would"] == 3
    assert [(each["number"], "critique" in each["detail"]) for each in seen["refused"]] == [(1, True)]
    assert city.alarms["nord"].pk not in seen["ids"]
    assert told(city.client("shift_supervisor"), "act=shelve&minutes=240")["refused"] == []


def test_what_another_person_has_in_charge_is_not_taken_over_by_the_hundred(city):
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(taken_by=city.users["shift_supervisor"])
    Alarm.objects.filter(pk=city.alarms["sud"].pk).update(taken_by=city.users["operator"])
    seen = told(city.client("operator"), "act=take")
    assert (seen["would"], seen["already"], [each["number"] for each in seen["refused"]]) == (2, 1, [1])


def test_a_filter_and_a_right_bound_what_is_acted_upon(city):
    assert told(city.client("nord"), "act=comment")["ids"] == sorted(city.alarms[name].pk for name in ("nord", "gare"))
    assert told(city.client("operator"), "act=take&severity=critical")["ids"] == [city.alarms["nord"].pk]


@pytest.mark.parametrize("act", ["acknowledge", "take", "shelve", "comment"])
def test_who_may_not_act_is_not_told_what_would_be(city, act):
    assert city.client("auditor").get(f"{OUTLOOK}?act={act}").status_code == 403
    assert city.client("stranger").get(f"{OUTLOOK}?act={act}").status_code == 404
