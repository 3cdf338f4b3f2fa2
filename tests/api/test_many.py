"""Many alarms in one request: each that allows it is moved, and the answer says why the others were not."""

import pytest

from alarms.models import Alarm
from journal.models import JournalEntry

SITE = "/api/v1/sites/quai/alarms"


def ask(client, what: str, body: dict[str, object], status: int = 200) -> dict:
    answer = client.post(f"{SITE}/{what}", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.fixture
def ids(city) -> list[int]:
    return sorted(city.alarms[name].pk for name in ("nord", "gare", "sud", "none"))


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("acknowledgement", {}, "acknowledged_by"),
        ("charge", {}, "taken_by"),
        ("shelving", {"minutes": 15, "reason": "essais"}, "shelved_until"),
    ],
)
def test_many_are_moved_and_put_back_in_one_request_each(city, valkey, ids, what, body, field):
    client = city.client("operator")
    assert ask(client, what, {"ids": ids} | body)["done"] == ids
    assert Alarm.objects.filter(pk__in=ids).exclude(**{field: None}).count() == 4
    assert ask(client, f"{what}/withdrawal", {"ids": ids}) == {"done": ids, "refused": []}
    assert Alarm.objects.filter(pk__in=ids, **{field: None}).count() == 4


def test_a_comment_on_many_is_a_line_of_each(city, valkey, ids):
    assert ask(city.client("operator"), "comments", {"ids": ids, "text": "ronde"})["done"] == ids
    assert sorted(line.ids("alarm")[0] for line in JournalEntry.objects.filter(kind="alarm.commented")) == ids


@pytest.mark.parametrize(("language", "why"), [("fr", "Une alarme close ne peut pas être"), ("en", "A normal alarm cannot take")])
def test_what_refuses_is_named_with_its_reason_in_the_language_of_who_asks(city, valkey, ids, language, why):
    Alarm.objects.filter(pk=ids[0]).update(state="normal")
    client = city.client("operator")
    client.cookies["django_language"] = language
    for what, body in (("acknowledgement", {}), ("charge", {}), ("shelving", {"minutes": 15, "reason": "essais"})):
        answer = ask(client, what, {"ids": ids} | body)
        assert answer["done"] == ids[1:]
        ((refusal),) = answer["refused"]
        assert refusal["id"] == ids[0]
        assert refusal["detail"].startswith(why)


def test_what_is_acknowledged_as_back_to_normal_leaves_what_is_not(city, valkey, ids):
    Alarm.objects.filter(pk=ids[0]).update(state="returned")
    answer = ask(city.client("operator"), "acknowledgement", {"ids": ids, "returned": True})
    assert answer["done"] == answer["acknowledged"] == ids[:1]
    assert [each["id"] for each in answer["refused"]] == ids[1:]


def test_one_acknowledgement_is_taken_back_and_another_persons_is_not(city, valkey):
    path = f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement"
    assert city.client("operator").post(path, {}, content_type="application/json").status_code == 200
    refused = city.client("shift_supervisor").delete(path)
    assert refused.status_code == 409
    assert "dix dernières secondes" in refused.json()["detail"]
    back = city.client("operator").delete(path)
    assert (back.status_code, back.json()["state"], back.json()["acknowledged_by"]) == (200, "unacknowledged", None)


def test_the_charge_of_others_among_many_is_given_back_by_a_shift_supervisor_only(city, valkey, ids):
    ask(city.client("administrator"), "charge", {"ids": ids[:1]})
    ask(city.client("operator"), "charge", {"ids": ids[1:]})
    answer = ask(city.client("operator"), "charge/withdrawal", {"ids": ids})
    assert (answer["done"], [each["id"] for each in answer["refused"]]) == (ids[1:], ids[:1])
    assert ask(city.client("shift_supervisor"), "charge/withdrawal", {"ids": ids})["done"] == ids


@pytest.mark.parametrize(
    "what",
    [
        "acknowledgement", "acknowledgement/withdrawal", "charge", "charge/withdrawal", "shelving", "shelving/withdrawal",
        "comments",
    ],
)  # fmt: skip
def test_many_are_moved_by_who_may_where_they_may(city, valkey, ids, what):
    body = {"ids": ids, "minutes": 15, "reason": "essais", "text": "ronde"}
    ask(city.client("auditor"), what, body, 403)
    ask(city.client("stranger"), what, body, 404)
    ask(city.client("nord"), what, body, 404)
    ask(city.client("operator"), what, body | {"ids": [*ids, city.alarms["other"].pk]}, 404)
    ask(city.client("operator"), what, body | {"ids": []}, 422)
    assert not JournalEntry.objects.filter(kind__startswith="alarm.").exists()
