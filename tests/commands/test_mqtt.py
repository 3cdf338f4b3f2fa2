"""Commands over MQTT, against a real broker: published once, answered by correlation, and said to be unanswered otherwise."""

import json
from collections.abc import Callable, Iterator

import paho.mqtt.client as paho
import pytest
from django.utils import timezone
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from assets.feeds.broker import Broker
from commands import connectors, moves
from commands.delivery import worker
from commands.models import Command
from tests.commands.field import CHIEF, OPERATOR, again

MAPPING = {
    "protocol": "mqtt", "topic": "port/{asset}/order", "answer_topic": "port/{asset}/answer/{command}", "timeout": 2.0,
    "body": {"do": "{type}", "key": "{key}"},
    "answer": {"field": "ok", "accepted": ["true"], "refused": ["false"], "message": "why"},
}  # fmt: skip


Answers = Callable[..., list[tuple[str, object, bytes | None]]]


class Peer:
    """A pretend supervisor on the broker. `answers(order, response topic, correlation)` gives [(topic, body, correlation)]."""

    def __init__(self, url: str) -> None:
        broker = Broker.of(url)
        self.came: list[dict[str, str]] = []
        self.answers: Callable[..., list[tuple[str, object, bytes | None]]] = lambda order, topic, key: [
            (topic, {"ok": True}, key)
        ]
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self.ready = False
        self.client.on_connect = lambda *_: self.client.subscribe("port/+/order", qos=1)
        self.client.on_subscribe = lambda *_: setattr(self, "ready", True)
        self.client.on_message = self._on_message
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        order = json.loads(message.payload)
        self.came.append(order)
        told = message.properties
        for answer in self.answers(order, getattr(told, "ResponseTopic", ""), told.CorrelationData):
            self.say(*answer)

    def say(self, topic: str, body: object, key: bytes | None) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        if key is not None:
            properties.CorrelationData = key
        self.client.publish(topic, json.dumps(body), qos=1, properties=properties)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def peer(mosquitto, wait_until) -> Iterator[Peer]:
    told = Peer(mosquitto)
    wait_until(lambda: told.ready)
    yield told
    told.close()


def sent(field, mosquitto: str, slug: str = "open", **mapping: object) -> Command:
    now = timezone.now()
    told = {**MAPPING, **mapping}
    connectors.set_up(field.gate.supervisor, mosquitto, told, by=CHIEF, now=now, allow_private_address=True)
    command = moves.request(field.gate, slug, by=OPERATOR, role="operator", now=now)
    worker.deliver(command.pk)
    return again(command)


def test_the_answer_is_the_one_that_names_the_command(field, mosquitto, peer):
    peer.answers = lambda order, topic, key: [
        (topic, {"ok": False}, b"of another"), (topic, {"ok": False}, None), (topic, {"ok": True}, key),
    ]  # fmt: skip
    command = sent(field, mosquitto)
    assert command.state == "accepted"
    assert peer.came == [{"do": "open", "key": command.key}]
    field.read(1, timezone.now())
    assert again(command).state == "confirmed"


def test_a_refusal_is_told_with_its_words(field, mosquitto, peer):
    peer.answers = lambda order, topic, key: [(topic, {"ok": False, "why": "mode local"}, key)]
    command = sent(field, mosquitto)
    assert (command.state, command.reason, command.said_fr) == ("refused", "supervisor_refused", "mode local")


def test_an_old_peer_names_the_command_in_the_body(field, mosquitto, peer):
    peer.answers = lambda order, topic, key: [(topic, {"ok": True, "ref": {"key": order["key"]}}, None)]
    assert sent(field, mosquitto, correlation="ref.key").state == "accepted"


def test_silence_repeats_nothing_of_what_may_not_be_repeated(field, mosquitto, peer):
    peer.answers = lambda *_: []
    command = sent(field, mosquitto, timeout=0.5)
    assert (command.state, command.trouble, command.retry_at) == ("sent", "supervisor_silent", None)
    worker.deliver(command.pk)
    assert len(peer.came) == 1


def test_a_broker_that_is_not_there_is_unreachable_and_nothing_left(field, free_port):
    command = sent(field, f"mqtt://127.0.0.1:{free_port()}")
    assert (command.state, command.reason) == ("failed", "device_unreachable")


def test_without_an_answer_topic_what_the_broker_takes_is_accepted(field, mosquitto, peer):
    peer.answers = lambda *_: []
    assert sent(field, mosquitto, answer_topic="").state == "accepted"
