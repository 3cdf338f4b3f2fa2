"""One connection to the broker that is told of alarms: what it confirmed, it has. Once broken it is of no use any more.

It is not mended by the library: what waited for a confirmation would be sent again beside what is newer, and the broker would
retain whichever came last. Whoever holds it makes another, and tells all anew.
"""

import ssl
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from assets.feeds.broker import KEEPALIVE, Broker

PATIENCE = 10.0
"""Seconds the broker may take to answer, and to confirm what it is sent at a time."""
TOGETHER = 500
"""Messages that wait for their confirmation at a time."""


class NotPublished(Exception):
    """The broker is away, refuses, or did not confirm; why, in a few words."""


class Link:
    def __init__(self, broker: Broker, client_id: str, status: str) -> None:
        """Connect. `status` is a topic that says `online`, retained, and `offline` once we are gone. Raises NotPublished."""
        self._status = status
        self._answered, self._refused = threading.Event(), ""
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5 if broker.version5 else paho.MQTTv311,
            reconnect_on_failure=False,
        )  # fmt: skip
        if broker.user:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.encrypted:
            self._client.tls_set()
        self._client.will_set(status, "offline", qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.connect_timeout = PATIENCE
        try:
            self._client.connect(broker.host, broker.port, keepalive=KEEPALIVE)
        except (OSError, ssl.SSLError) as error:
            raise NotPublished(f"no connection to {broker.host}:{broker.port}: {error}") from error
        self._client.loop_start()
        if not self._answered.wait(PATIENCE) or self._refused:
            self._client.loop_stop()
            raise NotPublished(self._refused or "the broker does not answer")

    @property
    def alive(self) -> bool:
        return self._client.is_connected()

    def retain(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Have these (topic, payload) retained, in order; an empty payload ends what was. Raises NotPublished."""
        waiting: list[paho.MQTTMessageInfo] = []
        for topic, payload in messages:
            waiting.append(self._client.publish(topic, payload, qos=1, retain=True))
            if len(waiting) == TOGETHER:
                self._confirmed(waiting)
                waiting.clear()
        self._confirmed(waiting)

    def online(self) -> None:
        """Raises NotPublished."""
        self.retain([(self._status, b"online")])

    def close(self) -> None:
        with suppress(NotPublished):
            self.retain([(self._status, b"offline")] if self.alive else [])
        self._client.disconnect()
        self._client.loop_stop()

    def _confirmed(self, waiting: list[paho.MQTTMessageInfo]) -> None:
        deadline = time.monotonic() + PATIENCE
        for each in waiting:
            if each.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise NotPublished("the connection is broken")
            each.wait_for_publish(max(0.0, deadline - time.monotonic()))
            if not each.is_published():
                raise NotPublished("the broker does not confirm" if self.alive else "the connection is broken")

    def _on_connect(
        self, client: paho.Client, data: object, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._refused = f"the broker refuses: {reason}" if reason.is_failure else ""
        self._answered.set()
