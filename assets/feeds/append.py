"""Appends what one message brought to the site's log: all of its batches or none, and once per idempotency key."""

import hashlib
import itertools
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.typing import EncodableT

from assets.log import (
    EVENTS,
    READINGS,
    STEPS,
    UNUSABLE,
    Event,
    LogFull,
    Unusable,
    bounds,
    join_events,
    keys,
    pack_event,
    pack_unusable,
)  # fmt: skip
from assets.readings import Readings

MOST_READINGS, MOST_EVENTS = 10_000, 2_000
MOST_BYTES = 1024 * 1024
"""In one entry of the log; more are cut into several, appended in one step. Readings are small: only events need the bytes."""
REMEMBERED = 600
"""Seconds an idempotency key is kept, with the counts of its answer."""
MOST_REMEMBERED = 100_000
"""Idempotency keys of one feed in that time: about 25 MB of Valkey. Whoever sends more is asked to come back later."""
DIGEST = 8
"""Bytes that tell one message from another."""
RECENT = 8_000
"""Messages that are recognised when they come again: more than a broker may have in flight and we take at once."""
ANSWER_WITHIN = 10
"""Seconds Valkey has to answer before it counts as away."""

# One step, so that neither a full log nor a resend can leave half a message. KEYS: the log, its account, the idempotency key
# and the number of those or "" twice, the hash of newest instants or "", the recent digests in a row or "". ARGV: most entries,
# most bytes, feed, most idempotency keys, seconds one is kept, what is kept of the answer, the digests, most bytes of these,
# twice the number of newest instants, those as field and value, then the entries as kind and data.
_SCRIPT = f"""{STEPS}
if KEYS[3] ~= '' then
  local known = redis.call('GET', KEYS[3])
  if known then return {{'known', known}} end
end
local first, coming = 10 + tonumber(ARGV[9]), 0
for i = first + 1, #ARGV, 2 do coming = coming + #ARGV[i] end
if coming > 0 and not has_room(ARGV[1], ARGV[2], coming) then return {{'full'}} end
if KEYS[3] ~= '' and coming > 0 then
  if tonumber(redis.call('GET', KEYS[4]) or 0) >= tonumber(ARGV[4]) then return {{'full'}} end
  redis.call('SET', KEYS[3], ARGV[6], 'EX', ARGV[5])
  if redis.call('INCR', KEYS[4]) == 1 then redis.call('EXPIRE', KEYS[4], ARGV[5]) end
end
for i = 10, first - 1, 2 do redis.call('HSET', KEYS[5], ARGV[i], ARGV[i + 1]) end
for i = first, #ARGV, 2 do append(ARGV[3], ARGV[i], ARGV[i + 1]) end
if KEYS[6] ~= '' then
  local long = redis.call('APPEND', KEYS[6], ARGV[7])
  if long > 2 * ARGV[8] then redis.call('SET', KEYS[6], redis.call('GETRANGE', KEYS[6], -ARGV[8], -1)) end
end
return {{'new'}}
"""


class KeyReused(Exception):
    """The idempotency key was used for another message."""


class MessageCounts(NamedTuple):
    """What an answer says of a message beside its examples."""

    accepted: int
    unknown: int
    rejected: int


