"""How each feed does: counters in Valkey, gathered in memory and written at most once a second, off the hot path."""

import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import redis
import redis.asyncio

from assets import log
from assets.feeds.intake import TOLD, UNKNOWN_KEPT, Rejection
from assets.models import Feed

logger = logging.getLogger(__name__)

MINUTES = 60
"""Minutes of rate that are kept."""
STATES = ("ok", "impaired", "late", "failing", "never", "disabled")
"""From well to not at all; `impaired`: messages come, and part of what they should bring does not (`FeedHealth.pages_left`)."""
LATE_AFTER = 3
"""Expected intervals without a message after which a feed is late."""


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One feed's health at one instant. Rates are readings per second; `per_minute` is oldest first, up to now."""

    feed: int
    state: str
    """One of STATES."""
    last_message_at: datetime | None
    accepted: int
    unknown: int
    rejected: int
    rate: float
    per_minute: tuple[int, ...]
    connected: bool | None
    """None for a protocol without a connection."""
    connected_since: datetime | None
    """Since when it is connected or not."""
    failures: int
    """Consecutive ones."""
    last_error: str
    pages_left: int
    """Pages after which the last sweep of a pull was given up, although more were named; 0 when it was read to its end."""
    rejections: tuple[dict[str, object], ...]
    """The last ones, newest first: {"at", "reason", "sample"}."""


@dataclass(slots=True)
class _Gathered:
    last_message: int = 0
    accepted: int = 0
    unknown: int = 0
    rejected: int = 0
    told: list[str] = field(default_factory=list)
    addresses: dict[str, tuple[int, str]] = field(default_factory=dict)


class Tally:
    """What this process took in since the last flush, per feed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gathered: dict[int, _Gathered] = {}

    def note(
        self, feed: int, now: int, *, accepted: int, unknown: int = 0, rejected: int = 0,
        told: Iterable[Rejection] = (), addresses: Mapping[str, tuple[int, str]] | None = None,
    ) -> None:  # fmt: skip
        """Count one message taken in at `now` (µs since the epoch)."""
        with self._lock:
            gathered = self._gathered.get(feed)
            if gathered is None:
                gathered = self._gathered[feed] = _Gathered()
            gathered.last_message = max(gathered.last_message, now)
            gathered.accepted += accepted
            gathered.unknown += unknown
            gathered.rejected += rejected
            for rejection in told:
                if len(gathered.told) < TOLD:
                    line = {"at": now, "reason": rejection.reason, "sample": rejection.sample}
                    gathered.told.append(json.dumps(line))
            for address, (seen, sample) in (addresses or {}).items():
                known = gathered.addresses.get(address)
                if known is not None or len(gathered.addresses) < UNKNOWN_KEPT:
                    gathered.addresses[address] = (seen + (known[0] if known else 0), sample)

    @property
    def waiting(self) -> bool:
        """Whether there is something to flush."""
        return bool(self._gathered)

    def _drain(self) -> dict[int, _Gathered]:
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        return gathered

    def flush(self, client: redis.Redis) -> dict[int, dict[str, tuple[int, str]]]:
        """Write everything in one round trip; the unknown addresses by feed, for the database. Raises redis.RedisError."""
        gathered = self._drain()
        with client.pipeline(transaction=False) as pipeline:
            _write(pipeline, gathered)
            pipeline.execute()
        return {feed: one.addresses for feed, one in gathered.items() if one.addresses}

    async def flush_async(self, client: redis.asyncio.Redis) -> dict[int, dict[str, tuple[int, str]]]:
        """As `flush`, from an event loop."""
        gathered = self._drain()
        async with client.pipeline(transaction=False) as pipeline:
            _write(pipeline, gathered)
            await pipeline.execute()
        return {feed: one.addresses for feed, one in gathered.items() if one.addresses}


def _write(pipeline: redis.client.Pipeline | redis.asyncio.client.Pipeline, gathered: Mapping[int, _Gathered]) -> None:
    for feed, one in gathered.items():
        key = _key(feed)
        pipeline.hset(key, "last_message", one.last_message)
        pipeline.hincrby(key, "accepted", one.accepted)
        pipeline.hincrby(key, "unknown", one.unknown)
        pipeline.hincrby(key, "rejected", one.rejected)
        minute = one.last_message // 60_000_000
        pipeline.incrby(_minute_key(feed, minute), one.accepted)
        pipeline.expire(_minute_key(feed, minute), (MINUTES + 2) * 60)
        if one.told:
            pipeline.lpush(f"{key}:rejections", *one.told)
            pipeline.ltrim(f"{key}:rejections", 0, TOLD - 1)


def _key(feed: int) -> str:
    return f"feed:{feed}:health"


def _minute_key(feed: int, minute: int) -> str:
    return f"feed:{feed}:minute:{minute}"


# --- transitions: one log line each ---


def working(client: redis.Redis, feed: int, slug: str) -> None:
    """A pull went well: says so once if it had been failing."""
    failures = client.hget(_key(feed), "failures")
    if failures is not None and int(failures) and client.hset(_key(feed), "failures", 0) is not None:
        logger.info("feed %s works again after %s failures", slug, int(failures))


def failing(client: redis.Redis, feed: int, slug: str, error: str) -> int:
    """A pull or a connection went wrong; the number of failures in a row. Says so once, when it breaks."""
    failures = client.hincrby(_key(feed), "failures", 1)
    client.hset(_key(feed), "last_error", error[:300])
    if failures == 1:
        logger.warning("feed %s fails: %s", slug, error)
    return failures


def note_pages_left(client: redis.Redis, feed: int, pages: int) -> None:
    """A sweep was given up after that many pages, although the supervisor named more; 0 when it was read to its end."""
    client.hset(_key(feed), "pages_left", pages)


def connected(client: redis.Redis, feed: int, slug: str, now: int) -> None:
    """The feed's connection is up; `now` in µs. Says so on the transition alone."""
    _connection(client, feed, slug, now, b"1", "connected")


