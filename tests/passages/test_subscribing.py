"""Frigate over a real broker: what it publishes of a vehicle becomes a passage, and nothing else does."""

import json
import threading

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from passages import gates
from passages.models import Letter, Passage
from passages.subscribing import Subscriber
from tests.passages.gatehouse import ADMIN, NOW, make_gatehouse
from tests.passages.reading import recording

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def publish(mosquitto):
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", int(mosquitto.rsplit(":", 1)[1]))
    client.loop_start()
    yield lambda topic, payload, **said: client.publish(topic, payload, qos=1, **said).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


def _listening(client, mosquitto, publish, wait_until, topic):
    """The subscription is there once what is published comes back as a letter or a passage."""
    wait_until(lambda: publish(topic, recording("frigate-update.json")) or Passage.objects.exists(), 20)


def test_a_vehicle_that_frigate_sees_is_a_passage_of_its_cameras_gate(mosquitto, publish, wait_until):
    house = make_gatehouse()
    said = {
        "slug": "frigate-nord",
        "name": "Frigate",
        "source": "frigate",
        "address": f"{mosquitto}/frigate",
        "camera": "gate_north",
    }
    gates.save_reader(house.gate, said, by=ADMIN, now=NOW)
    publish("frigate/tracked_object_update", recording("frigate-update.json"), retain=True)  # kept by the broker: not of now
    subscriber, stop = Subscriber(), threading.Event()
    thread = threading.Thread(target=subscriber.run, args=(stop,))
    thread.start()
    try:
        _listening(subscriber, mosquitto, publish, wait_until, "frigate/tracked_object_update")
        publish("frigate/events", recording("frigate-person.json"))
        other = json.loads(recording("frigate-update.json")) | {"camera": "elsewhere", "id": "other"}
        publish("frigate/tracked_object_update", json.dumps(other))
        publish("frigate/events", recording("frigate-event.json"))
        wait_until(lambda: Passage.objects.filter(plate_reads__phase="end").exists() and not Letter.objects.exists(), 20)
    finally:
        stop.set()
        thread.join()
        publish("frigate/tracked_object_update", b"", retain=True)
    assert {key.partition(":")[2] for passage in Passage.objects.all() for key in passage.keys} == {"1607123955.475377-mxklsc"}
