"""MQTT, against a real broker: acknowledged means in the log, whoever is killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
import redis
from django.db import connection
from paho.mqtt.enums import CallbackAPIVersion

from assets import log
from assets.feeds import health, intake
from assets.feeds.broker import Broker as Address
from assets.feeds.mapping import BadMapping
from assets.feeds.mqtt_message import Template, reader, without_undated
from assets.feeds.ways.subscriber import Subscriber
from assets.models import Feed, UnknownAddress
from assets.readings import Readings
from tests.feeds.broker import Broker
from tests.feeds.city import make_feed, point_of

ROOT = Path(__file__).parent.parent.parent
engines = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]


def with_engines(test: Callable[..., None]) -> Callable[..., None]:
    for mark in engines:
        test = mark(test)
    return test


class Publisher:
    """A supervisor that publishes with QoS 1 and knows what the broker has confirmed."""

    def __init__(self, url: str) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"publisher-{time.monotonic_ns()}", clean_session=False)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.confirmed = 0
        self.client.on_publish = self._count
        self.client.connect_async("127.0.0.1", int(url.rpartition(":")[2]))
        self.client.loop_start()

    def publish(self, topic: str, payload: object, *, retain: bool = False) -> None:
        content = payload if isinstance(payload, bytes | str) else json.dumps(payload)
        self.client.publish(topic, content, qos=1, retain=retain)

    def _count(self, client: paho.Client, data: object, mid: int, reason: object, properties: object) -> None:
        self.confirmed += 1

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def publisher(mosquitto: str) -> Iterator[Publisher]:
    publishing = Publisher(mosquitto)
    yield publishing
    publishing.close()


@contextmanager
def subscribing() -> Iterator[Subscriber]:
    subscriber, stop = Subscriber(), threading.Event()
    thread = threading.Thread(target=subscriber.run, args=(stop,))
    thread.start()
    try:
        yield subscriber
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def feed(transactional_db: None, valkey: redis.Redis, mosquitto: str) -> Feed:
    slug = f"lighting-{time.monotonic_ns()}"  # a session of its own at the broker
    return make_feed(slug, "mqtt", address=f"{slug}/{{address}}", mapping={"broker": mosquitto})


def connected(feed: Feed) -> Callable[[], bool]:
    return lambda: health.read([feed.id])[0].connected is True


def in_log(feed: Feed) -> Readings:
    entries = log.shared().read(feed.supervisor.site_id, "0", 100_000, 1)
    return Readings.concatenate(entry.opened().readings or Readings.empty() for entry in entries)


@with_engines
def test_every_form_of_payload_reaches_the_log(feed: Feed, publisher: Publisher, wait_until: Callable[..., object]) -> None:
    with subscribing():
        wait_until(connected(feed))
        publisher.publish(f"{feed.slug}/lamp-1", "12.5")
        publisher.publish(f"{feed.slug}/lamp-2", {"value": 1, "at": "2026-11-22T08:00:00Z", "quality": "uncertain"})
        publisher.publish(f"{feed.slug}/any", [{"address": "lamp-1", "value": 2}, {"address": "lamp-3", "value": 3}])
        publisher.publish(f"{feed.slug}/any", {"readings": [{"address": "lamp-3", "value": 4}]})
        publisher.publish(f"{feed.slug}/lamp-9", "7")
        publisher.publish(f"{feed.slug}/lamp-1", b"\xff\xfe")
        publisher.publish(f"{feed.slug}/lamp-1", "")
        wait_until(lambda: len(in_log(feed)) == 5)
        taken = in_log(feed)
        assert sorted(taken.value.tolist()) == [1, 2, 3, 4, 12.5]
        assert taken.point[0] == point_of(feed, "lamp-1")
        wait_until(lambda: health.read([feed.id])[0].rejected == 2)
        wait_until(UnknownAddress.objects.exists)
    assert UnknownAddress.objects.get().address == "lamp-9"
    assert health.read([feed.id])[0].connected is False


@with_engines
def test_what_is_published_while_we_are_away_is_taken_when_we_are_back(
    feed: Feed, publisher: Publisher, wait_until: Callable[..., object]
) -> None:
    with subscribing():
        wait_until(connected(feed))
    for number in range(100):
        publisher.publish(f"{feed.slug}/lamp-1", str(number))
    wait_until(lambda: publisher.confirmed == 100)
    assert len(in_log(feed)) == 0
    with subscribing():
        wait_until(lambda: len(in_log(feed)) == 100)
    assert in_log(feed).value.tolist() == list(range(100))


@with_engines
def test_while_the_log_is_full_nothing_is_acknowledged_and_nothing_lost(
    feed: Feed, publisher: Publisher, wait_until: Callable[..., object], settings: object, valkey: redis.Redis
) -> None:
    settings.LOG_MAX_ENTRIES = 1
    with subscribing():
        wait_until(connected(feed))
        publisher.publish(f"{feed.slug}/lamp-1", "0")
        wait_until(lambda: len(in_log(feed)) == 1)
        for number in range(1, 50):
            publisher.publish(f"{feed.slug}/lamp-1", str(number))
        wait_until(lambda: valkey.xlen(log.key(feed.supervisor.site_id)) == 1)
    with subscribing():  # killed meanwhile or not: they are still the broker's
        wait_until(connected(feed))
        settings.LOG_MAX_ENTRIES = 1000
        wait_until(lambda: len(in_log(feed)) == 50)
    assert sorted(in_log(feed).value.tolist()) == list(range(50))


@with_engines
def test_a_reading_that_comes_again_while_the_first_still_waits_is_one(
    feed: Feed, publisher: Publisher, wait_until: Callable[..., object], settings: object
) -> None:
    settings.LOG_MAX_ENTRIES = 1
    with subscribing():
        wait_until(connected(feed))
        publisher.publish(f"{feed.slug}/lamp-1", "0")
        wait_until(lambda: len(in_log(feed)) == 1)
        publisher.publish(f"{feed.slug}/lamp-1", "1")
        for _ in range(2):
            publisher.publish(f"{feed.slug}/lamp-1", {"value": 7, "at": "2026-11-22T08:00:00Z"})
        wait_until(lambda: publisher.confirmed == 4)
        settings.LOG_MAX_ENTRIES = 1000
        wait_until(lambda: 7 in in_log(feed).value)
        publisher.publish(f"{feed.slug}/lamp-1", "9")
        wait_until(lambda: 9 in in_log(feed).value)
    assert in_log(feed).value.tolist() == [0, 1, 7, 9]


@with_engines
@pytest.mark.parametrize("version", ["", "?version=3.1.1"])
def test_what_a_broker_kept_is_no_sign_of_life_and_no_reading_of_now(
    feed: Feed, publisher: Publisher, mosquitto: str, wait_until: Callable[..., object], version: str
) -> None:
    Feed.objects.filter(pk=feed.pk).update(mapping={"broker": mosquitto + version})
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    publisher.publish(f"{feed.slug}/lamp-1", {"value": 1, "at": at.isoformat()}, retain=True)
    publisher.publish(f"{feed.slug}/lamp-2", "2", retain=True)
    publisher.publish(f"{feed.slug}/lamp-9", "9", retain=True)
    wait_until(lambda: publisher.confirmed == 3)
    with subscribing():
        wait_until(lambda: health.read([feed.id])[0].undated == 1)
        wait_until(UnknownAddress.objects.exists)
        one = health.read([feed.id])[0]
        assert (one.last_message_at, one.state, one.accepted, one.unknown) == (None, "never", 1, 1)
        publisher.publish(f"{feed.slug}/lamp-3", "3", retain=True)  # to us it is said now
        wait_until(lambda: health.read([feed.id])[0].last_message_at is not None)
    (kept, said) = [packed.opened() for packed in log.shared().read(feed.supervisor.site_id, "0", 100, 1)]
    assert (kept.retained, kept.readings.value.tolist()) == (True, [1.0])
    assert kept.readings.at.tolist() == [int(at.timestamp()) * 1_000_000]
    assert (said.retained, said.readings.value.tolist()) == (False, [3.0])


@with_engines
def test_a_feed_that_changes_is_followed_within_seconds(
    feed: Feed, publisher: Publisher, wait_until: Callable[..., object], mosquitto: str
) -> None:
    with subscribing():
        wait_until(connected(feed))
        Feed.objects.filter(id=feed.id).update(address=f"{feed.slug}/new/{{address}}")

        def taken_at_its_new_address() -> bool:
            publisher.publish(f"{feed.slug}/new/lamp-1", "1")
            return len(in_log(feed)) > 0

        wait_until(taken_at_its_new_address)
        Feed.objects.filter(id=feed.id).update(enabled=False)
        wait_until(lambda: health.read([feed.id])[0].connected is False)
        Feed.objects.filter(id=feed.id).update(enabled=True, mapping={"broker": mosquitto, "address": "x"})
        wait_until(lambda: "mapping" in health.read([feed.id])[0].last_error or "value" in health.read([feed.id])[0].last_error)
        assert health.read([feed.id])[0].state == "failing"
        Feed.objects.filter(id=feed.id).update(mapping={"broker": mosquitto})
        wait_until(lambda: health.read([feed.id])[0].connected is True)
        assert health.read([feed.id])[0].failures == 0


@with_engines
def test_a_broker_that_is_not_there_is_a_failing_feed(free_port: Callable[[], int], wait_until: Callable[..., object]) -> None:
    feed = make_feed("lost", "mqtt", address="a/{address}", mapping={"broker": f"mqtt://127.0.0.1:{free_port()}"})
    with subscribing():
        wait_until(lambda: health.read([feed.id])[0].state == "failing")
    assert "no connection" in health.read([feed.id])[0].last_error


@contextmanager
def subscriber_process(database: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """`manage.py subscribe` on the test database; the list holds the running one."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        yield running
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def start_subscriber(database: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "subscribe"], cwd=ROOT, env={**os.environ, "DATABASE_URL": database}
    )  # fmt: skip


