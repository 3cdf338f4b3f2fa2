"""How each feed does: counters in Valkey, gathered in memory and written at most once a second, off the hot path."""

import hashlib
import json
import logging
import math
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import redis
import redis.asyncio

from assets import log
from assets.feeds.intake import TOLD, UNKNOWN_KEPT, Rejection
from assets.models import Feed

logger = logging.getLogger(__name__)

MINUTES = LAGS = 60
"""Minutes of rate that are kept; messages whose lag is, for its median."""
STATES = ("ok", "impaired", "unusable", "clock", "late", "failing", "never", "disabled")
"""From well to not at all; `impaired`: messages come, and part of what they should bring does not (`FeedHealth.pages_left`).
Of `unusable`, messages come and for as long as it takes to be late nothing of them could be used; of `clock`, because their
times are too far from ours."""
LATE_AFTER = 3
"""Expected intervals without a message after which a feed is late, and without one that can be used it is `unusable`."""


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One feed's health at one instant. `rate` is readings per second, over as many whole minutes as three messages of the feed
    take; `per_minute` is oldest first, up to now.
    """

    feed: int
    state: str
    """One of STATES."""
    last_message_at: datetime | None
    accepted: int
    unknown: int
    rejected: int
    undated: int
    """Readings of retained MQTT messages that were let go, as nobody knows of when they are."""
    late: int
    """Of the accepted, those older than the newest reading of their point: stored, and not judged."""
    duplicate: int
    """Of the accepted, those of the same instant as the newest reading of their point: dropped."""
    rate: float
    per_minute: tuple[int, ...]
    connected: bool | None
    """None for a protocol without a connection."""
    connected_since: datetime | None
    """Since when it is connected or not."""
    failures: int
    """Consecutive ones."""
    last_error: str
    ahead: int | None
    """In the state `clock`, by how much (µs) the supervisor's clock is ahead of ours: behind when negative."""
    lag: float | None
    """Seconds between the time a reading says and its reception, the median of the last messages; negative: of the future."""
    pages_left: int
    """Pages after which the last sweep of a pull was given up, although more were named; 0 when it was read to its end."""
    rejections: tuple[dict[str, object], ...]
    """The last ones, newest first: {"at", "reason", "sample"}."""


@dataclass(slots=True)
class _Gathered:
    minute: int = 0
    """Since the epoch, of the last message; 0: there was none."""
    last_message: int = 0
    """0: the supervisor said nothing itself."""
    usable_at: int = 0
    unusable_at: int = 0
    ahead: int = 0
    lag: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    addresses: dict[str, tuple[int, str]] = field(default_factory=dict)


