"""Answers that supervisors send by themselves, when they are ready: over HTTP with a token, over MQTT on the answer topic."""

import threading

import pytest
from django.test import Client
from django.utils import timezone

from commands import answers, connectors, deadlines, moves
from commands.delivery import worker
from commands.delivery.listening import Subscriber
from commands.mapping import Answer, Mqtt, Said, answer_filter, read_later
from commands.models import Command, Connector
from journal.models import JournalEntry
from journal.reading import verify
from tests.commands.field import CHIEF, MAPPING, OPERATOR, SECOND, again
from tests.commands.test_mqtt import MAPPING as OVER_MQTT
from tests.commands.test_mqtt import Peer

LATER = MAPPING | {"correlation": "key", "answer": {**MAPPING["answer"], "failed": ["broken"]}}


def sent(field, slug="open") -> Command:
    command = moves.request(field.gate, slug, by=OPERATOR, role="operator", now=timezone.now())
    worker.deliver(command.pk)
    return again(command)


def kinds(command: Command) -> list[str]:
    lines = JournalEntry.objects.filter(site=command.site_id).order_by("seq")
    return [line.kind for line in lines if command.pk in line.ids("command")]


@pytest.fixture
def silent(field, supervisor):
    """A supervisor that takes an order and says nothing of it yet; how it answers later, by HTTP with its token."""
    supervisor.answer = lambda *_: (0, b"")
    now = timezone.now()
    connectors.set_up(field.gate.supervisor, supervisor.url, LATER, by=CHIEF, now=now, allow_private_address=True)
    token = connectors.new_token(Connector.objects.get(), by=CHIEF, now=now)
    client, path = Client(), f"/api/v1/sites/port/connectors/{field.gate.supervisor.slug}/answers"

    def answer(body, *, token=token, **headers):
        return client.post(path, body, "application/json", headers={"authorization": f"Token {token}"} | headers)

    return answer


def test_an_answer_that_comes_by_itself_is_one(field, silent):
    command = sent(field)
    assert (command.state, command.trouble) == ("sent", "supervisor_silent")
    told = silent({"key": command.key, "state": "ok", "id": "S-9"})
    assert (told.status_code, told.json()) == (200, {"command": command.pk, "state": "accepted"})
    field.read(1, timezone.now())
    assert (again(command).state, again(command).supervisor_ref) == ("confirmed", "S-9")
    assert kinds(command) == ["command.authorised", "command.sent", "command.accepted", "command.confirmed"]


def test_the_key_may_come_in_its_header(field, silent):
    command = sent(field)
    assert silent({"state": "no", "why": "mode local"}, **{"idempotency-key": command.key}).json()["state"] == "refused"
    assert (again(command).reason, again(command).said_fr) == ("supervisor_refused", "mode local")


def test_twice_is_once_and_yes_then_broken_has_failed(field, silent):
    command = sent(field)
    for _ in range(2):
        assert silent({"key": command.key, "state": "ok"}).json()["state"] == "accepted"
    assert silent({"key": command.key, "state": "broken", "why": "lisse bloquée"}).json()["state"] == "failed"
    assert (again(command).reason, again(command).said_fr) == ("supervisor_failed", "lisse bloquée")
    field.read(1, timezone.now())
    assert again(command).state == "confirmed_late"


def test_after_the_time_it_changes_nothing_and_is_in_the_journal_once(field, silent, supervisor):
    command = sent(field)
    deadlines.sweep(field.site.pk, timezone.now() + 60 * SECOND)
    for state in ("ok", "no"):
        assert silent({"key": command.key, "state": state}).json()["state"] == "timed_out"
    assert (again(command).state, again(command).reason) == ("timed_out", "supervisor_silent")
    assert kinds(command)[-2:] == ["command.timed_out", "command.answered_afterwards"]
    line = JournalEntry.objects.get(kind="command.answered_afterwards")
    assert line.text_fr.endswith("le superviseur a répondu après coup : accepté")
    assert (list(verify(field.site.pk)), len(supervisor.asked)) == ([], 1)


