"""LoRaWAN network servers: what they publish and post becomes readings, once, whatever comes twice."""

import time
from collections.abc import Callable
from contextlib import closing

import pytest
import redis

from assets import log
from assets.feeds.forms.mapped import compiled
from assets.feeds.mapping import BadMapping
from assets.feeds.presets import Preset, presets
from assets.models import Feed, Point, UnknownAddress
from tests.feeds.city import Pusher, make_feed
from tests.feeds.test_mqtt import Publisher, connected, in_log, subscribing

EUI = "a84041f2c18712e0"


def ready(slug: str) -> Preset:
    return next(preset for preset in presets() if preset.slug == slug)


def points(feed: Feed, *addresses: str) -> dict[int, str]:
    point = Point.objects.filter(feed=feed).first()
    assert point is not None
    rows = [
        Point(asset_id=point.asset_id, quantity=f"q{number}", feed=feed, address=address)
        for number, address in enumerate(addresses)
    ]
    return {row.pk: row.address for row in Point.objects.bulk_create(rows)}


def test_a_network_server_s_events_are_readings_and_its_gateways_can_be_adopted(
    mosquitto: str, wait_until: Callable[..., object], transactional_db: None, valkey: redis.Redis
) -> None:
    preset = ready("chirpstack")
    slug = f"lorawan-{time.monotonic_ns()}"
    feed = make_feed(slug, "mqtt", points=1, address=preset.address, mapping={**preset.mapping, "broker": mosquitto})
    known = points(feed, f"{EUI}/level", f"{EUI}/battery", f"{EUI}/join", f"{EUI}/log")
    publisher = Publisher(mosquitto)
    with closing(publisher), subscribing():
        wait_until(connected(feed))
        for example in [*preset.recordings, preset.recordings[0]]:  # the network server's own repetition comes last
            publisher.publish(example.topic, example.body)
        wait_until(lambda: publisher.confirmed == len(preset.recordings) + 1)
        wait_until(lambda: len(in_log(feed)) >= 5)
        wait_until(lambda: UnknownAddress.objects.filter(feed=feed, address__startswith="gateway/").count() == 2)
    told = in_log(feed)
    assert sorted((known[int(point)], float(value)) for point, value in zip(told.point, told.value, strict=True)) == [
        (f"{EUI}/battery", 71.5), (f"{EUI}/battery", 87), (f"{EUI}/join", 1), (f"{EUI}/level", 1.25), (f"{EUI}/log", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("slug", ["chirpstack-http", "ttn-http"])
def test_a_network_server_may_post_its_events(slug: str, transactional_db: None, supervisor: Pusher) -> None:
    preset = ready(slug)
    feed = make_feed("lorawan", "push", points=1, mapping=preset.mapping)
    level = next(address for address, *_ in preset.recordings[0].readings if str(address).endswith("/level"))
    points(feed, str(level))
    for example in preset.recordings:
        answer = supervisor.push(example.body.encode(), slug="lorawan", noun="messages")
        assert (answer.status, answer.body["rejected_count"]) == (202, 0)
    assert len(log.shared().read(feed.supervisor.site_id, "0", 100, 1)) >= 1


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"bytes": {"type": "u128"}}, "u128"),
        ({"bytes": {"type": "u8", "tag": "01"}}, "none of `tags`"),
        ({"bytes": {"type": "u8", "place": 5_000}}, "place"),
        ({"bytes": {"type": "u8", "length": 3}}, "length"),
    ],
)
def test_a_table_of_bytes_that_cannot_be_used_says_why(more: dict[str, object], why: str) -> None:
    with pytest.raises(BadMapping, match=why):
        compiled({"address": "a", "value": {"path": "v", **more}})


@pytest.mark.parametrize("lengths", [{}, {"1": 1}, {"01": 1, "0203": 1}, {"01": -1}, {"zz": 1}])
def test_tags_that_cannot_be_told_apart_are_refused(lengths: dict[str, int]) -> None:
    with pytest.raises(BadMapping, match="tags"):
        compiled({"address": "a", "tags": {"lengths": lengths}, "value": {"path": "v", "bytes": {"type": "u8"}}})


def test_a_payload_that_never_ends_is_refused_before_it_is_decoded() -> None:
    mapping = {"address": "=a", "value": {"path": "v", "bytes": {"type": "u8"}}}
    batch = compiled(mapping).decode(b'{"v": "%s"}' % (b"AAAA" * 4_000)).batch
    assert (batch.items, [told.reason for told in batch.refusals.told]) == ([], ["the payload is longer than 4096 bytes"])
