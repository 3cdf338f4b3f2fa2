"""Messages of a feed that are kept aside for a while, because somebody who writes its mapping asked to see some.

As they came, before anything is read of them: what cannot be read is what one wants to see. In Valkey alone, for minutes.
"""

from datetime import datetime, timedelta

import msgspec
import redis
import redis.asyncio

from assets.feeds.directory import FeedEntry
from assets.models import Feed

WAITS = timedelta(minutes=5)
"""For how long messages are kept aside after somebody asked."""
LASTS = 900
"""Seconds the last ones can be looked at."""
MOST = 5
LARGEST = 256 * 1024
"""Bytes; of a larger message only its size is kept."""


class Captured(msgspec.Struct):
    """One message: its text, where it was published, when it came (µs since the epoch)."""

    text: str
    topic: str
    at: int
    size: int


def ask(feed: Feed, now: datetime) -> None:
    """Keep aside what the feed sends from now on."""
    feed.capture_until = now + WAITS
    feed.save(update_fields=["capture_until"])


def wanted(feed: FeedEntry, now: int) -> bool:
    """Whether somebody waits for a message of this feed; `now` in µs since the epoch."""
    return feed.capture_until is not None and now < feed.capture_until.timestamp() * 1e6


def keep(client: redis.Redis, feed: int, body: bytes, topic: str, now: int) -> None:
    """Keep one message aside. Raises redis.RedisError."""
    with client.pipeline() as pipeline:
        _write(pipeline, feed, body, topic, now)
        pipeline.execute()


async def keep_async(client: redis.asyncio.Redis, feed: int, body: bytes, topic: str, now: int) -> None:
    """As `keep`, from an event loop."""
    async with client.pipeline() as pipeline:
        _write(pipeline, feed, body, topic, now)
        await pipeline.execute()


def _write(pipeline: redis.client.Pipeline | redis.asyncio.client.Pipeline, feed: int, body: bytes, topic: str, now: int) -> None:
    text = body.decode("utf-8", "replace") if len(body) <= LARGEST else ""
    pipeline.lpush(_key(feed), msgspec.json.encode(Captured(text, topic, now, len(body))))
    pipeline.ltrim(_key(feed), 0, MOST - 1)
    pipeline.expire(_key(feed), LASTS)


def _key(feed: int) -> str:
    return f"feed:{feed}:captured"


def newest(client: redis.Redis, feed: int) -> list[Captured]:
    """What was kept aside, newest first. Raises redis.RedisError."""
    return [msgspec.json.decode(each, type=Captured) for each in client.lrange(_key(feed), 0, MOST - 1)]
