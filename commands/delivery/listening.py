"""Answers to commands that supervisors publish whenever they are ready: one connection per MQTT connector, beside its commands.

Whoever sends a command waits for its answer as long as the connector says (commands.delivery.mqtt). What comes later, or while
nobody waited because that process was killed, is heard here. The broker keeps answers while we are away, and each is
acknowledged once it is committed. Both may hear the same answer: it counts once.
"""

import logging
import threading

import paho.mqtt.client as paho
from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from assets.feeds.broker import KEEPALIVE, SESSION, Broker
from assets.feeds.guard import AddressRefused, resolve
from assets.feeds.mapping import BadMapping as BadBroker
from commands import answers, connectors
from commands.delivery.mqtt import MOST_BYTES
from commands.mapping import BadAnswerMapping, Mqtt, answer_filter, compiled, keys_at, read_later
from commands.models import Connector

logger = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks at what administrators changed."""

Key = tuple[int, str, str]
"""(supervisor, address, mapping) of a connector: another one is another connection."""


class Subscriber:
    """All answers over MQTT, of one process; runs beside the subscriptions of feeds (`manage.py subscribe`)."""

    def __init__(self) -> None:
        self._running: dict[Key, Listening] = {}
        self._refused: set[Key] = set()

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set."""
        try:
            while not stop.wait(EVERY if self._running else 0.1):
                self.look()
        finally:
            for each in self._running.values():
                each.stop()
            connections.close_all()

    def look(self) -> None:
        """Begin and end connections as the connectors say."""
        try:
            wanted = _wanted()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the connectors cannot be looked up: %s", type(error).__name__)
            return
        for key in self._running.keys() - wanted.keys():
            self._running.pop(key).stop()
        self._refused &= wanted.keys()
        for key in wanted.keys() - self._running.keys() - self._refused:
            self._begin(key, wanted[key])

    def _begin(self, key: Key, connector: Connector) -> None:
        declared = compiled(connector.mapping)
        if not isinstance(declared, Mqtt):
            return
        try:
            broker = Broker.of(connector.address)
            resolve(broker.host, broker.port, connectors.may_reach_privately(connector))
        except (BadBroker, AddressRefused) as error:
            self._refused.add(key)
            logger.warning("nobody listens for answers of supervisor %s: %s", connector.supervisor_id, error)
        except OSError as error:
            logger.warning("the broker of supervisor %s is not known: %s", connector.supervisor_id, error)
        else:
            self._running[key] = Listening(connector.supervisor_id, broker, declared)


class Listening:
    """One connection to a broker; its network thread takes each answer in before it acknowledges it."""

    def __init__(self, supervisor: int, broker: Broker, declared: Mqtt) -> None:
        self._supervisor, self._broker, self._declared = supervisor, broker, declared
        self._stopping = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"vigie-answers-{supervisor}",
            protocol=paho.MQTTv5 if broker.version5 else paho.MQTTv311,
            clean_session=None if broker.version5 else False,
            manual_ack=True,
        )
        if broker.user:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.encrypted:
            self._client.tls_set()
        self._client.reconnect_delay_set(1, 30)
        self._client.on_connect, self._client.on_message = self._on_connect, self._on_message
        if broker.version5:
            kept = Properties(PacketTypes.CONNECT)
            kept.SessionExpiryInterval = SESSION
            self._client.connect_async(broker.host, broker.port, KEEPALIVE, clean_start=False, properties=kept)
        else:
            self._client.connect_async(broker.host, broker.port, KEEPALIVE)
        self._client.loop_start()

    def stop(self) -> None:
        self._stopping.set()
        self._client.disconnect()
        self._client.loop_stop()

    # --- in the network thread ---

    def _on_connect(
        self, client: paho.Client, data: object, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            logger.warning("the broker %s refuses: %s", self._broker.host, reason)
        else:
            client.subscribe(answer_filter(self._declared), qos=1)

    def _on_message(self, client: paho.Client, data: object, came: paho.MQTTMessage) -> None:
        try:
            if not came.retain and len(came.payload) <= MOST_BYTES:
                self._hear(came)
            if came.qos and not self._stopping.is_set():
                client.ack(came.mid, came.qos)
        finally:
            connections.close_all()

    def _hear(self, came: paho.MQTTMessage) -> None:
        """Take an answer in; tried until the database has it, or until we are to stop: then it comes again."""
        keys, said = _keys(came, self._declared), read_later(self._declared.answer, came.payload)
        while keys and said is not None and not self._stopping.is_set():
            try:
                answers.hear_first(self._supervisor, keys, said, timezone.now())
                return
            except (DatabaseError, InterfaceError) as error:
                logger.warning("an answer waits for the database: %s", type(error).__name__)
                connections.close_all()
                self._stopping.wait(1.0)


def _keys(came: paho.MQTTMessage, declared: Mqtt) -> list[str]:
    """The keys that an answer names: at the mapping's place in its body, or as its correlation data; empty when none."""
    if declared.correlation:
        return keys_at(came.payload, declared.correlation)
    key = getattr(came.properties, "CorrelationData", b"").decode(errors="replace")
    return [key] if key else []


def _wanted() -> dict[Key, Connector]:
    """The connectors whose supervisors answer over MQTT."""
    found: dict[Key, Connector] = {}
    for row in Connector.objects.filter(enabled=True).select_related("supervisor__site"):
        try:
            declared = compiled(row.mapping)
        except BadAnswerMapping:
            continue  # a command says so
        if isinstance(declared, Mqtt) and declared.answer_topic:
            found[row.supervisor_id, row.address, str(row.mapping)] = row
    return found
