"""A sweep is one walk from the first page of a supervisor to its last, in as many turns as it takes; kept in Valkey between.

A turn reads `most_pages` at most, so that no feed holds a worker for long. Where it stopped is kept, and the next turn goes on
there. Newest-first supervisors give the old pages last: until the sweep ends, a reading is new when it is newer than what was
taken before the sweep *began* (the floor), not than what its first turn brought. Pages move while a sweep goes on, and one that
failed begins again at the first: what the sweep has appended is remembered until it ends, and is not appended again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec
import numpy as np
import redis
from numpy.typing import NDArray
from redis.typing import EncodableT, FieldT

from assets.feeds import append, intake
from assets.feeds.directory import FeedEntry
from assets.readings import Readings

MOST_TURNS = 100
"""Of one sweep; a supervisor whose pages have no end is begun again after them, and its health says so."""
MOST_APPENDED = 100_000
"""Readings that are remembered of one sweep: 8 MB of Valkey."""
_DIGEST = 8


@dataclass(slots=True)
class Sweep:
    """What is kept of one feed between two turns."""

    asked: str
    """What was asked, shortened: of another address or mapping nothing is kept."""
    etag: str = ""
    last_modified: str = ""
    following: str = ""
    """URL of the page to go on with, "" to begin at the first."""
    turns: int = 0
    floored: bool = False
    """Whether the floor is in force: this sweep has begun to append."""
    seen: set[bytes] = field(default_factory=set)

    def conditions(self) -> dict[str, str]:
        """Headers that ask whether the first page changed since; none while it is not known that there is but one."""
        headers = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in headers.items() if value and not self.floored}

    def see(self, url: str) -> bool:
        """Note that this page was asked for; False when it was before, so that pages in a circle end."""
        mark = hashlib.blake2b(url.encode(), digest_size=_DIGEST).digest()
        if mark in self.seen:
            return False
        self.seen.add(mark)
        return True


def load(client: redis.Redis, feed: FeedEntry) -> Sweep:
    """Where the feed's last turn stopped. Raises redis.RedisError."""
    written = msgspec.json.encode([feed.address, feed.mapping])
    asked = hashlib.blake2b(written, digest_size=16).hexdigest()
    kept = cast("dict[bytes, bytes]", client.hgetall(_key(feed.id)))
    if kept.get(b"asked") != asked.encode():
        return Sweep(asked)
    text = {name.decode(): value.decode("latin-1") for name, value in kept.items() if name != b"seen"}
    seen = kept.get(b"seen", b"")
    return Sweep(
        asked, text.get("etag", ""), text.get("last_modified", ""), text.get("following", ""), int(text.get("turns", 0)),
        bool(text.get("floored")), {seen[at : at + _DIGEST] for at in range(0, len(seen), _DIGEST)},
    )  # fmt: skip


def raise_floor(client: redis.Redis, feed: int, sweep: Sweep) -> None:
    """Keep the newest instants as they are before this sweep appends anything. Raises redis.RedisError."""
    sweep.floored = True
    with client.pipeline(transaction=True) as pipeline:
        pipeline.delete(append.floor_key(feed), _appended_key(feed))
        pipeline.copy(append.newest_key(feed), append.floor_key(feed))
        pipeline.delete(_key(feed))
        pipeline.hset(_key(feed), mapping={"asked": sweep.asked, "floored": 1})
        pipeline.execute()


def appended(client: redis.Redis, feed: int, readings: Readings) -> NDArray[np.bool_]:
    """Which of these readings the feed's sweep, whose floor is in force, has appended already. Raises redis.RedisError."""
    if not len(readings):
        return np.zeros(0, bool)
    return np.array(client.smismember(_appended_key(feed), _named(readings)), bool)


def note_appended(client: redis.Redis, feed: int, readings: Readings) -> None:
    """Remember that the sweep has appended these; beyond MOST_APPENDED some may come twice. Raises redis.RedisError."""
    if len(readings) and client.scard(_appended_key(feed)) < MOST_APPENDED:
        client.sadd(_appended_key(feed), *_named(readings))


def pause(client: redis.Redis, feed: int, sweep: Sweep) -> None:
    """Keep where this turn stopped. Raises redis.RedisError."""
    kept: dict[FieldT, EncodableT] = {
        "asked": sweep.asked, "following": sweep.following, "turns": sweep.turns, "floored": 1, "seen": b"".join(sweep.seen),
    }  # fmt: skip
    with client.pipeline(transaction=True) as pipeline:
        pipeline.delete(_key(feed))
        pipeline.hset(_key(feed), mapping=kept)
        pipeline.execute()


def end(client: redis.Redis, feed: int, sweep: Sweep) -> None:
    """Let go of the pages; the validators of the answer stay. Raises redis.RedisError."""
    kept: dict[FieldT, EncodableT] = {
        "asked": sweep.asked, "etag": sweep.etag[:500], "last_modified": sweep.last_modified[:100],
    }  # fmt: skip
    with client.pipeline(transaction=True) as pipeline:
        pipeline.delete(_key(feed), append.floor_key(feed), _appended_key(feed))
        pipeline.hset(_key(feed), mapping=kept)
        pipeline.execute()


def begin_again(client: redis.Redis, feed: int) -> None:
    """Ask for the first page next: the place where the sweep stopped may be good no more. The floor stays."""
    client.hdel(_key(feed), "following", "turns", "seen")


def is_over(pages: Sequence[intake.Intake], fresh_in_last: bool) -> bool:
    """Whether the pages after these bring nothing, although the supervisor names one.

    Either none of these brought anything, or they are in the order of time, newest first, and the last brought what is known.
    """
    if not any(len(page.readings) or page.unknown_count or page.refusals.count for page in pages):
        return True
    at: NDArray[np.int64] = np.concatenate([page.readings.at for page in pages])
    descending = len(at) > 1 and bool((at[1:] <= at[:-1]).all()) and at[0] > at[-1]
    return descending and not fresh_in_last and not pages[-1].unknown_count


def _key(feed: int) -> str:
    return f"feed:{feed}:pull"


def _appended_key(feed: int) -> str:
    return f"feed:{feed}:appended"


def _named(readings: Readings) -> list[bytes]:
    """Each reading by its point and instant, 16 bytes."""
    packed = np.column_stack((readings.point, readings.at)).astype("<i8").tobytes()
    return [packed[at : at + 16] for at in range(0, len(packed), 16)]
