"""Appends what one message brought to the site's log: all of its batches or none, and once per idempotency key."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from assets.log import EVENTS, READINGS, Event, LogFull, key, pack_events
from assets.readings import Readings

MOST_READINGS, MOST_EVENTS = 10_000, 2_000
"""In one entry of the log; more are cut into several, appended in one step."""
REMEMBERED = 600
"""Seconds an idempotency key and its answer are kept."""
ANSWER_WITHIN = 10
"""Seconds Valkey has to answer before it counts as away."""

# One step, so that neither a full log nor a resend can leave half a message. KEYS: the log, the idempotency key or "", the
# hash of newest instants or "". ARGV: most entries, feed, seconds an answer is kept, the answer, twice the number of newest
# instants, those as field and value, then the entries as kind and data.
_SCRIPT = """
if KEYS[2] ~= '' then
  local known = redis.call('GET', KEYS[2])
  if known then return {'known', known} end
end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return {'full'} end
local first = 6 + tonumber(ARGV[5])
for i = 6, first - 1, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
for i = first, #ARGV, 2 do redis.call('XADD', KEYS[1], '*', 'k', ARGV[i], 'f', ARGV[2], 'd', ARGV[i + 1]) end
if KEYS[2] ~= '' then redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[3]) end
return {'new'}
"""


class KeyReused(Exception):
    """The idempotency key was used for another message."""


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a resend recognisable: the key (already bound to the feed), the message's digest, and our answer to it."""

    key: str
    digest: bytes
    answer: bytes


def digest(body: bytes) -> bytes:
    """16 bytes that tell messages apart."""
    return hashlib.blake2b(body, digest_size=16).digest()


def cut_readings(readings: Readings) -> list[bytes]:
    """Packed entries of at most MOST_READINGS each, as kind, data, kind, data…"""
    parts: list[bytes] = []
    for start in range(0, len(readings), MOST_READINGS):
        parts += (READINGS, readings.take(slice(start, start + MOST_READINGS)).pack())  # type: ignore[arg-type]
    return parts


def cut_events(events: Sequence[Event]) -> list[bytes]:
    """Packed entries of at most MOST_EVENTS each, as kind, data, kind, data…"""
    parts: list[bytes] = []
    for start in range(0, len(events), MOST_EVENTS):
        parts += (EVENTS, pack_events(list(events[start : start + MOST_EVENTS])))
    return parts


class Appender:
    """Appends from an event loop. Its client never repeats a command: an append whose answer was lost may have been done."""

    def __init__(self, url: str | None = None) -> None:
        self.redis = redis.asyncio.Redis.from_url(
            url or settings.REDIS_URL, retry=AsyncRetry(NoBackoff(), 0), socket_timeout=ANSWER_WITHIN
        )
        self._script = self.redis.register_script(_SCRIPT)

    async def append(self, site: int, feed: int, parts: Sequence[bytes], once: Once | None = None) -> bytes | None:
        """Append `parts` (of `cut_…`); the answer of the earlier sending if this is a resend, else None.

        Raises LogFull, KeyReused, or redis.RedisError when Valkey is away.
        """
        keys, args = _arguments(site, feed, parts, once)
        return _outcome(await self._script(keys=keys, args=args), once)


class BlockingAppender:
    """The same for threads, tasks and commands."""

    def __init__(self, url: str | None = None) -> None:
        self.redis = redis.Redis.from_url(url or settings.REDIS_URL, retry=Retry(NoBackoff(), 0), socket_timeout=ANSWER_WITHIN)
        self._script = self.redis.register_script(_SCRIPT)

    def append(self, site: int, feed: int, parts: Sequence[bytes], once: Once | None = None) -> bytes | None:
        """As `Appender.append`."""
        keys, args = _arguments(site, feed, parts, once)
        return _outcome(self._script(keys=keys, args=args), once)

    def append_newer(self, site: int, feed: int, parts: Sequence[bytes], newest: Mapping[int, int]) -> None:
        """Append, and in the same step remember the newest instant of each point {point: µs}. Raises as `append`."""
        keys, args = _arguments(site, feed, parts, None, newest)
        _outcome(self._script(keys=keys, args=args), None)

    def newest(self, feed: int, points: Sequence[int]) -> list[int]:
        """The newest instants (µs) remembered for these points, 0 where there is none. Raises redis.RedisError."""
        known = self.redis.hmget(newest_key(feed), [str(point) for point in points]) if points else []
        return [int(at or 0) for at in known]


def newest_key(feed: int) -> str:
    return f"feed:{feed}:newest"


def _arguments(
    site: int, feed: int, parts: Sequence[bytes], once: Once | None, newest: Mapping[int, int] | None = None
) -> tuple[list[str], list[object]]:
    keys = [key(site), "" if once is None else f"feed:{feed}:once:{once.key}", newest_key(feed) if newest else ""]
    kept = b"" if once is None else once.digest + once.answer
    instants = [part for pair in (newest or {}).items() for part in pair]
    return keys, [settings.LOG_MAX_ENTRIES, feed, REMEMBERED, kept, len(instants), *instants, *parts]


def _outcome(said: list[bytes], once: Once | None) -> bytes | None:
    if said[0] == b"full":
        raise LogFull
    if said[0] == b"known" and once is not None:
        known = said[1]
        if known[: len(once.digest)] != once.digest:
            raise KeyReused
        return known[len(once.digest) :]
    return None
