"""What a feed's token may fill: the log is bounded by bytes as well as by entries, and so is what is kept to know a resend."""

import pytest
import redis

from assets import log
from assets.feeds import append
from assets.models import Feed
from tests.feeds.city import Pusher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]

MEGABYTE = 1024 * 1024


def events(count: int) -> dict[str, object]:
    """Each near the longest that is taken, and thousands of them a few kilobytes when sent compressed."""
    return {"events": [{"address": "lamp-1", "kind": "x", "attributes": {"x": "y" * 16_000}}] * count}


def packed(client: redis.Redis, site: int) -> list[int]:
    """Bytes of each entry in the log."""
    return [len(fields[b"d"]) for _, fields in client.xrange(log.key(site))]


def test_events_are_cut_into_entries_by_bytes(feed: Feed, supervisor: Pusher, valkey: redis.Redis) -> None:
    assert supervisor.push(events(190), noun="events").body["accepted"] == 190
    sizes = packed(valkey, feed.supervisor.site_id)
    assert len(sizes) == 3
    assert max(sizes) <= append.MOST_BYTES + 5
    entries = [packed.opened() for packed in log.shared().read(feed.supervisor.site_id, "0", 40, 1)]
    assert sum(len(entry.events) for entry in entries) == 190


def test_a_log_with_too_many_bytes_answers_later_and_takes_nothing(
    feed: Feed, supervisor: Pusher, valkey: redis.Redis, settings: object
) -> None:
    settings.LOG_MAX_BYTES = 8 * MEGABYTE
    answers = [supervisor.push(events(190), noun="events") for _ in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 503, 503]
    assert answers[2].headers["retry-after"] == "5"
    assert sum(packed(valkey, feed.supervisor.site_id)) <= settings.LOG_MAX_BYTES


def test_an_empty_log_takes_a_message_that_is_longer_than_its_bound(feed: Feed, supervisor: Pusher, settings: object) -> None:
    settings.LOG_MAX_BYTES = MEGABYTE
    assert supervisor.push(events(190), noun="events").status == 202
    assert supervisor.push(events(1), noun="events").status == 503


def test_the_bytes_that_wait_are_counted_exactly_whoever_trims(feed: Feed, supervisor: Pusher, valkey: redis.Redis) -> None:
    site = feed.supervisor.site_id
    for count in (3, 100, 1, 70):
        supervisor.push(events(count), noun="events")
    assert log.shared().bytes(site) == sum(packed(valkey, site))
    entries = log.shared().read(site, "0", 40, 1)
    for entry in entries:
        log.shared().trim(site, entry.offset)
        assert log.shared().bytes(site) == sum(packed(valkey, site))
    assert log.shared().bytes(site) == 0
    supervisor.push(events(5), noun="events")
    valkey.delete(log.key(site))  # a stream that was lost with its engine
    log.shared().trim(site, entries[-1].offset)
    assert log.shared().bytes(site) == 0


def test_a_read_ends_after_so_many_bytes_and_the_next_goes_on(feed: Feed, supervisor: Pusher) -> None:
    site, seen, after = feed.supervisor.site_id, 0, "0"
    for _ in range(4):
        supervisor.push(events(190), noun="events")
    while waiting := log.shared().read(site, after, 40, 1):
        taken = [event for packed in waiting for event in packed.opened().events]
        assert sum(len(event.attributes["x"]) for event in taken) <= log.READ_BYTES
        seen, after = seen + len(taken), waiting[-1].offset
    assert seen == 4 * 190


def test_without_memory_valkey_refuses_an_append_and_the_correlator_makes_room(
    feed: Feed, supervisor: Pusher, valkey: redis.Redis
) -> None:
    site = feed.supervisor.site_id
    assert supervisor.push(events(190), noun="events").status == 202
    valkey.config_set("maxmemory", MEGABYTE)
    try:
        assert supervisor.push(events(1), noun="events").status == 503
        [*_, last] = log.shared().read(site, "0", 40, 1)
        log.shared().trim(site, last.offset)
        assert (log.shared().length(site), log.shared().bytes(site)) == (0, 0)
    finally:
        valkey.config_set("maxmemory", "1gb")
    assert supervisor.push(events(1), noun="events").status == 202


def test_a_key_costs_little_however_long_the_answer(feed: Feed, supervisor: Pusher, valkey: redis.Redis) -> None:
    wrong = [{"address": "lamp-1", "value": "\N{GRINNING FACE}" * 190}] * 20
    body = {"readings": [*wrong, {"address": "lamp-1", "value": 1}, {"address": "nowhere", "value": 1}]}
    first = supervisor.push(body, headers={"idempotency-key": "k" * 200})
    again = supervisor.push(body, headers={"idempotency-key": "k" * 200})
    assert first.body == again.body
    [name] = valkey.keys(f"feed:{feed.id}:once:*")
    assert valkey.strlen(name) + len(name) < 100


def test_nothing_is_kept_of_a_message_of_which_nothing_was_taken(feed: Feed, supervisor: Pusher, valkey: redis.Redis) -> None:
    for number in range(20):
        body = {"readings": [{"address": "nowhere", "value": number}]}
        assert supervisor.push(body, headers={"idempotency-key": f"k-{number}"}).body["unknown"] == 1
    assert valkey.keys(f"feed:{feed.id}:once*") == []


def test_a_feed_may_have_so_many_keys_in_ten_minutes(
    feed: Feed, supervisor: Pusher, valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append, "MOST_REMEMBERED", 3)
    body = {"readings": [{"address": "lamp-1", "value": 1}]}
    answers = [supervisor.push(body, headers={"idempotency-key": f"k-{number}"}) for number in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 202, 503]
    assert supervisor.push(body, headers={"idempotency-key": "k-0"}).status == 202
    assert 0 < valkey.ttl(f"feed:{feed.id}:onces") <= append.REMEMBERED
