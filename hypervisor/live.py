"""Relays a site's live channel to the sockets of this process: heard once, read once, encoded once per set of rights.

Each process has one relay per site that somebody watches. It follows the site's group on the channel layer and asks for
the journal's number every two seconds, so what the layer loses is noticed and read from the database, and with it for the
present values of what is in alarm. Sockets keep only the numbers they have reached: a slow one falls behind without anything
queueing up for it.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseError
from django.utils import timezone
from redis.exceptions import RedisError

from hypervisor import feeds_now, frames
from hypervisor.feeds_now import Doing
from hypervisor.frames import Frame
from hypervisor.present import Board
from hypervisor.rights import Right
from journal import live as channel
from journal import nouns
from journal.live import LiveChange

logger = logging.getLogger(__name__)

PULSE = 2.0
"""Seconds between two pulses."""
CONCERNING = 60.0
"""Seconds for which it is remembered which feeds speak of some sectors."""
MOST_MISSED = 5_000
"""Journal lines a client is told one by one when it comes back; beyond, a snapshot is less."""
KEPT = 32_000_000
"""Bytes of recent batches kept for sockets that are a little behind."""


@dataclass(slots=True)
class LiveBatch:
    """The change of the journal's numbers first..last, and its frames by what one may see."""

    first: int
    last: int
    change: LiveChange
    frames: dict[tuple[str, ...] | None, list[Frame]] = field(default_factory=dict)

    def size(self) -> int:
        """Bytes; a frame is kept as text and as what is sent."""
        framed = sum(2 * len(frame.encode()) for made in self.frames.values() for frame in made)
        return self.change.size() + framed


@dataclass(slots=True)
class Snapshot:
    seq: int
    frames: list[Frame]


class Pulse(NamedTuple):
    """Where the site stood, and when that was asked."""

    seq: int
    at: datetime


class LiveRelay:
    """One site's live channel in one process."""

    def __init__(self, site: int) -> None:
        self.site = site
        self.heard = 0
        self.pulse = Pulse(0, timezone.now())
        self.board = Board()
        self.sockets: set[asyncio.Event] = set()
        self._recent: OrderedDict[int, LiveBatch] = OrderedDict()
        self._kept = 0
        self._snapshots: dict[tuple[str, ...] | None, Snapshot] = {}
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._layer = get_channel_layer()
        self._channel = ""
        self._doing: list[Doing] = []
        self._doing_until = 0.0
        """When (of the loop) what is known of the feeds is too old to be told."""
        self._concerning: dict[tuple[str, ...], tuple[float, set[int]]] = {}

    async def ready(self) -> None:
        """Return once the relay follows its site. Raises what kept it from it: RedisError, OSError or a DatabaseError."""
        if not self._tasks:
            await self._once("start", self._start)

    async def _start(self) -> None:
        # The group first, then where the journal stands: in this order nothing falls in between.
        self._channel = await self._layer.new_channel("live")
        await self._layer.group_add(channel.group_name(self.site), self._channel)
        self.heard = await _in_thread(channel.state, self.site)
        self.pulse = Pulse(self.heard, timezone.now())
        await self._look()
        await self._read_feeds()
        self._tasks = [asyncio.create_task(each()) for each in (self._listen, self._beat, self._look_at_feeds)]

    async def stop(self) -> None:
        tasks = [*self._tasks, *self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._layer.group_discard(channel.group_name(self.site), self._channel)
        except (RedisError, OSError) as error:
            logger.warning("site %s: its group was not left: %s", self.site, error)

    def keeps(self, first: int) -> bool:
        """Whether what begins with this number is here still, or on its way, and need not be read again."""
        return first in self._recent or ("read", first) in self._under_way

    async def after(self, reached: int, right: Right) -> tuple[int, list[Frame]]:
        """(number reached, frames) of the next step of a client that has everything up to `reached`, which is < heard."""
        batch = self._recent.get(reached + 1) or await self._fetch(reached + 1, self.heard)
        if right.sectors not in batch.frames:
            await self._once((id(batch), right.sectors), lambda: self._frame(batch, right.sectors))
        return batch.last, batch.frames[right.sectors]

    async def snapshot(self, right: Right) -> Snapshot:
        """What is open that this right sees, and the number it is of."""
        known = self._snapshots.get(right.sectors)
        if known is not None and known.seq >= self.heard:
            return known
        made = await self._once(("snapshot", right.sectors), lambda: _in_thread(_snapshot, self.site, right))
        self._snapshots[right.sectors] = made
        self.heard = max(self.heard, made.seq)
        return made

    async def feeds(self, right: Right) -> feeds_now.FeedCounts | None:
        """How many of the feeds that concern somebody are well; None while nobody can tell. Raises a DatabaseError."""
        now = asyncio.get_running_loop().time()
        if now > self._doing_until:
            return None
        if right.sectors is None:
            return feeds_now.counted(self._doing, None)
        until, seen = self._concerning.get(right.sectors, (0.0, set()))
        if now > until:
            look = partial(_in_thread, feeds_now.concerning, self.site, right.sectors)
            seen = await self._once(("concerning", right.sectors), look)
            self._concerning[right.sectors] = (now + CONCERNING, seen)
        return feeds_now.counted(self._doing, seen)

    async def _look_at_feeds(self) -> None:
        """Beside the pulse: an engine that does not answer must not hold it up."""
        while True:
            await asyncio.sleep(PULSE)
            await self._read_feeds()

    async def _read_feeds(self) -> None:
        try:
            self._doing = await _in_thread(feeds_now.look, self.site)
            self._doing_until = asyncio.get_running_loop().time() + 3 * PULSE
        except (RedisError, DatabaseError) as error:
            logger.info("site %s: how its feeds do is not known: %s", self.site, error)

    async def _listen(self) -> None:
        while True:
            told = await self._layer.receive(self._channel)
            first, last = told["first"], told["last"]
            if told["lines"] is not None:
                self._keep(LiveBatch(first, last, LiveChange(told["lines"], told["rows"])))
            elif first == self.heard + 1:
                # Read before the sockets wake, so that all of them find this one batch.
                try:
                    await self._fetch(first, last)
                except DatabaseError as error:
                    logger.warning("site %s: lines %s to %s could not be read: %s", self.site, first, last, error)
            self._wake(last)

    async def _beat(self) -> None:
        well = True
        while True:
            await asyncio.sleep(PULSE)
            try:
                seq = await _in_thread(channel.state, self.site)
                await self._look()
            except DatabaseError as error:
                if well:
                    logger.warning("site %s: no pulse, the database does not answer: %s", self.site, error)
                well = False
                continue
            if not well:
                logger.warning("site %s: the pulse is back", self.site)
                well = True
            self.pulse = Pulse(max(seq, self.heard), timezone.now())
            self._snapshots = {sectors: kept for sectors, kept in self._snapshots.items() if kept.seq >= seq}
            self._wake(seq)

    async def _look(self) -> None:
        """Read the present values."""
        self.board = await _in_thread(self.board.looked, self.site, timezone.now())

    def _wake(self, seq: int) -> None:
        self.heard = max(self.heard, seq)
        for socket in self.sockets:
            socket.set()

    async def _frame(self, batch: LiveBatch, sectors: tuple[str, ...] | None) -> None:
        before = batch.size()
        if sectors is None and batch.change.size() <= frames.PAGE:
            _encode(self.site, batch, None)
        else:
            await _in_thread(_encode, self.site, batch, sectors)
        if self._recent.get(batch.first) is batch:
            self._kept += batch.size() - before

    async def _fetch(self, first: int, last: int) -> LiveBatch:
        """The change that begins with `first`: up to `last`, or as far as somebody else is reading it already."""

        async def fetch() -> LiveBatch:
            batch = await _in_thread(_read, self.site, first, last)
            self._keep(batch)
            return batch

        return await self._once(("read", first), fetch)

    def _keep(self, batch: LiveBatch) -> None:
        known = self._recent.get(batch.first)
        if known is not None and known.last >= batch.last:
            return
        self._kept += batch.size() - (known.size() if known else 0)
        self._recent[batch.first] = batch
        while self._kept > KEPT and len(self._recent) > 1:
            self._kept -= self._recent.popitem(last=False)[1].size()

    async def _once(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """What `make` returns; who asks for the same while it is under way waits for the same."""
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(make())
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)  # one socket that leaves does not take the others' answer with it


_relays: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, LiveRelay]] = WeakKeyDictionary()


