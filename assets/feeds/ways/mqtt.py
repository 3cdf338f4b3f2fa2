"""MQTT: one subscription per feed, whose messages are acknowledged only after the log has them.

The network thread puts messages into a bounded queue; a second thread takes all that wait (never waiting for more), appends
them in one step and acknowledges them. While the log is full or away nothing is acknowledged, so the broker stops sending at
its limit of messages in flight and keeps the rest. The session outlives us: what is published while we are away is delivered
when we are back. A message that comes again although the log has it (we were killed between the two, or the broker was and
forgot) is recognised by its digest, if the broker marks it as a repetition or it says itself when it was measured.

A message that the broker retained and repeats at a new subscription is no sign of life. It goes to the log apart, if it says
when it was measured; otherwise nobody knows, and it is counted and let go.
"""

import contextlib
import hashlib
import logging
import queue
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as paho
import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from assets import retention
from assets.feeds import append, captured, health, intake
from assets.feeds.broker import KEEPALIVE, SESSION, Broker
from assets.feeds.directory import Directory, FeedEntry
from assets.feeds.mqtt_message import Template, reader, without_undated
from assets.log import RETAINED, LogFull

logger = logging.getLogger(__name__)

WAITING = 4_000
"""Messages taken from the broker and not yet in the log; what the broker may have in flight."""
AT_ONCE = 2_000
"""Messages of one append."""
BYTES_AT_ONCE = 4 * 1024 * 1024


def _session(expiry: int) -> Properties:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = expiry
    properties.ReceiveMaximum = WAITING
    return properties


@dataclass(frozen=True, slots=True)
class _Message:
    topic: str
    payload: bytes
    mid: int
    qos: int
    again: bool
    retained: bool
    connection: int


