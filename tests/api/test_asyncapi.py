"""The description of what is told without being asked is the one committed, and real messages of each kind are as it says."""

import json
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from jsonschema import Draft202012Validator

from alarms.models import Alarm
from alarms.publication import told
from assets.feeds.intake import Batch
from assets.feeds.mqtt_message import reader
from assets.models import Latest
from hypervisor import frames
from hypervisor.api import asyncapi
from journal import followers, live
from journal.actors import Actor
from journal.models import Webhook
from journal.webhooks import moves
from journal.webhooks.delivery import WebhookFollower
from tests.api.test_schema import at  # noqa: F401
from tests.api.watching import acknowledge, closing, watch
from tests.factories import NOON

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "asyncapi.yaml"
REFRESH = ".venv/bin/python manage.py asyncapi --file docs/asyncapi.yaml"


@pytest.fixture(scope="module")
def differs():
    """differs(name, message): nothing, or where a message is not as the schema of this name says."""
    document = asyncapi.document()

    def check(name, message):
        schema = document["components"]["schemas"][name] | {"components": document["components"]}
        return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(schema).iter_errors(message)]

    return check


def test_the_committed_description_is_the_one_of_the_code():
    if asyncapi.text() != COMMITTED.read_text("utf-8"):
        pytest.fail(f"docs/asyncapi.yaml is not what the code says. Look at the difference, then commit it:\n    {REFRESH}")


def test_the_description_is_served_as_it_is_committed(client):
    assert client.get("/api/schema/asyncapi/").content.decode() == COMMITTED.read_text("utf-8")


def test_every_reference_leads_somewhere_and_every_noun_has_its_row():
    document = asyncapi.document()
    for reference in set(asyncapi._references(document)):
        place = document if reference.startswith("#/") else document["components"]["schemas"]
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    assert list(asyncapi.ROWS) == list(settings.NOUNS)


@pytest.fixture
def busy(city, valkey, at):  # noqa: F811
    """The city with something of every noun, each named by a line of the journal."""
    return city


def test_a_snapshot_and_all_changes_since_the_first_line_are_as_described(busy, differs):
    site, seq = busy.site.pk, live.state(busy.site.pk)
    snapshot = frames.snapshot(seq, live.open_rows(site, None))
    assert [differs("SnapshotFrame", json.loads(frame)) for frame in snapshot] == [[]] * len(snapshot)
    change = live.change(site, 1, seq)
    entries = frames.entries(1, seq, change.lines, change.rows)
    mine, gone = live.within(("nord",), site, 1, seq, change)
    entries += frames.entries(1, seq, mine.lines, mine.rows, gone | {"alarm": [7]}, ["entity_message"])
    assert [differs("EntriesFrame", json.loads(frame)) for frame in entries] == [[]] * len(entries)
    shown = {noun for frame in (*snapshot, *entries) for noun in json.loads(frame)["rows"]}
    assert shown >= set(settings.NOUNS) - {"permit", "instruction"}, "the city has something of each"


def test_a_webhook_is_sent_what_is_described(busy, differs):
    by = Actor.of(busy.users["administrator"])
    hook = moves.create(busy.site.pk, "Personne", "http://127.0.0.1:9/", by=by, now=NOON)
    followers.move(busy.site.pk, moves.name_of(hook.pk), 0, NOON)
    last = live.state(busy.site.pk)
    WebhookFollower(busy.site.pk, hook.pk).deal(0, last, NOON)
    message = json.loads(Webhook.objects.get(pk=hook.pk).message)
    assert {"command", "incident", "note"} <= set(message["rows"])
    assert differs("JournalLines", message) == []


def test_what_is_published_over_mqtt_is_what_is_described(city, differs):
    (first, *others), (_, counted) = told.of_alarms("quai", [city.alarms["nord"].pk]), told.summary(city.site.pk, "quai")
    assert (first[0], others) == (f"vigie/quai/alarms/{city.alarms['nord'].pk}", [])
    assert differs("AlarmRow", json.loads(first[1])) == []
    assert differs("SiteSummary", json.loads(counted)) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey", "no_connection_left")
async def test_what_the_socket_tells_is_as_described(city, operator, differs):
    await sync_to_async(speak)(city)
    desk = await watch(operator)
    await desk.until(lambda frame: frame["type"] == "present")
    await sync_to_async(acknowledge)(city, "nord")
    await desk.until(lambda frame: frame["type"] == "entries")
    await desk.socket.send_to("please")
    heard, _code = await closing(desk)
    kinds = {"snapshot": "SnapshotFrame", "entries": "EntriesFrame", "pulse": "PulseFrame", "present": "PresentFrame",
             "refused": "RefusedFrame"}  # fmt: skip
    assert {frame["type"] for frame in heard} == set(kinds)
    for frame in heard:
        assert differs(kinds[frame["type"]], frame) == []
    assert differs("Ping", {"type": "ping"}) == []


def speak(city):
    """One alarm is about a point that reads something, another about a silence."""
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(point=city.points["nord"])
    Latest.objects.create(point=city.points["nord"], at=NOON, received_at=NOON, value=1.5, trend=1)
    silent = {"kind": "silence", "heard": 1_772_366_400_000_000}
    Alarm.objects.filter(pk=city.alarms["sud"].pk).update(evidence=silent)


@pytest.mark.parametrize(
    ("payload", "taken"),
    [
        ("71.5", True), ("true", True), ('"on"', True), ('{"value": 70, "at": "2026-11-22T08:00:00Z"}', True),
        ('{"value": 70, "quality": "uncertain", "address": "a", "more": []}', True),
        ('[{"address": "L-3", "value": 69}, {"value": false, "at": 1795334400}]', True),
        ('{"readings": [{"address": "L-3", "value": 68}]}', True),
        ('{"readings": 3}', False), ("[1]", False), ('{"at": 1}', False), ('{"value": []}', False),
    ],
)  # fmt: skip
def test_what_is_taken_over_mqtt_is_what_is_described(differs, payload, taken):
    batch = Batch([], [])
    reader({})(batch, 0, {"address": "L-3"}, payload.encode())
    assert (batch.refusals.count == 0) is taken
    assert (differs("MqttReadings", json.loads(payload)) == []) is taken