@asynccontextmanager
async def follow(site: int) -> AsyncIterator[tuple[LiveRelay, asyncio.Event]]:
    """The relay of a site, started by the first socket and stopped with the last, and the event it sets when it has news."""
    here = _relays.setdefault(asyncio.get_running_loop(), {})
    relay = here.get(site) or here.setdefault(site, LiveRelay(site))
    news = asyncio.Event()
    relay.sockets.add(news)
    try:
        await relay.ready()
        yield relay, news
    finally:
        relay.sockets.discard(news)
        if not relay.sockets and here.get(site) is relay:
            del here[site]
            await relay.stop()


def sockets() -> dict[int, int]:
    """How many sockets of this process watch each site, by site id."""
    return {site: len(relay.sockets) for relays in list(_relays.values()) for site, relay in relays.items()}


async def _in_thread(function: Callable[..., Any], *arguments: object) -> Any:
    """In a thread of its own: sockets do not queue for each other's queries as in Channels' one thread."""
    return await database_sync_to_async(function, thread_sensitive=False)(*arguments)


def _read(site: int, first: int, last: int) -> LiveBatch:
    return LiveBatch(first, last, channel.change(site, first, last))


def _encode(site: int, batch: LiveBatch, sectors: tuple[str, ...] | None) -> None:
    change, gone, elsewhere = batch.change, None, None
    if sectors is not None:
        elsewhere = [noun.name for noun in nouns.every() if noun.named and noun.name in change.rows]
        change, gone = channel.within(sectors, site, batch.first, batch.last, change)
    batch.frames[sectors] = frames.entries(batch.first, batch.last, change.lines, change.rows, gone, elsewhere)


def _snapshot(site: int, right: Right) -> Snapshot:
    # The number before the rows: what changes in between comes again as entries, and does no harm.
    seq = channel.state(site)
    return Snapshot(seq, frames.snapshot(seq, channel.open_rows(site, right.sectors)))