class Subscription:
    """One feed's connection to its broker. `start` and `stop` are called once each, by one thread."""

    def __init__(self, feed: FeedEntry, directory: Directory, appender: append.BlockingAppender, tally: health.Tally) -> None:
        """Raises BadMapping."""
        self.feed = feed
        self._directory, self._appender, self._tally = directory, appender, tally
        self._broker = Broker.of(str(feed.mapping.get("broker") or settings.MQTT_URL))
        self._template = Template(feed.address)
        self._read = reader(feed.mapping)
        self._waiting: queue.Queue[_Message | None] = queue.Queue(WAITING)
        self._recent: dict[bytes, None] = {}
        self._connection = 0
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name=f"mqtt {feed.slug}", daemon=True)
        self._client = self._make_client()

    def start(self) -> None:
        self._worker.start()
        host, port = self._broker.host, self._broker.port
        if self._broker.version5:
            self._client.connect_async(host, port, KEEPALIVE, clean_start=False, properties=_session(SESSION))
        else:
            self._client.connect_async(host, port, KEEPALIVE)
        self._client.loop_start()

    def stop(self, *, forget: bool) -> None:
        """Disconnect; the broker goes on keeping messages for us, unless it is to forget us."""
        if forget:
            self._client.unsubscribe(self._template.filter)
        properties = None
        if self._broker.version5:
            properties = Properties(PacketTypes.DISCONNECT)
            properties.SessionExpiryInterval = 0 if forget else SESSION
        self._stopping.set()
        self._client.disconnect(properties=properties)
        with contextlib.suppress(queue.Empty):  # the network thread may be waiting for room; the worker takes from it too
            while True:
                self._waiting.get_nowait()
        self._client.loop_stop()
        self._waiting.put(None)
        self._worker.join()

    def _make_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"vigie-{self.feed.slug}",
            protocol=paho.MQTTv5 if self._broker.version5 else paho.MQTTv311,
            clean_session=None if self._broker.version5 else False,
            manual_ack=True,
        )
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password)
        if self._broker.encrypted:
            client.tls_set()
        client.reconnect_delay_set(1, 30)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    # --- in the network thread ---

    def _on_connect(
        self, client: paho.Client, data: object, flags: paho.ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._say(health.failing, f"the broker refuses: {reason}")
            return
        self._connection += 1
        if self._broker.version5:
            # Retained messages only when the subscription is new: they are no news after a reconnection.
            client.subscribe(self._template.filter, options=SubscribeOptions(qos=1, retainHandling=1))
        else:
            client.subscribe(self._template.filter, qos=1)

    def _on_subscribe(
        self, client: paho.Client, data: object, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        if refused := [str(reason) for reason in reasons if reason.is_failure]:
            self._say(health.failing, f"the broker refuses the subscription: {refused[0]}")
        else:
            self._say(health.connected, health.now_micros())

    def _on_connect_fail(self, client: paho.Client, data: object) -> None:
        self._say(health.disconnected, health.now_micros(), f"no connection to {self._broker.host}:{self._broker.port}")

    def _on_disconnect(
        self, client: paho.Client, data: object, flags: paho.DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._say(health.disconnected, health.now_micros(), "" if self._stopping.is_set() else str(reason))

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # refused below with its payload: no address has an unreadable name
        taken = _Message(topic, bytes(message.payload), message.mid, message.qos, message.dup, message.retain, self._connection)
        while not self._stopping.is_set():
            try:
                self._waiting.put(taken, timeout=1)
                break
            except queue.Full:
                continue

    def _say(self, transition: Callable[..., object], *said: object) -> None:
        try:
            transition(self._appender.redis, self.feed, *said)
        except redis.RedisError as error:
            logger.warning("the health of feed %s was not written: %s", self.feed.slug, error)

    # --- in the worker thread ---

    def _work(self) -> None:
        self._remember()
        while (messages := self._take()) is not None:
            self._append(messages)

    def _remember(self) -> None:
        """What a predecessor appended and may not have acknowledged."""
        while not self._stopping.is_set():
            try:
                self._keep(_apart(self._appender.recent(self.feed.id)))
                return
            except redis.RedisError:
                self._stopping.wait(1)

    def _keep(self, digests: list[bytes]) -> None:
        self._recent.update(dict.fromkeys(digests))
        if len(self._recent) > 2 * append.RECENT:
            self._recent = dict.fromkeys(list(self._recent)[-append.RECENT :])

    def _take(self) -> list[_Message] | None:
        """All messages that wait, at least one; None at the end."""
        messages: list[_Message] = []
        size = 0
        first = self._waiting.get()
        while first is not None:
            messages.append(first)
            size += len(first.payload)
            if len(messages) >= AT_ONCE or size >= BYTES_AT_ONCE:
                return messages
            try:
                first = self._waiting.get_nowait()
            except queue.Empty:
                return messages
        return None if self._stopping.is_set() else messages

    def _append(self, messages: list[_Message]) -> None:
        spoken, retained = intake.Batch([], []), intake.Batch([], [])
        digests: dict[bytes, None] = {}  # a connection that was cut brings what still waits here a second time
        received, heard = health.now_micros(), False
        feed = self.feed_now()
        for place, message in enumerate(messages):
            if captured.wanted(feed, received):
                self._capture(message, received)
            digest = _digest(message)
            if (digest not in self._recent and digest not in digests) or not self._is_repetition(message):
                batch = retained if message.retained else spoken
                self._read(batch, place, self._template.parts(message.topic), message.payload)
                digests[digest] = None
                heard = heard or not message.retained
        if digests and not self._store(spoken, retained, list(digests), received, heard=heard):
            return  # stopped meanwhile: what is not acknowledged comes again
        for message in messages:
            if message.qos and message.connection == self._connection:
                self._client.ack(message.mid, message.qos)

    def _capture(self, message: _Message, received: int) -> None:
        with contextlib.suppress(redis.RedisError):
            captured.keep(self._appender.redis, self.feed.id, message.payload, message.topic, received)

    def _is_repetition(self, message: _Message) -> bool:
        """Of a message whose topic and payload we stored: "12.5" twice may be two readings, twice at one instant is one."""
        alone = intake.Batch([], [])
        self._read(alone, 0, self._template.parts(message.topic), message.payload)
        return message.again or all(item.at is not None for item in alone.items)

    def _store(self, spoken: intake.Batch, retained: intake.Batch, digests: list[bytes], received: int, *, heard: bool) -> bool:
        """Append, waiting for room as long as it takes. False when stopped before."""
        book = self._book()
        if book is None:
            return False
        retained, undated = without_undated(retained, book)
        said, kept = (intake.take_in(batch, book, received, retention.oldest(received)) for batch in (spoken, retained))
        parts = append.cut_readings(said.readings) + append.cut_readings(kept.readings, RETAINED)
        parts += append.part_unusable(received, said.clock, said.ahead)
        if not self._append_patiently(parts, b"".join(digests)):
            return False
        self._keep(digests)
        self._tally.note(
            self.feed.id, received, heard=heard, accepted=said.accepted + kept.accepted, undated=undated,
            unknown=said.unknown_count + kept.unknown_count, rejected=said.refusals.count + kept.refusals.count,
            told=said.refusals.told + kept.refusals.told, addresses={**kept.unknown, **said.unknown}, clock=said.clock,
            lag=said.lag,
        )  # fmt: skip
        return True

    def _append_patiently(self, parts: list[bytes], digests: bytes) -> bool:
        in_doubt = False
        while not self._stopping.is_set():
            try:
                # An append whose answer was lost may have been done.
                if not (in_doubt and self._appender.recent(self.feed.id).endswith(digests)):
                    self._appender.append_recognisable(self.feed.site, self.feed.id, parts, digests)
                return True
            except (LogFull, redis.RedisError) as error:
                in_doubt = in_doubt or not isinstance(error, LogFull)
                self._complain(error)
        return False

    def _book(self) -> intake.FeedBook | None:
        while not self._stopping.is_set():
            try:
                return self._directory.book_now(self.feed_now())
            except (DatabaseError, InterfaceError) as error:
                self._complain(error)
        return None

    def feed_now(self) -> FeedEntry:
        """The feed as it is now: its inventory may have grown since we subscribed."""
        return next((feed for feed in self._directory.feeds_now() if feed.id == self.feed.id), self.feed)

    def _complain(self, error: Exception) -> None:
        logger.info("feed %s waits: %s", self.feed.slug, str(error) or type(error).__name__)
        self._stopping.wait(random.uniform(0.5, 1.0))


def _digest(message: _Message) -> bytes:
    return hashlib.blake2b(message.payload, digest_size=append.DIGEST, key=message.topic.encode()[:64]).digest()


def _apart(digests: bytes) -> list[bytes]:
    return [digests[start : start + append.DIGEST] for start in range(0, len(digests), append.DIGEST)]
