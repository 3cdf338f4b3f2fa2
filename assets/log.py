"""The site's log: one Valkey stream where accepted batches wait, durably, until the correlator has stored them.

A batch is one stream entry: `k` its type (b"r" readings, b"e" events), `f` the feed's id, `d` the packed bytes. What is in
the log has been acknowledged to a supervisor and must never be lost; the correlator trims behind the offset it has committed.
"""

import dataclasses
import threading

import msgspec
import redis
from django.conf import settings

from assets.readings import Readings


class LogFull(Exception):
    """The correlator is too far behind: nothing was appended, the supervisor must send again later."""

    retry_after = 5
    """Seconds to propose to the supervisor."""


class Event(msgspec.Struct, frozen=True, array_like=True):
    """One discrete thing a supervisor reports; `at` and `received` in µs since the Unix epoch, `asset` None when unknown."""

    address: str
    at: int
    received: int
    kind: str
    asset: int | None
    attributes: dict[str, object]


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One batch as read back: either readings or events, never both."""

    offset: str
    feed: int
    readings: Readings | None
    events: list[Event]


READINGS, EVENTS = b"r", b"e"
_encode_events = msgspec.msgpack.Encoder().encode
_decode_events = msgspec.msgpack.Decoder(list[Event]).decode

# Appended only if the unread part is short enough: asked and done in one step, so that many writers cannot overshoot together.
_APPEND = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', 'k', ARGV[2], 'f', ARGV[3], 'd', ARGV[4])
"""


def key(site: int) -> str:
    return f"log:{site}"


def pack_events(events: list[Event]) -> bytes:
    return _encode_events(events)


class Log:
    """The log of every site; what feeds bring is appended by assets.feeds.append."""

    def __init__(self, url: str | None = None) -> None:
        self.redis = redis.Redis.from_url(url or settings.REDIS_URL)
        self._append = self.redis.register_script(_APPEND)

    def append(self, site: int, feed: int, kind: bytes, data: bytes) -> str:
        """Append one batch and return its offset. Raises LogFull, or redis.RedisError when Valkey is away."""
        offset = self._append(keys=[key(site)], args=[settings.LOG_MAX_ENTRIES, kind, feed, data])
        if offset is None:
            raise LogFull
        return offset.decode()

    def append_readings(self, site: int, feed: int, readings: Readings) -> str:
        return self.append(site, feed, READINGS, readings.pack())

    def append_events(self, site: int, feed: int, events: list[Event]) -> str:
        return self.append(site, feed, EVENTS, pack_events(events))

    def read(self, site: int, after: str, count: int, wait_ms: int) -> list[Entry]:
        """Up to `count` entries after `after`, waiting at most `wait_ms` for the first. Raises CorruptBatch as unpack does."""
        answer = self.redis.xread({key(site): after}, count=count, block=wait_ms or None)
        if not answer:
            return []
        entries = answer[key(site).encode()][0] if isinstance(answer, dict) else answer[0][1]
        return [_entry(offset.decode(), fields) for offset, fields in entries]

    def trim(self, site: int, before: str) -> None:
        """Forget what was committed: every entry up to and including offset `before`."""
        milliseconds, _, number = before.partition("-")
        self.redis.xtrim(key(site), minid=f"{milliseconds}-{int(number) + 1}", approximate=False)

    def continue_after(self, site: int, offset: str) -> None:
        """Make new entries come after `offset`, also when the stream was lost with its engine or the clock went back."""
        milliseconds, number = (int(part) for part in offset.split("-"))
        try:
            last = self.redis.xinfo_stream(key(site))["last-generated-id"].decode()
        except redis.ResponseError:
            last = "0-0"  # no such stream
        if tuple(int(part) for part in last.split("-")) < (milliseconds, number):
            mark = f"{milliseconds}-{number + 1}"
            # In one step: a mark left behind by a kill in between is no batch, and every reader would stumble over it.
            with self.redis.pipeline(transaction=True) as pipeline:
                pipeline.xadd(key(site), {"k": b"mark"}, id=mark).xdel(key(site), mark).execute()

    def length(self, site: int) -> int:
        return self.redis.xlen(key(site))


def _entry(offset: str, fields: dict[bytes, bytes]) -> Entry:
    feed = int(fields[b"f"])
    if fields[b"k"] == READINGS:
        return Entry(offset, feed, Readings.unpack(fields[b"d"]), [])
    return Entry(offset, feed, None, _decode_events(fields[b"d"]))


_local = threading.local()


def shared() -> Log:
    """This thread's log, for tasks and commands that append now and then."""
    if not hasattr(_local, "log"):
        _local.log = Log()
    return _local.log
