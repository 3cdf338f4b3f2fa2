"""Commands in the public interface: what is offered, asked for, confirmed by another person, armed, let go and withdrawn."""

import pytest
from django.utils import timezone

from commands.models import Command
from journal.models import JournalEntry
from tests.factories import make_command_type, make_user

PATH = "/api/v1/assets/{}/commands"


@pytest.fixture
def asked(city):
    """asked(who, body, asset): the answer to a request for a command."""
    make_command_type()

    def ask(who="operator", body=None, asset="nord"):
        body = {"type": "reset", **(body or {})}
        return city.client(who).post(PATH.format(city.assets[asset].pk), body, content_type="application/json")

    return ask


def step(city, who, command, name):
    return city.client(who).post(f"/api/v1/commands/{command}/{name}")


def test_an_operator_asks_sees_and_withdraws(city, asked):
    answer = asked()
    assert answer.status_code == 201
    row = answer.json()
    assert (row["state"], row["actor"], row["may"]) == ("authorised", "operator", ["cancel"])
    listed = city.client("auditor").get("/api/v1/sites/quai/commands?state=open").json()["results"]
    assert [each["id"] for each in listed] == [row["id"]]
    assert step(city, "operator", row["id"], "cancellation").json()["state"] == "cancelled"
    told = city.client("operator").get(f"/api/v1/commands/{row['id']}/journal").json()["results"]
    assert [line["kind"] for line in told] == ["command.cancelled", "command.authorised"]


def test_what_is_offered_says_what_it_would_meet(city, asked):
    offers = city.client("operator").get(f"/api/v1/assets/{city.assets['nord'].pk}/command-types").json()
    assert [each["type"] for each in offers] == ["reset"]
    assert offers[0]["permitted"] is True
    assert offers[0]["outlook"]["carried"] is False
    auditor = city.client("auditor").get(f"/api/v1/assets/{city.assets['nord'].pk}/command-types").json()
    assert auditor[0]["permitted"] is False


def test_the_same_twice_is_a_conflict_that_names_who_asked(city, asked):
    asked()
    answer = asked("shift_supervisor")
    assert (answer.status_code, "operator" in answer.json()["detail"]) == (409, True)


def test_two_persons_and_an_armed_desk(city, asked):
    make_command_type(dangerous=True, second_person=True, roles=["shift_supervisor", "administrator"])
    assert asked("operator").status_code == 403
    command = asked("shift_supervisor").json()["id"]
    assert step(city, "shift_supervisor", command, "second").status_code == 403
    assert step(city, "operator", command, "second").status_code == 403
    assert step(city, "shift_supervisor", command, "execution").status_code == 409
    row = step(city, "administrator", command, "second").json()
    assert (row["state"], row["second"], row["may"]) == ("authorised", "administrator", ["arm", "cancel"])
    assert step(city, "shift_supervisor", command, "arming").json()["state"] == "armed"
    assert step(city, "administrator", command, "arming").status_code == 409
    assert step(city, "administrator", command, "execution").status_code == 409
    row = step(city, "shift_supervisor", command, "execution").json()
    assert (row["state"], row["may"]) == ("armed", ["cancel"])
    assert step(city, "shift_supervisor", command, "execution").status_code == 200
    assert Command.objects.get(pk=command).go_at is not None


def test_armed_is_over_after_half_a_minute(city, asked):
    make_command_type(dangerous=True)
    command = asked().json()["id"]
    step(city, "operator", command, "arming")
    Command.objects.filter(pk=command).update(deadline=timezone.now())
    assert step(city, "operator", command, "execution").status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"parameters": {"level": 101}}, "parameters.level"),
        ({"parameters": {"level": "NaN"}}, "parameters.level"),
        ({"parameters": {"level": True}}, "parameters.level"),
        ({"parameters": {"level": 12.5}}, "parameters.level"),
        ({"parameters": {}}, "parameters.level"),
        ({"parameters": {"level": 50, "other": 1}}, "parameters.other"),
        ({"parameters": []}, "parameters"),
        ({"parameters": {"level": 50}, "until": "2040-01-01T00:00:00Z"}, "until"),
        ({"parameters": {"level": 50}, "cause": "alarm 7"}, "cause"),
        ({"parameters": {"level": 50}, "minutes": 5, "until": "2040-01-01T00:00:00Z"}, "until"),
    ],
)
def test_what_cannot_be_used_names_its_field_and_nothing_is_written(city, asked, body, field):
    level = {"type": "number", "name": "level", "label": {"fr": "Niveau", "en": "Level"}, "minimum": 0, "maximum": 100, "step": 5}
    make_command_type(parameters=[level])
    answer = asked(body=body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field]), answer.content
    assert not Command.objects.exists()


