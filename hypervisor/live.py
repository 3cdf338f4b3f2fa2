"""Relays a site's live channel to the sockets of this process: heard once, read once, encoded once per set of rights.

Each process has one relay per site that somebody watches. It follows the site's group on the channel layer and asks for
the journal's number every two seconds, so what the layer loses is noticed and read from the database. Sockets keep only the
number they have reached: a slow one falls behind without anything queueing up for it.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseError
from django.utils import timezone
from redis.exceptions import RedisError

from alarms import live
from alarms.incidents.rows import incident_rows
from alarms.models import Alarm, Incident
from alarms.rows import alarm_rows
from hypervisor import frames, rights
from hypervisor.frames import Frame
from hypervisor.rights import Right

logger = logging.getLogger(__name__)

PULSE = 2.0
"""Seconds between two pulses."""
MOST_MISSED = 5_000
"""Journal lines a client is told one by one when it comes back; beyond, a snapshot is less."""
KEPT = 32_000_000
"""Bytes of recent batches kept for sockets that are a little behind."""


@dataclass(slots=True)
class Batch:
    """The change of the journal's numbers first..last, as JSON arrays, and its frames by what one may see."""

    first: int
    last: int
    alarms: bytes
    lines: bytes
    incidents: bytes
    frames: dict[tuple[str, ...] | None, list[Frame]] = field(default_factory=dict)

    def size(self) -> int:
        """Bytes; a frame is kept as text and as what is sent."""
        framed = sum(2 * len(frame.encode()) for made in self.frames.values() for frame in made)
        return len(self.alarms) + len(self.lines) + len(self.incidents) + framed


@dataclass(slots=True)
class Snapshot:
    seq: int
    frames: list[Frame]


class Pulse(NamedTuple):
    """Where the site stood, and when that was asked."""

    seq: int
    at: datetime


class Relay:
    """One site's live channel in one process."""

    def __init__(self, site: int) -> None:
        self.site = site
        self.heard = 0
        self.pulse = Pulse(0, timezone.now())
        self.sockets: set[asyncio.Event] = set()
        self._recent: OrderedDict[int, Batch] = OrderedDict()
        self._kept = 0
        self._snapshots: dict[tuple[str, ...] | None, Snapshot] = {}
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._layer = get_channel_layer()
        self._channel = ""

    async def ready(self) -> None:
        """Return once the relay follows its site. Raises what kept it from it: RedisError, OSError or a DatabaseError."""
        if not self._tasks:
            await self._once("start", self._start)

    async def _start(self) -> None:
        # The group first, then where the journal stands: in this order nothing falls in between.
        self._channel = await self._layer.new_channel("live")
        await self._layer.group_add(live.group_name(self.site), self._channel)
        self.heard = await _in_thread(live.state, self.site)
        self.pulse = Pulse(self.heard, timezone.now())
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]

    async def stop(self) -> None:
        tasks = [*self._tasks, *self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._layer.group_discard(live.group_name(self.site), self._channel)
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
        """The open alarms this right sees, and the number they are of."""
        known = self._snapshots.get(right.sectors)
        if known is not None and known.seq >= self.heard:
            return known
        made = await self._once(("snapshot", right.sectors), lambda: _in_thread(_snapshot, self.site, right))
        self._snapshots[right.sectors] = made
        self.heard = max(self.heard, made.seq)
        return made

    async def _listen(self) -> None:
        while True:
            told = await self._layer.receive(self._channel)
            first, last = told["first"], told["last"]
            if told["alarms"] is not None:
                self._keep(Batch(first, last, told["alarms"], told["entries"], told["incidents"]))
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
                seq = await _in_thread(live.state, self.site)
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

    def _wake(self, seq: int) -> None:
        self.heard = max(self.heard, seq)
        for socket in self.sockets:
            socket.set()

    async def _frame(self, batch: Batch, sectors: tuple[str, ...] | None) -> None:
        before = batch.size()
        if sectors is None and len(batch.alarms) + len(batch.lines) <= frames.PAGE:
            _encode(batch, None)
        else:
            await _in_thread(_encode, batch, sectors)
        if self._recent.get(batch.first) is batch:
            self._kept += batch.size() - before

    async def _fetch(self, first: int, last: int) -> Batch:
        """The change that begins with `first`: up to `last`, or as far as somebody else is reading it already."""

        async def fetch() -> Batch:
            batch = await _in_thread(_read, self.site, first, last)
            self._keep(batch)
            return batch

        return await self._once(("read", first), fetch)

    def _keep(self, batch: Batch) -> None:
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


_relays: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, Relay]] = WeakKeyDictionary()


@asynccontextmanager
async def follow(site: int) -> AsyncIterator[tuple[Relay, asyncio.Event]]:
    """The relay of a site, started by the first socket and stopped with the last, and the event it sets when it has news."""
    here = _relays.setdefault(asyncio.get_running_loop(), {})
    relay = here.get(site) or here.setdefault(site, Relay(site))
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


def _read(site: int, first: int, last: int) -> Batch:
    return Batch(first, last, *map(msgspec.json.encode, live.changes(site, first, last)))


def _encode(batch: Batch, sectors: tuple[str, ...] | None) -> None:
    alarms, lines, incidents, gone = batch.alarms, batch.lines, batch.incidents, None
    if sectors is not None:
        missing = frames.spoken_of(alarms, lines)
        paths = dict(Alarm.objects.filter(id__in=missing).values_list("id", "sector__path")) if missing else {}
        alarms, lines = frames.within(sectors, alarms, lines, paths)
        touched = [row["id"] for row in msgspec.json.decode(incidents)]
        seen = incident_rows(
            rights.with_seen_alarms(Incident.objects.filter(id__in=touched), rights.within(sectors)), rights.within(sectors)
        )
        incidents = msgspec.json.encode(seen)
        if moved := frames.moved(batch.lines):
            left = sorted(set(touched) - {row["id"] for row in seen})
            gone = frames.Gone(sorted(moved - frames.ids(alarms)), left)
    batch.frames[sectors] = frames.entries(batch.first, batch.last, alarms, lines, incidents, gone)


def _snapshot(site: int, right: Right) -> Snapshot:
    # The number before the rows: what changes in between comes again as entries, and does no harm.
    seq = live.state(site)
    rows = Alarm.objects.filter(right.within(), site_id=site).exclude(state=Alarm.State.NORMAL)
    open_ = Incident.objects.filter(site_id=site).exclude(state=Incident.State.CLOSED).order_by("-id")
    seen = rights.with_seen_alarms(open_, right.within())[: live.MAX_INCIDENTS]
    incidents = incident_rows(seen, right.within())
    return Snapshot(seq, frames.snapshot(seq, alarm_rows(rows.order_by("severity", "-id")), incidents))