_COUNTS = struct.Struct("<3I")


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a resend recognisable: the supervisor's key, the message's digest, and the counts of our answer."""

    key: str
    digest: bytes
    counts: MessageCounts


def newest_key(feed: int) -> str:
    """Of a hash: the newest instant taken of each point."""
    return f"feed:{feed}:newest"


def floor_key(feed: int) -> str:
    """Of the same, as it was when the sweep that is under way began (assets.feeds.ways.sweep)."""
    return f"feed:{feed}:floor"


def digest(body: bytes) -> bytes:
    """16 bytes that tell messages apart."""
    return hashlib.blake2b(body, digest_size=16).digest()


def cut_readings(readings: Readings, kind: bytes = READINGS) -> list[bytes]:
    """Packed entries of at most MOST_READINGS each, as kind, data, kind, data… `kind`: READINGS or RETAINED."""
    parts: list[bytes] = []
    for start in range(0, len(readings), MOST_READINGS):
        parts += (kind, readings.take(slice(start, start + MOST_READINGS)).pack())  # type: ignore[arg-type]
    return parts


def cut_events(events: Sequence[Event]) -> list[bytes]:
    """Packed entries of at most MOST_EVENTS and MOST_BYTES each (one event is shorter), as kind, data, kind, data…"""
    parts: list[bytes] = []
    waiting: list[bytes] = []
    size = 0
    for packed in map(pack_event, events):
        if waiting and (len(waiting) == MOST_EVENTS or size + len(packed) > MOST_BYTES):
            parts += (EVENTS, join_events(waiting))
            waiting, size = [], 0
        waiting.append(packed)
        size += len(packed)
    if waiting:
        parts += (EVENTS, join_events(waiting))
    return parts


def part_unusable(received: int, clock: int | None, points: Mapping[int, int]) -> list[bytes]:
    """As one entry, kind and data, what of a message could not be used; nothing when all could. `clock` and `points` as in
    Intake.
    """
    if clock is None and not points:
        return []
    told = dict(itertools.islice(points.items(), MOST_READINGS))
    return [UNUSABLE, pack_unusable(Unusable(received, clock or 0, told))]


class Appender:
    """Appends from an event loop. Its client never repeats a command: an append whose answer was lost may have been done."""

    def __init__(self, url: str | None = None) -> None:
        self.redis = redis.asyncio.Redis.from_url(
            url or settings.REDIS_URL, retry=AsyncRetry(NoBackoff(), 0), socket_timeout=ANSWER_WITHIN
        )
        self._script = self.redis.register_script(_SCRIPT)

    async def append(self, site: int, feed: int, parts: Sequence[bytes], once: Once | None = None) -> MessageCounts | None:
        """Append `parts` (of `cut_…`); the counts of the earlier sending if this is a resend, else None.

        Raises LogFull, KeyReused, or redis.RedisError when Valkey is away.
        """
        names, args = _arguments(site, feed, parts, once)
        return _outcome(await self._script(keys=names, args=args), once)


class BlockingAppender:
    """The same for threads, tasks and commands."""

    def __init__(self, url: str | None = None) -> None:
        self.redis = redis.Redis.from_url(url or settings.REDIS_URL, retry=Retry(NoBackoff(), 0), socket_timeout=ANSWER_WITHIN)
        self._script = self.redis.register_script(_SCRIPT)

    def append(self, site: int, feed: int, parts: Sequence[bytes], once: Once | None = None) -> MessageCounts | None:
        """As `Appender.append`."""
        names, args = _arguments(site, feed, parts, once)
        return _outcome(self._script(keys=names, args=args), once)

    def append_newer(self, site: int, feed: int, parts: Sequence[bytes], newest: Mapping[int, int]) -> None:
        """Append, and in the same step remember the newest instant of each point {point: µs}. Raises as `append`."""
        names, args = _arguments(site, feed, parts, None, newest)
        _outcome(self._script(keys=names, args=args), None)

    def newest(self, key: str, points: Sequence[int]) -> list[int]:
        """The newest instants (µs) under `key` (`newest_key`, `floor_key`) of these points, 0 where there is none.

        Raises redis.RedisError.
        """
        known = self.redis.hmget(key, [str(point) for point in points]) if points else []
        return [int(at or 0) for at in known]

    def append_recognisable(self, site: int, feed: int, parts: Sequence[bytes], digests: bytes) -> None:
        """Append, and in the same step remember what tells these messages from others. Raises as `append`."""
        names, args = _arguments(site, feed, parts, None, digests=digests)
        _outcome(self._script(keys=names, args=args), None)

    def recent(self, feed: int) -> bytes:
        """The digests of the last messages in a row, newest last; at least RECENT if there were. Raises redis.RedisError."""
        return cast("bytes | None", self.redis.get(f"feed:{feed}:recent")) or b""


def _arguments(
    site: int, feed: int, parts: Sequence[bytes], once: Once | None, newest: Mapping[int, int] | None = None,
    digests: bytes = b"",
) -> tuple[list[str], list[EncodableT]]:  # fmt: skip
    names = [
        *keys(site),
        "" if once is None else f"feed:{feed}:once:{digest(once.key.encode()).hex()}",
        "" if once is None else f"feed:{feed}:onces",
        newest_key(feed) if newest else "",
        f"feed:{feed}:recent" if digests else "",
    ]
    kept = b"" if once is None else once.digest + _COUNTS.pack(*once.counts)
    instants = [part for pair in (newest or {}).items() for part in pair]
    told: list[EncodableT] = [feed, MOST_REMEMBERED, REMEMBERED, kept, digests, RECENT * DIGEST, len(instants)]
    return names, [*bounds(), *told, *instants, *parts]


def _outcome(said: list[bytes], once: Once | None) -> MessageCounts | None:
    if said[0] == b"full":
        raise LogFull
    if said[0] == b"known" and once is not None:
        known = said[1]
        if known[: len(once.digest)] != once.digest:
            raise KeyReused
        return MessageCounts(*_COUNTS.unpack(known[len(once.digest) :]))
    return None
