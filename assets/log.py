"""The site's log: one Valkey stream where accepted batches wait, durably, until the correlator has stored them.

A batch is one stream entry: `k` its type (b"r" readings, b"t" retained readings, b"e" events, b"u" what could not be used),
`f` the feed's id, `d` the packed bytes, `b` all bytes the stream ever took in, these included. What is in the log has been
acknowledged to a supervisor and must never be lost; the correlator trims behind the offset it has committed. An account beside
the stream says how many bytes wait in it.
"""

import dataclasses
import itertools
import threading
from collections.abc import Sequence
from typing import Any, cast

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


Entries = list[tuple[bytes, dict[bytes, bytes]]]
"""Entries of a stream as Valkey gives them: offset and fields."""


class Unusable(msgspec.Struct, frozen=True, array_like=True):
    """A message of which nothing could be used, or nothing of some points: a supervisor that speaks and is not heard.

    received   µs since the Unix epoch
    ahead      µs by which its clock is ahead of ours; behind when negative, 0 when the clock is not what is wrong
    points     the same by point, of those whose readings were refused for their time
    """

    received: int
    ahead: int
    points: dict[int, int]


class CorruptEntry(ValueError):
    """An entry whose bytes are no batch."""


@dataclasses.dataclass(frozen=True, slots=True)
class LogEntry:
    """One batch as read back: readings, events or what could not be used, never two of them.

    retained   a broker kept these readings and repeated them: they are no sign of life of their supervisor
    """

    feed: int
    readings: Readings | None
    events: list[Event]
    retained: bool = False
    unusable: Unusable | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Packed:
    """One entry as it waits, with its offset; `feed` is the decimal id. What an entry lacks is empty."""

    offset: str
    feed: bytes
    kind: bytes
    data: bytes

    def opened(self) -> LogEntry:
        """Raises CorruptEntry."""
        try:
            if self.kind in (READINGS, RETAINED):
                return LogEntry(int(self.feed), Readings.unpack(self.data), [], self.kind == RETAINED)
            if self.kind == UNUSABLE:
                return LogEntry(int(self.feed), None, [], unusable=_decode_unusable(self.data))
            if self.kind == EVENTS:
                return LogEntry(int(self.feed), None, _decode_events(self.data))
        except (ValueError, msgspec.MsgspecError) as error:
            raise CorruptEntry(str(error)) from error
        raise CorruptEntry(f"there is no kind {self.kind!r} of entry")


READINGS, RETAINED, EVENTS, UNUSABLE = b"r", b"t", b"e", b"u"
_encode = msgspec.msgpack.Encoder().encode
_decode_unusable = msgspec.msgpack.Decoder(Unusable).decode
_decode_events = msgspec.msgpack.Decoder(list[Event]).decode

OWN = 0
"""The feed of events that no feed brought: it is a sign of life of none."""
READ_BYTES = 8 * 1024 * 1024
"""Packed bytes of one read: as objects, events take many times that."""

# Asked and done in one step, so that many writers cannot overshoot together. An empty log takes whatever one message brings:
# one that is longer than the bound would never be taken otherwise.
STEPS = """
local function has_room(most_entries, most_bytes, coming)
  if redis.call('XLEN', KEYS[1]) >= tonumber(most_entries) then return false end
  local account = redis.call('HMGET', KEYS[2], 'in', 'out')
  local waiting = (account[1] or 0) - (account[2] or 0)
  return waiting == 0 or waiting + coming <= tonumber(most_bytes)
end
local function append(feed, kind, data)
  local total = redis.call('HINCRBY', KEYS[2], 'in', #data)
  return redis.call('XADD', KEYS[1], '*', 'k', kind, 'f', feed, 'd', data, 'b', total)
end
"""
"""Lua of every script that appends; KEYS[1] is the stream and KEYS[2] its account."""
_APPEND = f"""{STEPS}
if not has_room(ARGV[1], ARGV[2], #ARGV[5]) then return false end
return append(ARGV[3], ARGV[4], ARGV[5])
"""
# The same, once per number: what a follower of the journal appends bears the numbers of its lines, which only grow. A mark beyond
# the journal's end is of a journal that was put back to an earlier day. ARGV: … the number, the number the journal ends at.
_APPEND_NUMBERED = f"""{STEPS}
local mark = tonumber(redis.call('GET', KEYS[3]) or 0)
if mark >= tonumber(ARGV[6]) and mark <= tonumber(ARGV[7]) then return 'known' end
if not has_room(ARGV[1], ARGV[2], #ARGV[5]) then return false end
redis.call('SET', KEYS[3], ARGV[6])
return append(ARGV[3], ARGV[4], ARGV[5])
"""
# What is gone follows from the first entry that is left, so that the account agrees with the stream whoever trimmed it. The
# order matters: XTRIM is done also when memory is short, and after a write nothing else is refused.
_TRIM = """
redis.call('XTRIM', KEYS[1], 'MINID', '=', ARGV[1])
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not first then
  redis.call('HSET', KEYS[2], 'out', redis.call('HGET', KEYS[2], 'in') or 0)
elseif first[2][7] == 'b' and tonumber(first[2][8]) then
  redis.call('HSET', KEYS[2], 'out', first[2][8] - #first[2][6])
end
"""