def test_who_is_confined_commands_only_there(city, asked):
    make_user("sud", city.site, "operator", (city.sectors["sud"],))
    city.users["sud"] = make_user("gardien", city.site, "operator", (city.sectors["sud"],))
    assert asked("sud").status_code == 404
    assert asked("sud", asset="sud").status_code == 201
    assert len(city.client("sud").get("/api/v1/sites/quai/commands").json()["results"]) == 1
    assert city.client("nord").get("/api/v1/sites/quai/commands").json()["results"] == []


def test_a_connector_is_shown_without_its_secrets_and_keeps_them(city, asked):
    from commands.models import Connector

    client, path = city.client("administrator"), "/api/v1/sites/quai/connectors/eau"
    mapping = {"protocol": "http", "path": "/o/{asset}", "headers": {"authorization": "Bearer secret"}}
    sent = {"address": "https://vigie:secret@eau.example/api", "mapping": mapping}
    shown = client.put(path, sent, content_type="application/json").json()
    assert "secret" not in str(shown)
    again = {name: shown[name] for name in ("address", "mapping", "enabled")}
    assert client.put(path, again, content_type="application/json").status_code == 200
    kept = Connector.objects.get()
    assert (kept.address, kept.mapping["headers"]) == (sent["address"], mapping["headers"])


def test_a_supervisors_token_is_told_once_and_is_for_administrators(city, asked):
    client, path = city.client("administrator"), "/api/v1/sites/quai/connectors/eau"
    assert client.post(f"{path}/token").status_code == 404  # there is no connector yet
    client.put(path, {"address": "https://eau.example", "mapping": {"protocol": "http", "path": "/o"}}, "application/json")
    assert city.client("operator").post(f"{path}/token").status_code == 403
    token = client.post(f"{path}/token").json()["token"]
    shown = client.get("/api/v1/sites/quai/connectors").json()
    assert token not in str(shown)
    assert [each["token_hint"] for each in shown if each["supervisor"] == "eau"] == [token[-4:]]
    line = JournalEntry.objects.get(kind="connector.token")
    assert (line.actor, token in line.text_en + line.details) == (city.users["administrator"].username, False)


@pytest.mark.parametrize(
    "mapping",
    [
        {},
        {"protocol": "ftp", "path": "/"},
        {"protocol": "http", "path": "//elsewhere.example"},
        {"protocol": "http", "path": "/{nothing}"},
        {"protocol": "http", "path": "/", "timeout": 900},
        {"protocol": "http", "path": "/", "answer": {"field": "state"}},
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(city, mapping):
    answer = city.client("administrator").put(
        "/api/v1/sites/quai/connectors/eau",
        {"address": "https://eau.example", "mapping": mapping},
        content_type="application/json",
    )
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["mapping"])


def test_what_a_rule_commands_by_itself_is_set_up_and_taken_away(city, asked):
    client, path = city.client("administrator"), "/api/v1/sites/quai/command-reactions/crue"
    assert client.put(path, {"type": "reset"}, content_type="application/json").json()["type"] == "reset"
    assert [each["rule"] for each in city.client("auditor").get("/api/v1/sites/quai/command-reactions").json()] == ["crue"]
    both = client.put(path, {"type": "reset", "scenario": "nuit"}, content_type="application/json")
    assert (both.status_code, list(both.json()["errors"])) == (422, ["scenario"])
    assert client.put(path.replace("crue", "none"), {"type": "reset"}, content_type="application/json").status_code == 404
    assert city.client("operator").put(path, {"type": "reset"}, content_type="application/json").status_code == 403
    assert client.delete(path).status_code == 204
    assert client.get("/api/v1/sites/quai/command-reactions").json() == []