@pytest.mark.timeout(400)  # it starts a process three times
@with_engines
def test_a_killed_subscriber_and_a_restarted_broker_lose_nothing_and_double_nothing(
    tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., object], valkey: redis.Redis
) -> None:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    broker = Broker(tmp_path, free_port(), wait_until)
    feed = make_feed("lighting", "mqtt", address="city/{address}", mapping={"broker": broker.url})
    publisher = Publisher(broker.url)
    total = 3_000
    try:
        with subscriber_process(database) as running:
            running.append(start_subscriber(database))
            wait_until(connected(feed), timeout=90)
            for number in range(total):
                at = f"2026-11-22T08:{number // 60 % 60:02d}:{number % 60:02d}.{number:06d}Z"
                publisher.publish("city/lamp-1", {"value": number, "at": at})
                if number == 1000:
                    wait_until(lambda: len(in_log(feed)) > 100, timeout=60)
                    running[0].kill()
                    running.pop().wait(10)
                    running.append(start_subscriber(database))
                if number == 2000:
                    wait_until(lambda: len(in_log(feed)) > 1100, timeout=90)
                    broker.stop()
                    broker.start()
            wait_until(lambda: publisher.confirmed == total, timeout=90)
            wait_until(lambda: len(set(in_log(feed).value.tolist())) == total, timeout=90)
        values = in_log(feed).value.tolist()
        assert sorted(set(values)) == list(range(total))
        assert len(values) == total
    finally:
        publisher.close()
        broker.stop()


