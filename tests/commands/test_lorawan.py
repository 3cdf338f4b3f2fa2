"""Downlinks: queued at a LoRaWAN network server over a real broker; its `txack` says that it left, and is never a success."""

import json
import threading

import paho.mqtt.client as paho
import pytest
from django.utils import timezone
from paho.mqtt.enums import CallbackAPIVersion

from assets.feeds.broker import Broker
from commands import connectors, moves
from commands.delivery import worker
from commands.delivery.listening import Subscriber
from tests.commands.field import CHIEF, OPERATOR, again

EUI = "a84041f2c18712e0"
APPLICATION = "5b0c7f3e-5d0a-4a55-8d0b-2f7a4f4c9e10"
CHIRPSTACK = {
    "protocol": "mqtt", "timeout": 0.3,
    "topic": f"application/{APPLICATION}/device/{{attribute.dev_eui}}/command/down",
    "body": {"id": "{key}", "devEui": "{attribute.dev_eui}", "confirmed": True, "fPort": 10, "data": "AQ=="},
    "answer_topic": f"application/{APPLICATION}/device/{{attribute.dev_eui}}/event/txack", "correlation": "queueItemId",
}  # fmt: skip
THINGS = {
    "protocol": "mqtt", "timeout": 0.3, "topic": "v3/eau@ville/devices/{attribute.device}/down/push",
    "body": {"downlinks": [{"f_port": 10, "frm_payload": "AQ==", "priority": "HIGH", "correlation_ids": ["{key}"]}]},
    "answer_topic": "v3/eau@ville/devices/{attribute.device}/down/sent", "correlation": "correlation_ids",
}  # fmt: skip


class NetworkServer:
    """Keeps what is queued, and tells when the device has opened its window, in the words of ChirpStack and The Things Stack."""

    def __init__(self, url: str) -> None:
        broker = Broker.of(url)
        self.queued: list[tuple[str, dict[str, object]]] = []
        self.ready = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda *_: self._client.subscribe([("application/#", 1), ("v3/#", 1)])
        self._client.on_subscribe = lambda *_: setattr(self, "ready", True)
        self._client.on_message = self._on_message
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def _on_message(self, client: object, data: object, came: paho.MQTTMessage) -> None:
        if came.topic.endswith(("/command/down", "/down/push")):
            self.queued.append((came.topic, json.loads(came.payload)))

    def window(self) -> None:
        """The device has sent something, so what is queued for it leaves."""
        topic, order = self.queued[-1]
        if topic.startswith("v3/"):
            [downlink] = order["downlinks"]
            ids = ["as:downlink:01HK", *downlink["correlation_ids"], "rpc:/ttn.lorawan.v3.AppAs/DownlinkQueuePush:01HK"]
            self._client.publish(
                topic.replace("push", "sent"), json.dumps({"correlation_ids": ids, "downlink_sent": downlink}), 1
            )
            return
        told = {"downlinkId": 20411, "queueItemId": order["id"], "fCntDown": 2, "gatewayId": "24e124fffef12345"}
        self._client.publish(topic.replace("command/down", "event/txack"), json.dumps(told), 1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mapping", [CHIRPSTACK, THINGS], ids=["chirpstack", "things"])
def test_a_downlink_is_accepted_once_it_left_and_confirmed_by_the_next_uplink_alone(field, mosquitto, wait_until, mapping):
    field.gate.attributes |= {"dev_eui": EUI, "device": "barriere-1"}
    field.gate.save()
    now = timezone.now()
    connectors.set_up(field.gate.supervisor, mosquitto, mapping, by=CHIEF, now=now, allow_private_address=True)
    server, listening, stop = NetworkServer(mosquitto), Subscriber(), threading.Event()
    thread = threading.Thread(target=listening.run, args=[stop])
    try:
        wait_until(lambda: server.ready)
        thread.start()
        command = moves.request(field.gate, "open", by=OPERATOR, role="operator", now=timezone.now())
        worker.deliver(command.pk)
        wait_until(lambda: server.queued)
        assert (again(command).state, again(command).trouble) == ("sent", "supervisor_silent")  # no window was open yet

        def left() -> bool:
            server.window()
            return again(command).state == "accepted"

        wait_until(left)
    finally:
        stop.set()
        thread.join()
        server.close()
    assert len(server.queued) == 1
    field.read(1, timezone.now())
    assert again(command).state == "confirmed"
