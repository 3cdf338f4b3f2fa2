"""Readers over MQTT: one connection per broker and topic, whose messages are acknowledged once they are durable.

Frigate publishes under one prefix for all of its cameras: `mqtt://host:1883/frigate` is subscribed as `frigate/events` and
`frigate/tracked_object_update`, and each message goes to the readers of its camera. For any other source the path is the topic
filter. What a broker retained is no vehicle of now and is passed over.
"""

import logging
import threading
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from assets.feeds.broker import KEEPALIVE, Broker
from assets.feeds.mapping import BadMapping
from passages import hook, letters
from passages.models import Reader
from passages.reads import Malformed
from passages.sources import DECODERS, frigate

logger = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks at what administrators changed."""
LONGEST = 256 * 1024
"""Bytes of one payload; no picture comes this way."""
TOPICS = ("events", "tracked_object_update")


@dataclass(frozen=True, slots=True)
class Listener:
    """A reader that listens on a connection; `camera` empty: to all of it."""

    id: int
    source: str
    camera: str


class Subscriber:
    """All MQTT readers of one process; runs beside the subscriptions of feeds (`manage.py subscribe`)."""

    def __init__(self) -> None:
        self._running: dict[str, Connection] = {}
        self._refused: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Subscribe until `stop` is set."""
        try:
            while not stop.wait(0.1 if not self._running else EVERY):
                self.look()
        finally:
            for connection in self._running.values():
                connection.stop()
            connections.close_all()

    def look(self) -> None:
        """Start, change and stop connections as the readers say."""
        try:
            wanted = _wanted()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the readers cannot be looked up: %s", type(error).__name__)
            return
        for address in self._running.keys() - wanted.keys():
            self._running.pop(address).stop()
        for address, listeners in wanted.items():
            if address in self._running:
                self._running[address].listeners = listeners
            elif address not in self._refused:
                self._start(address, listeners)

    def _start(self, address: str, listeners: list[Listener]) -> None:
        try:
            self._running[address] = Connection(address, listeners)
        except BadMapping as error:
            self._refused.add(address)
            Reader.objects.filter(pk__in=[each.id for each in listeners]).update(refusal=str(error)[:200])


class Connection:
    """One connection to a broker; its network thread makes each message durable before it acknowledges it."""

    def __init__(self, address: str, listeners: list[Listener]) -> None:
        """Raises BadMapping."""
        self.listeners = listeners
        self._broker, path = Broker.of(address), unquote(urlsplit(address).path).strip("/")
        if not path:
            raise BadMapping("Write the topic after the broker: mqtt://host:1883/frigate.")
        of_frigate = any(each.source == "frigate" for each in listeners)
        self._filters = [f"{path}/{topic}" for topic in TOPICS] if of_frigate else [path]
        self._stopping = threading.Event()
        name = f"vigie-plates-{'-'.join(str(each.id) for each in listeners)}"[:60]
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv311, clean_session=False, manual_ack=True
        )
        if self._broker.user:
            self._client.username_pw_set(self._broker.user, self._broker.password)
        if self._broker.encrypted:
            self._client.tls_set()
        self._client.reconnect_delay_set(1, 30)
        self._client.on_connect, self._client.on_message = self._on_connect, self._on_message
        self._client.connect_async(self._broker.host, self._broker.port, KEEPALIVE)
        self._client.loop_start()

    def stop(self) -> None:
        self._stopping.set()
        self._client.disconnect()
        self._client.loop_stop()

    # --- in the network thread ---

    def _on_connect(self, client: paho.Client, data: object, flags: object, reason: ReasonCode, properties: object) -> None:
        if reason.is_failure:
            logger.warning("the broker %s refuses: %s", self._broker.host, reason)
        else:
            client.subscribe([(each, 1) for each in self._filters])

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        try:
            if not message.retain and len(message.payload) <= LONGEST:
                self._keep(bytes(message.payload))
            if message.qos and not self._stopping.is_set():
                client.ack(message.mid, message.qos)
        finally:
            connections.close_all()

    def _keep(self, payload: bytes) -> None:
        for each in self.listeners:
            if _is_for(each, payload):
                while not self._stopping.is_set():
                    try:
                        hook.keep(each.id, "application/json", payload, timezone.now())
                        break
                    except letters.LetterRefused:
                        self._stopping.wait(1.0)  # what is not acknowledged comes again


def _is_for(listener: Listener, payload: bytes) -> bool:
    """Whether there is something for this reader: Frigate tells of people and dogs as well, and of every camera."""
    try:
        if listener.source == "frigate" and listener.camera and frigate.camera(payload) != listener.camera:
            return False
        return bool(DECODERS[listener.source](payload, "application/json").reads)
    except Malformed:
        return True  # it is counted with its reason where it is taken in


def _wanted() -> dict[str, list[Listener]]:
    rows = Reader.objects.filter(enabled=True, gate__enabled=True).exclude(address="").order_by("pk")
    found: dict[str, list[Listener]] = {}
    for pk, source, camera, address in rows.values_list("pk", "source", "camera", "address"):
        found.setdefault(address, []).append(Listener(pk, source, camera))
    return found