def test_what_may_be_sent_again_is_not_once_it_was_answered(field, silent, supervisor):
    field.read(1, timezone.now())
    command = sent(field, "close")
    assert command.retry_at is not None
    silent({"key": command.key, "state": "ok"})
    deadlines.sweep(field.site.pk, timezone.now() + 5 * SECOND)
    worker.deliver(command.pk)
    assert (again(command).state, again(command).retry_at, len(supervisor.asked)) == ("accepted", None, 1)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 50_000, b'{"state": "ok"}', b'{"state": "queued", "key": "%s"}'])
def test_nonsense_and_what_is_no_answer_yet_are_told_so_and_change_nothing(field, silent, body):
    command = sent(field)
    assert silent(body.replace(b"%s", command.key.encode())).status_code == 422
    assert (again(command).state, again(command).answered_at) == ("sent", None)


def test_only_the_supervisor_that_was_sent_it_answers(field, silent):
    command = sent(field)
    assert silent({"key": command.key, "state": "ok"}, token="another").status_code == 401
    assert silent({"key": "0" * 36, "state": "ok"}).status_code == 404
    assert answers.hear_later(field.gate.supervisor_id + 1, command.key, Said("accepted"), timezone.now()) is None
    unsent = moves.request(field.opposing, "open", by=OPERATOR, role="operator", now=timezone.now())
    assert silent({"key": unsent.key, "state": "ok"}).status_code == 404
    Connector.objects.update(enabled=False)
    assert silent({"key": command.key, "state": "ok"}).status_code == 403
    assert again(command).state == "sent"


@pytest.mark.parametrize(
    ("word", "outcome"), [("ok", "accepted"), ("no", "refused"), ("broken", "failed"), ("queued", None), ("", None)]
)
def test_what_comes_later_ends_the_waiting_only_with_a_word_of_the_mapping(word, outcome):
    declared = Answer(statuses=(202,), field="state", accepted=("ok",), refused=("no",), failed=("broken",))
    said = read_later(declared, b'{"state": "%s"}' % word.encode())
    assert (said and said.outcome) == outcome


@pytest.mark.parametrize(
    ("topic", "subscribed"),
    [("port/{asset}/answer/{command}", "port/+/answer/+"), ("answers", "answers"), ("a/of-{command}", "a/+"), ("", "")],
)
def test_all_answers_are_subscribed_to_at_once(topic, subscribed):
    assert answer_filter(Mqtt(topic="x", answer_topic=topic)) == subscribed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("correlation", ["", "key"])
def test_an_answer_over_mqtt_that_comes_after_its_time_is_heard(field, mosquitto, wait_until, correlation):
    told = OVER_MQTT | {"timeout": 0.3, "correlation": correlation}
    now = timezone.now()
    connectors.set_up(field.gate.supervisor, mosquitto, told, by=CHIEF, now=now, allow_private_address=True)
    peer, subscriber, stop = Peer(mosquitto), Subscriber(), threading.Event()
    wait_until(lambda: peer.ready)
    heard: list[tuple[str, bytes]] = []
    peer.answers = lambda order, topic, key: heard.append((f"port/B-1/answer/{command.pk}", key)) or []
    thread = threading.Thread(target=subscriber.run, args=(stop,))
    thread.start()
    try:
        command = moves.request(field.gate, "open", by=OPERATOR, role="operator", now=now)
        worker.deliver(command.pk)
        assert (again(command).state, again(command).trouble) == ("sent", "supervisor_silent")
        topic, key = heard[0]

        def say(**body: object) -> bool:
            peer.say(topic, body | {"key": command.key}, key)
            return again(command).state == "accepted"

        say(ok="peut-être")
        wait_until(lambda: say(ok=True), 20)  # the subscription may take a moment
        say(ok=False)
        wait_until(lambda: again(command).state == "failed", 20)
        assert again(command).reason == "answers_disagree"
        assert len(peer.came) == 1
    finally:
        stop.set()
        thread.join()
        peer.close()