def key(site: int) -> str:
    return f"log:{site}"


def account_key(site: int) -> str:
    """Of a hash: bytes that came `in`, and those that are `out` again."""
    return f"log:{site}:bytes"


def keys(site: int) -> list[str]:
    """The first keys of every script that appends or trims."""
    return [key(site), account_key(site)]


def bounds() -> list[int]:
    """The most entries and the most bytes a site's log may hold, as `has_room` asks for them."""
    return [settings.LOG_MAX_ENTRIES, settings.LOG_MAX_BYTES]


def pack_event(event: Event) -> bytes:
    return _encode(event)


def pack_unusable(told: Unusable) -> bytes:
    return _encode(told)


def join_events(packed: Sequence[bytes]) -> bytes:
    """One entry's bytes of packed events: a MessagePack array of them."""
    return b"".join((b"\xdd", len(packed).to_bytes(4, "big"), *packed))


class Log:
    """The log of every site; what feeds bring is appended by assets.feeds.append."""

    def __init__(self, url: str | None = None) -> None:
        self.redis = redis.Redis.from_url(url or settings.REDIS_URL)
        self._append = self.redis.register_script(_APPEND)
        self._append_numbered = self.redis.register_script(_APPEND_NUMBERED)
        self._trim = self.redis.register_script(_TRIM)

    def append(self, site: int, feed: int, kind: bytes, data: bytes) -> str:
        """Append one batch and return its offset. Raises LogFull, or redis.RedisError when Valkey is away."""
        offset = self._append(keys=keys(site), args=[*bounds(), feed, kind, data])
        if offset is None:
            raise LogFull
        return cast("bytes", offset).decode()

    def append_readings(self, site: int, feed: int, readings: Readings) -> str:
        return self.append(site, feed, READINGS, readings.pack())

    def append_events(self, site: int, feed: int, events: list[Event]) -> str:
        return self.append(site, feed, EVENTS, join_events([pack_event(event) for event in events]))

    def append_numbered(self, site: int, name: str, number: int, last: int, events: list[Event]) -> None:
        """Append events of our own, of no feed, unless `name` has appended those of this number already.

        last   the number at which the journal ends

        Raises LogFull, or redis.RedisError when Valkey is away.
        """
        data = join_events([pack_event(event) for event in events])
        names = [*keys(site), f"log:{site}:mark:{name}"]
        if self._append_numbered(keys=names, args=[*bounds(), OWN, EVENTS, data, number, last]) is None:
            raise LogFull

    def read(self, site: int, after: str, count: int, wait_ms: int) -> list[Packed]:
        """Up to `count` entries and READ_BYTES after `after`, one at least, waiting at most `wait_ms` for it."""
        answer: Any = self.redis.xread({key(site): after}, count=count, block=wait_ms or None)
        if not answer:
            return []
        entries: Entries = answer[key(site).encode()][0] if isinstance(answer, dict) else answer[0][1]
        packed = [
            Packed(offset.decode(), fields.get(b"f", b""), fields.get(b"k", b""), fields.get(b"d", b""))
            for offset, fields in entries
        ]
        sizes = itertools.accumulate(len(entry.data) for entry in packed)
        return packed[: max(1, sum(size <= READ_BYTES for size in sizes))]

    def trim(self, site: int, before: str) -> None:
        """Forget what was committed: every entry up to and including offset `before`."""
        milliseconds, _, number = before.partition("-")
        self._trim(keys=keys(site), args=[f"{milliseconds}-{int(number) + 1}"])

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
                pipeline.xadd(key(site), {"k": b"mark"}, id=mark)
                pipeline.xdel(key(site), mark)
                pipeline.execute()

    def length(self, site: int) -> int:
        return self.redis.xlen(key(site))

    def bytes(self, site: int) -> int:
        """Packed bytes of the entries that wait."""
        came, gone = self.redis.hmget(account_key(site), "in", "out")
        return int(came or 0) - int(gone or 0)


class _Local(threading.local):
    log: Log | None = None


_local = _Local()


def shared() -> Log:
    """This thread's log, for tasks and commands that append now and then."""
    if _local.log is None:
        _local.log = Log()
    return _local.log