def disconnected(client: redis.Redis, feed: int, slug: str, now: int, error: str = "") -> None:
    """The feed's connection is down."""
    if error:
        client.hset(_key(feed), "last_error", error[:300])
    _connection(client, feed, slug, now, b"0", f"disconnected{': ' if error else ''}{error}")


def _connection(client: redis.Redis, feed: int, slug: str, now: int, state: bytes, said: str) -> None:
    known, failed = client.hmget(_key(feed), "connected", "failures")
    if known == state and (state == b"0" or not int(failed or 0)):
        return
    failures = {"failures": 0} if state == b"1" else {"failures": 1}
    client.hset(_key(feed), mapping={"connected": state, "connected_since": now, **failures})
    logger.log(logging.INFO if state == b"1" else logging.WARNING, "feed %s %s", slug, said)


# --- reading ---


def read(feed_ids: Iterable[int], now: datetime | None = None) -> list[FeedHealth]:
    """The health of these feeds at `now` (default: the current time), in the order asked; an id nobody has is left out.

    One query and one round trip, however many feeds. Raises redis.RedisError.
    """
    client = log.shared().redis
    moment = now or datetime.now(UTC)
    wanted = list(feed_ids)
    rows = {row.id: row for row in Feed.objects.filter(id__in=wanted).only("id", "enabled", "expected_interval")}
    feeds = [rows[feed] for feed in wanted if feed in rows]
    minute = int(moment.timestamp()) // 60
    minutes = range(minute - MINUTES + 1, minute + 1)
    with client.pipeline(transaction=False) as pipeline:
        for feed in feeds:
            pipeline.hgetall(_key(feed.id))
            pipeline.lrange(f"{_key(feed.id)}:rejections", 0, TOLD - 1)
            pipeline.mget([_minute_key(feed.id, each) for each in minutes])
        answers = pipeline.execute()
    return [
        _health(feed, answers[index], answers[index + 1], answers[index + 2], moment)
        for feed, index in zip(feeds, range(0, len(answers), 3), strict=True)
    ]


def _health(
    feed: Feed, kept: Mapping[bytes, bytes], rejections: list[bytes], minutes: list[bytes | None], now: datetime
) -> FeedHealth:
    counts = tuple(int(count or 0) for count in minutes)
    last = _moment(kept.get(b"last_message"))
    failures = int(kept.get(b"failures", 0))
    known = kept.get(b"connected")
    return FeedHealth(
        feed=feed.id,
        state=_state(feed, last, failures, int(kept.get(b"pages_left", 0)), now),
        last_message_at=last,
        accepted=int(kept.get(b"accepted", 0)),
        unknown=int(kept.get(b"unknown", 0)),
        rejected=int(kept.get(b"rejected", 0)),
        rate=counts[-2] / 60,
        per_minute=counts,
        connected=None if known is None else known == b"1",
        connected_since=_moment(kept.get(b"connected_since")),
        failures=failures,
        last_error=kept.get(b"last_error", b"").decode("utf-8", "replace"),
        pages_left=int(kept.get(b"pages_left", 0)),
        rejections=tuple(_rejection(line) for line in rejections),
    )


def _state(feed: Feed, last: datetime | None, failures: int, pages_left: int, now: datetime) -> str:
    if not feed.enabled:
        return "disabled"
    if failures:
        return "failing"
    if last is None:
        return "never"
    if (now - last).total_seconds() > LATE_AFTER * feed.expected_interval:
        return "late"
    return "impaired" if pages_left else "ok"


def _moment(micros: bytes | None) -> datetime | None:
    return None if not micros or int(micros) <= 0 else datetime.fromtimestamp(int(micros) / 1e6, UTC)


def _rejection(line: bytes) -> dict[str, object]:
    told = json.loads(line)
    return {**told, "at": datetime.fromtimestamp(told["at"] / 1e6, UTC)}


def now_micros() -> int:
    """The clock of the edges: µs since the epoch."""
    return time.time_ns() // 1000
