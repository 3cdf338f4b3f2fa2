"""One command as one MQTT message, and the answer that comes on another topic.

A connection of its own for each command: its answer topic is subscribed to before the message leaves, and only what names this
very command is its answer. An answer that comes after its time is heard by commands.delivery.listening.
"""

import queue
import ssl
import threading
import time
import uuid
from contextlib import suppress

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from assets.feeds.broker import Broker
from assets.feeds.guard import AddressRefused, resolve
from assets.feeds.mapping import BadMapping
from commands.failures import NO_CONNECTION, NOT_PUBLIC, CannotLeave, NoAnswer, as_told, no_answer_within
from commands.mapping import Message, Mqtt, Order, Said, keys_at, message, read
from commands.states import Reason
from commands.wording import Words

MOST_BYTES = 64 * 1024
"""Of an answer; one that is longer is none."""
WAITING = 100
"""Messages of the answer topic that are looked at, at most, at a time."""
_MUTE = Words("le broker ne répond pas", "the broker does not answer")
_UNHEARD = Words("abonnement impossible au sujet de réponse", "the answer topic cannot be subscribed to")
_NOT_TAKEN = Words("le broker ne prend pas le message", "the broker does not take the message")


def send(declared: Mqtt, address: str, order: Order, *, allow_private: bool) -> Said:
    """Publish, and tell what was answered. Raises NoAnswer, CannotLeave, and mapping.CannotAsk."""
    asked = message(declared, order)
    try:
        broker = Broker.of(address)
        resolve(broker.host, broker.port, allow_private)
    except BadMapping as error:
        raise CannotLeave(as_told(error)) from error
    except AddressRefused as error:
        raise CannotLeave(NOT_PUBLIC) from error
    except OSError as error:
        raise NoAnswer(
            Reason.DEVICE_UNREACHABLE, Words(f"{broker.host} est inconnu", f"{broker.host} is not known"), left=False
        ) from error
    with _Conversation(broker, time.monotonic() + declared.timeout) as conversation:
        if asked.answer_topic:
            conversation.subscribe(asked.answer_topic)
        conversation.publish(asked, order.key)
        if not asked.answer_topic:
            return Said("accepted")  # the broker has it, and nobody answers
        return conversation.answer(declared, order.key)


class _Conversation:
    """One connection to a broker, until a deadline (monotonic seconds)."""

    def __init__(self, broker: Broker, until: float) -> None:
        self._until = until
        self._broker = broker
        self._came: queue.Queue[paho.MQTTMessage] = queue.Queue(WAITING)
        self._connected, self._subscribed, self._published = threading.Event(), threading.Event(), threading.Event()
        self._refused: Words | None = None
        version = paho.MQTTv5 if broker.version5 else paho.MQTTv311
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"vigie-command-{uuid.uuid4().hex[:16]}", protocol=version
        )
        if broker.user:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.encrypted:
            self._client.tls_set()
        self._client.on_connect, self._client.on_message = self._on_connect, self._on_message
        self._client.on_subscribe, self._client.on_publish = self._on_subscribe, self._on_publish

    def __enter__(self) -> "_Conversation":
        try:
            self._client.connect_timeout = max(0.1, self._left())
            self._client.connect(self._broker.host, self._broker.port, keepalive=30)
        except (OSError, ssl.SSLError) as error:
            raise NoAnswer(Reason.DEVICE_UNREACHABLE, as_told(error) if str(error) else NO_CONNECTION, left=False) from error
        self._client.loop_start()
        if not self._connected.wait(self._left()) or self._refused:
            self.__exit__()
            raise NoAnswer(Reason.DEVICE_UNREACHABLE, self._refused or _MUTE, left=False)
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(OSError):
            self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self, topic: str) -> None:
        """Raises NoAnswer: nothing has left yet."""
        code, _ = self._client.subscribe(topic, qos=1)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or not self._subscribed.wait(self._left()) or self._refused:
            raise NoAnswer(Reason.DEVICE_UNREACHABLE, self._refused or _UNHEARD, left=False)

    def publish(self, asked: Message, key: str) -> None:
        """Raises NoAnswer: it may have arrived."""
        properties = None
        if self._broker.version5:
            properties = Properties(PacketTypes.PUBLISH)
            properties.CorrelationData = key.encode()
            properties.MessageExpiryInterval = max(1, round(self._left()))
            if asked.answer_topic:
                properties.ResponseTopic = asked.answer_topic
        self._client.publish(asked.topic, asked.body, qos=1, properties=properties)
        if not self._published.wait(self._left()):
            raise NoAnswer(Reason.SUPERVISOR_SILENT, _NOT_TAKEN, left=True)
        if self._refused:
            raise NoAnswer(Reason.DEVICE_UNREACHABLE, self._refused, left=False)

    def answer(self, declared: Mqtt, key: str) -> Said:
        """The answer to the command of this key. Raises NoAnswer."""
        while (left := self._left()) > 0:
            try:
                came = self._came.get(timeout=left)
            except queue.Empty:
                break
            if not came.retain and len(came.payload) <= MOST_BYTES and _names(came, declared, key):
                return read(declared.answer, 200, came.payload)
        raise NoAnswer(Reason.SUPERVISOR_SILENT, no_answer_within(declared.timeout), left=True)

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    # --- in the network thread ---

    def _on_connect(
        self, client: paho.Client, data: object, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._refused = Words(f"le broker refuse : {reason}", f"the broker refuses: {reason}")
        self._connected.set()

    def _on_subscribe(
        self, client: paho.Client, data: object, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        if refused := [str(reason) for reason in reasons if reason.is_failure]:
            self._refused = Words(
                f"le broker refuse l’abonnement : {refused[0]}", f"the broker refuses the subscription: {refused[0]}"
            )
        self._subscribed.set()

    def _on_publish(self, client: paho.Client, data: object, mid: int, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self._refused = Words(f"le broker refuse le message : {reason}", f"the broker refuses the message: {reason}")
        self._published.set()

    def _on_message(self, client: paho.Client, data: object, came: paho.MQTTMessage) -> None:
        with suppress(queue.Full):  # more than any supervisor answers: what is beyond is not ours
            self._came.put_nowait(came)


def _names(came: paho.MQTTMessage, declared: Mqtt, key: str) -> bool:
    """Whether a message is about the command of this key."""
    if declared.correlation:
        return key in keys_at(came.payload, declared.correlation)
    return getattr(came.properties, "CorrelationData", b"") == key.encode()