class Tally:
    """What this process took in since the last flush, per feed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gathered: dict[int, _Gathered] = {}

    def note(
        self, feed: int, now: int, *, accepted: int, unknown: int = 0, rejected: int = 0, undated: int = 0, heard: bool = True,
        usable: bool | None = None, clock: int | None = None, lag: int | None = None,
        told: Iterable[Rejection] = (), addresses: Mapping[str, tuple[int, str]] | None = None,
    ) -> None:  # fmt: skip
        """Count one message taken in at `now` (µs since the epoch).

        heard    it came from the supervisor just now
        usable   something of it could be used; unless said, when something was accepted
        clock    as of an Intake
        lag      as of an Intake
        """
        with self._lock:
            gathered = self._gathered.get(feed)
            if gathered is None:
                gathered = self._gathered[feed] = _Gathered()
            gathered.minute = max(gathered.minute, now // 60_000_000)
            gathered.last_message = max(gathered.last_message, now if heard else 0)
            if heard and (accepted > 0 if usable is None else usable):
                gathered.usable_at = now
            elif clock is not None:
                gathered.unusable_at, gathered.ahead = now, clock
            gathered.lag = gathered.lag if lag is None else lag
            gathered.counts.update(accepted=accepted, unknown=unknown, rejected=rejected, undated=undated)
            for rejection in told:
                if len(gathered.told) < TOLD:
                    line = {"at": now, "reason": rejection.reason, "sample": rejection.sample}
                    gathered.told.append(json.dumps(line))
            for address, (seen, sample) in (addresses or {}).items():
                known = gathered.addresses.get(address)
                if known is not None or len(gathered.addresses) < UNKNOWN_KEPT:
                    gathered.addresses[address] = (seen + (known[0] if known else 0), sample)

    def note_sorted(self, feed: int, *, late: int, duplicate: int) -> None:
        """Count what the engine found among readings that were counted as accepted."""
        if late or duplicate:
            with self._lock:
                self._gathered.setdefault(feed, _Gathered()).counts.update(late=late, duplicate=duplicate)

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
        if one.last_message:
            pipeline.hset(key, "last_message", one.last_message)
        if one.usable_at:
            pipeline.hset(key, "usable_at", one.usable_at)
        if one.unusable_at:
            pipeline.hset(key, mapping={"unusable_at": one.unusable_at, "ahead": one.ahead})
        for name, count in one.counts.items():
            if count:
                pipeline.hincrby(key, name, count)
        if one.minute:
            pipeline.incrby(_minute_key(feed, one.minute), one.counts["accepted"])
            pipeline.expire(_minute_key(feed, one.minute), (MINUTES + 2) * 60)
        if one.lag is not None:
            pipeline.lpush(f"{key}:lags", one.lag)
            pipeline.ltrim(f"{key}:lags", 0, LAGS - 1)
        if one.told:
            pipeline.lpush(f"{key}:rejections", *one.told)
            pipeline.ltrim(f"{key}:rejections", 0, TOLD - 1)


def _key(feed: int) -> str:
    return f"feed:{feed}:health"


def _minute_key(feed: int, minute: int) -> str:
    return f"feed:{feed}:minute:{minute}"


# --- transitions: one log line each ---


class Configured(Protocol):
    """A feed with the settings on which it depends whether it can be asked."""

    @property
    def id(self) -> int: ...
    @property
    def slug(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def mapping(self) -> dict[str, Any]: ...
    @property
    def allow_private_address(self) -> bool: ...


def working(client: redis.Redis, feed: Configured) -> None:
    """A pull went well: says so once if it had been failing."""
    _begin(client, feed)
    failures = client.hget(_key(feed.id), "failures")
    if failures is not None and int(failures) and client.hset(_key(feed.id), "failures", 0) is not None:
        logger.info("feed %s works again after %s failures", feed.slug, int(failures))


def failing(client: redis.Redis, feed: Configured, error: str) -> int:
    """A pull or a connection went wrong; the number of failures in a row. Says so once, when it breaks."""
    _begin(client, feed)
    failures = client.hincrby(_key(feed.id), "failures", 1)
    client.hset(_key(feed.id), "last_error", error[:300])
    if failures == 1:
        logger.warning("feed %s fails: %s", feed.slug, error)
    return failures


def note_pages_left(client: redis.Redis, feed: Configured, pages: int) -> None:
    """A sweep was given up after that many pages, although the supervisor named more; 0 when it was read to its end."""
    _begin(client, feed)
    client.hset(_key(feed.id), "pages_left", pages)


def connected(client: redis.Redis, feed: Configured, now: int) -> None:
    """The feed's connection is up; `now` in µs. Says so on the transition alone."""
    _begin(client, feed)
    _connection(client, feed, now, b"1", "connected")


def disconnected(client: redis.Redis, feed: Configured, now: int, error: str = "") -> None:
    """The feed's connection is down."""
    _begin(client, feed)
    if error:
        client.hset(_key(feed.id), "last_error", error[:300])
    _connection(client, feed, now, b"0", f"disconnected{': ' if error else ''}{error}")


def _connection(client: redis.Redis, feed: Configured, now: int, state: bytes, said: str) -> None:
    known, failed = client.hmget(_key(feed.id), "connected", "failures")
    if known == state and (state == b"0" or not int(failed or 0)):
        return
    failures = 0 if state == b"1" else 1
    client.hset(_key(feed.id), mapping={"connected": state, "connected_since": now, "failures": failures})
    logger.log(logging.INFO if state == b"1" else logging.WARNING, "feed %s %s", feed.slug, said)


_OF_SETTINGS = ("failures", "last_error", "connected", "connected_since", "pages_left")
"""What is true of a feed only as it is set."""


def _settings(feed: Configured) -> bytes:
    """8 bytes that tell the settings of a feed from others, whoever changed them."""
    written = msgspec.json.encode([feed.protocol, feed.address, feed.mapping, feed.allow_private_address])
    return hashlib.blake2b(written, digest_size=8).hexdigest().encode()


def set_otherwise(client: redis.Redis, feeds: Sequence[Configured]) -> set[int]:
    """Ids of those that were asked last with other settings; what was true of these is forgotten, so each is told once."""
    with client.pipeline(transaction=False) as pipeline:
        for feed in feeds:
            pipeline.hget(_key(feed.id), "settings")
        known = pipeline.execute()
    changed = [feed for feed, settings in zip(feeds, known, strict=True) if settings not in (None, _settings(feed))]
    for feed in changed:
        _begin(client, feed)
    return {feed.id for feed in changed}


def _begin(client: redis.Redis, feed: Configured) -> None:
    """Forget what was true of other settings."""
    settings = _settings(feed)
    if client.hget(_key(feed.id), "settings") != settings:
        client.hdel(_key(feed.id), *_OF_SETTINGS)
        client.hset(_key(feed.id), "settings", settings)


# --- reading ---