@pytest.mark.parametrize(
    ("written", "subscribed", "topic", "parts"),
    [
        ("lighting/{address}", "lighting/+", "lighting/L-1", {"address": "L-1"}),
        ("{site}/+/{address}/state", "+/+/+/state", "a/b/c/state", {"site": "a", "address": "c"}),
        ("lighting/+/readings", "lighting/+/readings", "lighting/x/readings", {}),
        ("a/{address}/#", "a/+/#", "a/b/c/d", {"address": "b"}),
        ("a/{address}/#", "a/+/#", "a/b", {"address": "b"}),
        ("$share/vigie/a/{address}", "$share/vigie/a/+", "a/b", {"address": "b"}),
        ("a.b/{address}", "a.b/+", "aXb/c", {}),
    ],
)
def test_a_topic_template_subscribes_and_catches(written: str, subscribed: str, topic: str, parts: dict[str, str]) -> None:
    template = Template(written)
    assert (template.filter, dict(template.parts(topic))) == (subscribed, parts)


@pytest.mark.parametrize("written", ["", "a/#/b", "a+/b", "a/x{address}", "#/a"])
def test_a_topic_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(BadMapping):
        Template(written)


@pytest.mark.parametrize("url", ["", "http://a", "mqtt://", "mqtt://a:port", "a:1883"])
def test_a_broker_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadMapping):
        Address.of(url)


def test_a_broker_is_read_from_its_url() -> None:
    assert Address.of("mqtts://us%40er:p%3Aw@h?version=3.1.1") == Address("h", 8883, "us@er", "p:w", True, False)
    assert Address.of("mqtt://h:9") == Address("h", 9, "", "", False, True)


def test_a_mapping_reads_other_payloads_and_may_name_parts_of_the_topic() -> None:
    read, batch = (
        reader({"broker": "x", "address": "{topic.line}/{id}", "value": "v", "at": "t", "at_format": "s"}),
        intake.Batch([], []),
    )
    read(batch, 0, {"line": "A"}, b'[{"id": 1, "v": 2, "t": 1795334400}, {"id": 2}]')
    read(batch, 1, {"line": "A"}, b"<xml/>")
    assert [(item.address, item.value) for item in batch.items] == [("A/1", 2)]
    assert [told.index for told in batch.refusals.told] == [0, 1]


def test_of_retained_messages_those_of_known_points_need_a_time_of_their_own() -> None:
    batch = intake.Batch([], [])
    reader({})(batch, 0, {"address": "door"}, b"open")
    reader({})(batch, 1, {"address": "door"}, b'{"value": 1, "at": 5}')
    reader({})(batch, 2, {"address": "gate"}, b"open")
    kept, undated = without_undated(batch, intake.FeedBook({"door": 1}, {}, {}))
    assert [(item.address, item.at) for item in kept.items] == [("door", 5), ("gate", None)]
    assert kept.places == [1, 2]
    assert undated == 1


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b"{", b"[{]", b'{"at": 1}', b"[" * 100_000, b"1" * 2_000_000, b'{"readings": 1}']
)
def test_a_payload_that_cannot_be_read_is_one_refusal(payload: bytes) -> None:
    batch = intake.Batch([], [])
    reader({})(batch, 3, {"address": "a"}, payload)
    taken = intake.take_in(batch, intake.FeedBook({"a": 1}, {}, {}), 1795334400000000)
    assert taken.refusals.count == 1
    assert taken.accepted == 0
