"""Tokens of programs: made once, kept as a hash, for what they are for and no longer, and named in the journal."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone

from alarms.models import Alarm, PersonalValue
from assets.models import Site
from assets.refusal import Refused
from commands.models import Command
from hypervisor import tokens
from hypervisor.models import ApiToken
from journal.actors import Actor
from journal.models import JournalEntry
from tests.factories import make_command_type, make_run, make_site

DAY = dt.timedelta(days=1)
PATH = "/api/v1/sites/quai/api-tokens"


@pytest.fixture
def wanted():
    return {"name": "planning nuit", "may": ["commands"], "ends_at": (timezone.now() + 30 * DAY).isoformat()}


@pytest.fixture
def program(city):
    """program(*may, role, site, ends): a client that sends the token of a program, and nothing else."""

    def made(*may, role="operator", site=None, ends=30 * DAY):
        by, now = Actor.of(city.users["administrator"]), timezone.now()
        name = f"robot {ApiToken.objects.count()}"
        row, token = tokens.create(site or city.site, name, may, role, now + 30 * DAY, by=by, now=now)
        ApiToken.objects.filter(pk=row.pk).update(ends_at=now + ends)
        return Client(headers={"authorization": f"Token {token}"})

    make_command_type()
    return made


def command(client, asset, **told):
    return client.post(f"/api/v1/assets/{asset.pk}/commands", {"type": "reset", **told}, content_type="application/json")


def test_an_administrator_makes_one_sees_it_once_and_revokes_it(city, wanted):
    client = city.client("administrator")
    made = client.post(PATH, wanted, content_type="application/json")
    assert made.status_code == 201, made.content
    token = made.json()["token"]
    kept = ApiToken.objects.get()
    assert token not in json.dumps([str(value) for value in vars(kept).values()])
    assert token not in client.get(PATH).content.decode()
    assert [row["in_force"] for row in client.get(PATH).json()] == [True]
    for _ in range(2):
        assert client.delete(f"/api/v1/api-tokens/{kept.pk}").status_code == 204
    assert [row["in_force"] for row in client.get(PATH).json()] == [False]
    lines = JournalEntry.objects.filter(kind__startswith="token.").order_by("seq")
    assert [(line.kind, line.actor) for line in lines] == [
        ("token.created", city.users["administrator"].username), ("token.revoked", city.users["administrator"].username),
    ]  # fmt: skip
    assert not any(token in line.text_fr + line.details for line in lines)


@pytest.mark.parametrize("who", ["operator", "auditor", "shift_supervisor"])
def test_nobody_else_may(city, wanted, who):
    assert city.client(who).post(PATH, wanted, content_type="application/json").status_code == 403
    assert city.client(who).get(PATH).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "), ("may", []), ("may", ["users"]), ("role", "administrator"), ("ends_at", "2020-01-01T00:00:00Z"),
        ("ends_at", "2090-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(city, wanted, field, value):
    answer = city.client("administrator").post(PATH, wanted | {field: value}, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not ApiToken.objects.exists()


def test_a_name_is_of_one_token_in_force(city, wanted):
    client = city.client("administrator")
    first = client.post(PATH, wanted, content_type="application/json").json()["id"]
    assert client.post(PATH, wanted, content_type="application/json").status_code == 422
    client.delete(f"/api/v1/api-tokens/{first}")
    assert client.post(PATH, wanted, content_type="application/json").status_code == 201


def test_a_program_commands_and_the_journal_names_it(city, program):
    robot = program("commands")
    assets = robot.get("/api/v1/assets?site=quai").json()["results"]
    assert city.assets["nord"].pk in {row["id"] for row in assets}
    answer = command(robot, city.assets["nord"], because="nuit")
    assert answer.status_code == 201, answer.content
    row = Command.objects.get()
    assert (row.actor_kind, row.actor, row.origin) == ("token", "robot 0", "api")
    line = JournalEntry.objects.get(kind="command.authorised")
    assert (line.actor_kind, line.actor) == ("token", "robot 0")
    assert robot.get(f"/api/v1/commands/{row.pk}").json()["state"] == "authorised"
    assert robot.post(f"/api/v1/commands/{row.pk}/cancellation").json()["state"] == "cancelled"
    assert ApiToken.objects.get().used_at is not None


def test_it_may_what_its_role_may_and_no_more(city, program):
    make_command_type(roles=["shift_supervisor"])
    assert command(program("commands"), city.assets["nord"]).status_code == 403
    assert command(program("commands", role="shift_supervisor"), city.assets["nord"]).status_code == 201


def test_it_is_for_what_it_was_made_for(city, program):
    robot = program("passages")
    assert command(robot, city.assets["nord"]).status_code == 403
    assert robot.get("/api/v1/sites/quai/passages").status_code == 200
    assert robot.get("/api/v1/sites/quai/command-scenarios").status_code == 403
    for path in ("/api/v1/sites/quai/alarms", "/api/v1/me", PATH, "/api/v1/sites/quai/permits", "/sites/quai/"):
        assert robot.get(path).status_code in (302, 401, 403), path


def test_a_scenario_is_run_by_whoever_may_run_scenarios(city, program):
    robot = program("scenarios", role="shift_supervisor")
    run = make_run(city.assets["nord"], Actor.of(city.users["administrator"]))
    stopped = robot.post(f"/api/v1/scenario-runs/{run.pk}/stopping")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    again = robot.post("/api/v1/sites/quai/command-scenarios/nuit/runs", {}, content_type="application/json")
    assert (again.status_code, again.json()["actor_kind"], again.json()["actor"]) == (201, "token", "robot 0")


def test_what_is_dangerous_waits_for_a_person(city, program):
    make_command_type(dangerous=True)
    robot = program("commands")
    row = command(robot, city.assets["nord"]).json()
    assert row["state"] == "authorised"
    for step in ("arming", "execution", "second"):
        assert robot.post(f"/api/v1/commands/{row['id']}/{step}").status_code in (401, 403)
    armed = city.client("operator").post(f"/api/v1/commands/{row['id']}/arming")
    assert armed.json()["state"] == "armed"


def test_a_person_comes_before_a_program(city, program):
    command(program("commands"), city.assets["nord"])
    assert command(city.client("operator"), city.assets["nord"]).status_code == 201
    assert list(Command.objects.order_by("pk").values_list("state", flat=True)) == ["cancelled", "authorised"]


def test_one_that_ended_or_was_revoked_or_never_was_is_refused(city, program):
    ended, revoked = program("commands", ends=-DAY), program("commands")
    tokens.revoke(ApiToken.objects.order_by("pk").last(), by=Actor.of(city.users["administrator"]), now=timezone.now())
    for client in (ended, revoked, Client(headers={"authorization": "Token x"}), Client(headers={"authorization": "Token "})):
        answer = command(client, city.assets["nord"])
        assert (answer.status_code, Command.objects.count()) == (401, 0)


def test_it_is_of_one_site(city, program):
    other = program("commands", site=make_site("autre"))
    assert command(other, city.assets["nord"]).status_code == 404
    assert other.get("/api/v1/sites/quai/commands").status_code == 404
    assert other.get("/api/v1/assets").json()["results"] == []


def test_a_site_has_so_many(city, monkeypatch):
    monkeypatch.setattr(tokens, "MOST", 1)
    by, now = Actor.of(city.users["administrator"]), timezone.now()
    site = Site.objects.get(pk=city.site.pk)
    tokens.create(site, "un", ["commands"], "operator", now + DAY, by=by, now=now)
    with pytest.raises(Refused, match="1 tokens"):
        tokens.create(site, "deux", ["commands"], "operator", now + DAY, by=by, now=now)


def test_the_administration_makes_and_revokes_them(city, program):
    chief = city.users["administrator"]
    chief.is_staff = chief.is_superuser = True
    chief.save()
    client = city.client("administrator")
    ends = timezone.now() + 9 * DAY
    form = {"site": city.site.pk, "name": "planning", "may": ["commands", "scenarios"], "role": "operator",
            "ends_at_0": f"{ends:%Y-%m-%d}", "ends_at_1": "00:00:00"}  # fmt: skip
    shown = client.post("/admin/hypervisor/apitoken/add/", form, follow=True).content.decode()
    row = ApiToken.objects.get()
    assert (row.may, row.created_by) == (["commands", "scenarios"], chief.username)
    assert shown.count("vigie_") == 1
    assert "vigie_" not in client.get("/admin/hypervisor/apitoken/").content.decode()
    client.post("/admin/hypervisor/apitoken/", {"action": "revoke", "_selected_action": [row.pk]})
    assert ApiToken.objects.get().revoked_at is not None


def test_a_program_for_alarms_lists_acknowledges_and_comments_in_its_own_name(city, program):
    robot, alarm = program("alarms"), city.alarms["nord"]
    assert [row["slug"] for row in robot.get("/api/v1/sites").json()] == ["quai"]
    assert alarm.pk in {row["id"] for row in robot.get("/api/v1/sites/quai/alarms").json()["results"]}
    assert robot.get("/api/v1/sites/ailleurs/alarms").status_code == 404
    path = f"/api/v1/alarms/{alarm.pk}"
    seen = robot.post(f"{path}/acknowledgement", {"comment": "ticket 12"}, content_type="application/json")
    assert (seen.status_code, seen.json()["state"]) == (200, "acknowledged")
    assert robot.post(f"{path}/comments", {"text": "en route"}, content_type="application/json").status_code == 201
    lines = JournalEntry.objects.filter(kind__startswith="alarm.").order_by("seq")
    assert [(line.kind, line.actor_kind, line.actor) for line in lines] == [
        ("alarm.acknowledged", "token", "robot 0"), ("alarm.commented", "token", "robot 0"),
    ]  # fmt: skip
    assert robot.post(f"{path}/charge").status_code == 401
    assert robot.get(path).status_code == 401
    assert program("data").get("/api/v1/sites/quai/alarms").status_code == 403


def test_a_program_takes_its_own_acknowledgement_back_and_that_of_nobody_of_its_name(city, program):
    robot, person = program("alarms"), city.client("operator")
    ApiToken.objects.update(name=city.users["operator"].username)
    mine, theirs = (f"/api/v1/alarms/{city.alarms[name].pk}/acknowledgement" for name in ("nord", "sud"))
    for client, path in ((robot, mine), (person, theirs)):
        assert client.post(path, content_type="application/json").status_code == 200
    assert robot.delete(theirs).status_code == 409
    assert robot.delete(mine).json()["state"] == "unacknowledged"


def test_a_program_is_told_pseudonyms_and_finds_nobody_by_their_plate(city, program):
    pseudonym, end = "~abcdefghijklmnop", timezone.now() + 30 * DAY
    PersonalValue.objects.create(site=city.site, pseudonym=pseudonym, attribute="plate", value="AB123CD", forgotten_at=end)
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(subject=f"event:{pseudonym}", sentence_fr=f"Véhicule {pseudonym}")
    robot, path = program("alarms"), "/api/v1/sites/quai/alarms"
    assert "AB123CD" in city.client("operator").get(path).content.decode()
    assert "AB123CD" not in robot.get(path).content.decode()
    acknowledged = robot.post(f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement", content_type="application/json")
    assert (acknowledged.status_code, "AB123CD" in acknowledged.content.decode()) == (200, False)
    assert city.client("operator").get(path, {"q": "AB123CD"}).json()["results"]
    assert robot.get(path, {"q": "AB123CD"}).json()["results"] == []
