"""One person writes into the journal at the pace of a person."""

import pytest

from hypervisor.api import pace
from journal.models import JournalEntry


@pytest.fixture
def still(valkey, monkeypatch):
    """All is asked within one period."""
    monkeypatch.setattr(pace.time, "time", lambda: 1_000_000_020.0)


def comment(city, client, text):
    address = f"/api/v1/alarms/{city.alarms['nord'].pk}/comments"
    return client.post(address, {"text": text}, content_type="application/json")


def test_more_than_thirty_comments_a_minute_are_refused_with_a_time_to_come_back(city, still):
    client = city.client("operator")
    codes = [comment(city, client, f"remarque {n}").status_code for n in range(31)]
    assert codes == [201] * 30 + [429]
    answer = comment(city, client, "encore")
    assert (answer["Content-Type"], 0 < int(answer["Retry-After"]) <= 61) == ("application/problem+json", True)
    assert JournalEntry.objects.filter(kind="alarm.commented").count() == 30
    assert comment(city, city.client("shift_supervisor"), "je prends").status_code == 201


def test_who_comments_too_much_can_still_acknowledge(city, still):
    client = city.client("operator")
    for n in range(32):
        comment(city, client, f"remarque {n}")
    address = f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement"
    assert client.post(address, {}, content_type="application/json").status_code == 200


def test_all_changes_of_a_person_together_have_a_pace(city, still, monkeypatch):
    monkeypatch.setattr(pace.Changes, "most", 5)
    client = city.client("operator")
    address = f"/api/v1/alarms/{city.alarms['nord'].pk}/charge"
    asked = [client.post, client.delete] * 3
    assert [ask(address, content_type="application/json").status_code for ask in asked] == [200] * 5 + [429]
    assert client.get("/api/v1/sites/quai/alarms").status_code == 200


def test_while_valkey_is_away_alarms_are_acknowledged_all_the_same(city, settings, monkeypatch, free_port):
    from assets import log

    monkeypatch.setattr(log, "shared", lambda: log.Log(f"redis://127.0.0.1:{free_port()}/0"))
    address = f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement"
    assert city.client("operator").post(address, {}, content_type="application/json").status_code == 200