def read(feed_ids: Iterable[int], now: datetime | None = None) -> list[FeedHealth]:
    """The health of these feeds at `now` (default: the current time), in the order asked; an id nobody has is left out.

    One query and one round trip, however many feeds. Raises redis.RedisError.
    """
    wanted = list(feed_ids)
    rows = {row.id: row for row in Feed.objects.filter(id__in=wanted).only(*COLUMNS)}
    return of([rows[feed] for feed in wanted if feed in rows], now or datetime.now(UTC))


COLUMNS = ("id", "enabled", "expected_interval", "protocol", "address", "mapping", "allow_private_address")
"""What of a feed `of` looks at."""


def of(feeds: Sequence[Feed], moment: datetime) -> list[FeedHealth]:
    """The same of feeds that are at hand."""
    client = log.shared().redis
    minute = int(moment.timestamp()) // 60
    minutes = range(minute - MINUTES + 1, minute + 1)
    with client.pipeline(transaction=False) as pipeline:
        for feed in feeds:
            pipeline.hgetall(_key(feed.id))
            pipeline.lrange(f"{_key(feed.id)}:rejections", 0, TOLD - 1)
            pipeline.mget([_minute_key(feed.id, each) for each in minutes])
            pipeline.lrange(f"{_key(feed.id)}:lags", 0, LAGS - 1)
        answers = pipeline.execute()
    return [
        _health(feed, answers[index], answers[index + 1], answers[index + 2], answers[index + 3], moment)
        for feed, index in zip(feeds, range(0, len(answers), 4), strict=True)
    ]


def _health(
    feed: Feed,
    kept: Mapping[bytes, bytes],
    rejections: list[bytes],
    minutes: list[bytes | None],
    lags: list[bytes],
    now: datetime,
) -> FeedHealth:
    if kept.get(b"settings") != _settings(feed):
        kept = {name: value for name, value in kept.items() if name.decode() not in _OF_SETTINGS}
    counts = tuple(int(count or 0) for count in minutes)
    last = _moment(kept.get(b"last_message"))
    failures = int(kept.get(b"failures", 0))
    known = kept.get(b"connected")
    usable_at = int(kept.get(b"usable_at", 0))
    in_vain = int(now.timestamp() * 1e6) - usable_at > LATE_AFTER * feed.expected_interval * 1_000_000
    unusable = in_vain and int(kept.get(b"unusable_at", 0)) > usable_at
    ahead = int(kept.get(b"ahead", 0)) if unusable else None
    state = _state(feed, last, failures, now) or ("impaired" if int(kept.get(b"pages_left", 0)) else "ok")
    if state in ("impaired", "ok") and ahead is not None:
        state = "clock" if ahead else "unusable"
    return FeedHealth(
        feed=feed.id,
        state=state,
        last_message_at=last,
        accepted=int(kept.get(b"accepted", 0)),
        unknown=int(kept.get(b"unknown", 0)),
        rejected=int(kept.get(b"rejected", 0)),
        undated=int(kept.get(b"undated", 0)),
        late=int(kept.get(b"late", 0)),
        duplicate=int(kept.get(b"duplicate", 0)),
        rate=_rate(counts[:-1], feed.expected_interval),
        per_minute=counts,
        connected=None if known is None else known == b"1",
        connected_since=_moment(kept.get(b"connected_since")),
        failures=failures,
        last_error=kept.get(b"last_error", b"").decode("utf-8", "replace"),
        ahead=ahead or None,
        lag=statistics.median(map(int, lags)) / 1e6 if lags else None,
        pages_left=int(kept.get(b"pages_left", 0)),
        rejections=tuple(_rejection(line) for line in rejections),
    )


def _rate(whole: Sequence[int], expected_interval: int) -> float:
    """Readings per second over the last whole minutes: one, or as many as three messages take."""
    minutes = min(len(whole), max(1, math.ceil(3 * expected_interval / 60))) if expected_interval > 20 else 1
    return sum(whole[-minutes:]) / (60 * minutes)


def _state(feed: Feed, last: datetime | None, failures: int, now: datetime) -> str:
    """Empty when messages come as they should; what they bring is another matter."""
    if not feed.enabled:
        return "disabled"
    if failures:
        return "failing"
    if last is None:
        return "never"
    if (now - last).total_seconds() > LATE_AFTER * feed.expected_interval:
        return "late"
    return ""


def _moment(micros: bytes | None) -> datetime | None:
    return None if not micros or int(micros) <= 0 else datetime.fromtimestamp(int(micros) / 1e6, UTC)


def _rejection(line: bytes) -> dict[str, object]:
    told = json.loads(line)
    return {**told, "at": datetime.fromtimestamp(told["at"] / 1e6, UTC)}


def now_micros() -> int:
    """The clock of the edges: µs since the epoch."""
    return time.time_ns() // 1000
