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
DIGEST = 8
"""Bytes that tell one message from another."""
RECENT = 8_000
"""Messages that are recognised when they come again: more than a broker may have in flight and we take at once."""
ANSWER_WITHIN = 10
"""Seconds Valkey has to answer before it counts as away."""

# One step, so that neither a full log nor a resend can leave half a message. KEYS: the log, the idempotency key or "", the
# hash of newest instants or "", the recent digests in a row or "". ARGV: most entries, feed, seconds an answer is kept, the
# answer, the digests, most bytes of these, twice the number of newest instants, those as field and value, then the entries as
# kind and data.
_SCRIPT = """
if KEYS[2] ~= '' then
  local known = redis.call('GET', KEYS[2])
  if known then return {'known', known} end
end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return {'full'} end
local first = 8 + tonumber(ARGV[7])
for i = 8, first - 1, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
for i = first, #ARGV, 2 do redis.call('XADD', KEYS[1], '*', 'k', ARGV[i], 'f', ARGV[2], 'd', ARGV[i + 1]) end
if KEYS[2] ~= '' then redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[3]) end
if KEYS[4] ~= '' then
  local long = redis.call('APPEND', KEYS[4], ARGV[5])
  if long > 2 * ARGV[6] then redis.call('SET', KEYS[4], redis.call('GETRANGE', KEYS[4], -ARGV[6], -1)) end
end
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
        known = self.redis.hmget(f"feed:{feed}:newest", [str(point) for point in points]) if points else []
        return [int(at or 0) for at in known]

    def append_recognisable(self, site: int, feed: int, parts: Sequence[bytes], digests: bytes) -> None:
        """Append, and in the same step remember what tells these messages from others. Raises as `append`."""
        keys, args = _arguments(site, feed, parts, None, digests=digests)
        _outcome(self._script(keys=keys, args=args), None)

    def recent(self, feed: int) -> bytes:
        """The digests of the last messages in a row, newest last; at least RECENT if there were. Raises redis.RedisError."""
        return self.redis.get(f"feed:{feed}:recent") or b""


def _arguments(
    site: int, feed: int, parts: Sequence[bytes], once: Once | None, newest: Mapping[int, int] | None = None,
    digests: bytes = b"",
) -> tuple[list[str], list[object]]:  # fmt: skip
    keys = [
        key(site),
        "" if once is None else f"feed:{feed}:once:{once.key}",
        f"feed:{feed}:newest" if newest else "",
        f"feed:{feed}:recent" if digests else "",
    ]
    kept = b"" if once is None else once.digest + once.answer
    instants = [part for pair in (newest or {}).items() for part in pair]
    return keys, [settings.LOG_MAX_ENTRIES, feed, REMEMBERED, kept, digests, RECENT * DIGEST, len(instants), *instants, *parts]


def _outcome(said: list[bytes], once: Once | None) -> bytes | None:
    if said[0] == b"full":
        raise LogFull
    if said[0] == b"known" and once is not None:
        known = said[1]
        if known[: len(once.digest)] != once.digest:
            raise KeyReused
        return known[len(once.digest) :]
    return None
