"""Drives the sirens of all sites in one process of its own: each apart from the others, so that a slow one delays nobody.

A sign of life goes out while Vigie watches: the database answers and the site's correlator gives signs itself. When either is
gone, or this process, the sign stops changing, and the siren complains by itself.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import threading
import time
from collections import defaultdict

import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count
from django.utils import timezone
from msgspec import Struct

from alarms.correlation.correlator import heartbeat_key
from alarms.models import SEVERITY_NAMES, Alarm
from alarms.rows import SILENT
from journal.sole import Sole
from response.models import Siren
from response.notification.sealed import Unreadable
from response.siren import moves, spec
from response.siren.spec import Call
from response.siren.wires import NotReached, Wire, wire_of

logger = logging.getLogger(__name__)

PERIOD = 0.5
"""Seconds between two looks at the alarms."""
STALE = 10.0
"""Seconds after which what was seen last is no longer what is: no sign of life then."""
CORRELATOR_LOST = 30.0
_LOCK = 0x7369726E  # "sirn": one process drives, by a lock that ends with its connection


class Wanted(Struct, frozen=True):
    """What a siren is to do, as it was seen at `seen` (monotonic). `watched`: whether its site's correlator goes on."""

    siren: int
    changed_at: dt.datetime
    settings: spec.Settings | None
    allow_private: bool
    call: Call
    watched: bool
    seen: float


class Driver:
    """One siren: its wire, and what it was told last."""

    def __init__(self, wanted: Wanted) -> None:
        assert wanted.settings is not None
        self.wanted = wanted
        self.task: asyncio.Task[None] | None = None
        self._wire: Wire = wire_of(wanted.settings, wanted.allow_private)
        self._said: tuple[Call, int] | None = None
        self._retry = 0.0
        self._well = True

    async def look(self) -> None:
        """Tell it what is new, when something is: another call, or the next sign of life."""
        wanted = self.wanted
        if not wanted.watched or time.monotonic() - wanted.seen > STALE:
            return
        told = (wanted.call, spec.heartbeat(time.time()))
        if told == self._said or time.monotonic() < self._retry:
            return
        try:
            await self._wire.tell(*told)
        except NotReached as error:
            self._wire.close()
            self._said, self._retry = None, time.monotonic() + 1.0
            if self._well:
                logger.warning("siren %s is not reached: %s", wanted.siren, error)
            self._well = False
            await sync_to_async(moves.missed)(wanted.siren, str(error), wanted.changed_at)
            return
        if not self._well:
            logger.warning("siren %s is reached again", wanted.siren)
        self._well, self._said = True, told
        await sync_to_async(moves.reached)(wanted.siren, wanted.call, wanted.changed_at, timezone.now())

    async def stop(self, switched_off: bool) -> None:
        """Hang up; a siren that was switched off is told so, that it may not complain."""
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
        if switched_off:
            with contextlib.suppress(NotReached):
                await self._wire.tell(Call(), 0)
        self._wire.close()


class Driving:
    """All sirens, for as long as this process holds the lock."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._drivers: dict[int, Driver] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._sole = Sole(_LOCK)
        self._valkey = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2.0, socket_connect_timeout=2.0)

    async def run(self) -> None:
        """Drive until told to stop. An engine that is away is waited for, and no sign of life goes out meanwhile."""
        well = True
        while not self._stop.is_set():
            try:
                seen = await sync_to_async(self._look)()
                if not well:
                    logger.warning("sirens: the engines answer again")
                well = True
                await self._follow(seen)
            except (DatabaseError, InterfaceError, redis.RedisError, OSError) as error:
                if well:
                    logger.warning("sirens: an engine does not answer: %s", str(error).strip())
                well = False
                await sync_to_async(connection.close)()
            self._set_to_work()
            await asyncio.sleep(PERIOD)
        for driver in self._drivers.values():
            await driver.stop(switched_off=False)

    async def _follow(self, seen: dict[int, Wanted] | None) -> None:
        """Have a driver for each siren, as it is set; `seen` is None while another process drives them."""
        for id_, driver in list(self._drivers.items()):
            if seen is None or id_ not in seen or driver.wanted.changed_at != seen[id_].changed_at:
                task = asyncio.create_task(self._drivers.pop(id_).stop(switched_off=seen is not None and id_ not in seen))
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)
        if seen is None:
            return
        for id_, wanted in seen.items():
            if wanted.settings is None:
                await sync_to_async(moves.missed)(id_, "key", wanted.changed_at)
            elif id_ in self._drivers:
                self._drivers[id_].wanted = wanted
            else:
                self._drivers[id_] = Driver(wanted)

    def _set_to_work(self) -> None:
        for driver in self._drivers.values():
            if driver.task is not None and driver.task.done() and (error := driver.task.exception()) is not None:
                logger.error("siren %s failed", driver.wanted.siren, exc_info=error)
            if driver.task is None or driver.task.done():
                driver.task = asyncio.create_task(driver.look())

    def _look(self) -> dict[int, Wanted] | None:
        """What each siren is to do now; None while another process drives them."""
        if not self._sole.held():
            return None
        now, seen = timezone.now(), time.monotonic()
        rows = list(Siren.objects.filter(enabled_at__isnull=False).select_related("site"))
        sites = {row.site_id for row in rows}
        waiting: dict[int, dict[str, int]] = defaultdict(dict)
        calling = Alarm.objects.filter(~SILENT, site_id__in=sites, is_open=True, state=Alarm.State.UNACKNOWLEDGED)
        for site, severity, count in calling.order_by().values_list("site", "severity").annotate(Count("pk")):
            waiting[site][SEVERITY_NAMES[severity]] = count
        watched = {site: self._is_watched(site) for site in sites}
        return {row.pk: self._wanted(row, waiting[row.site_id], watched[row.site_id], now, seen) for row in rows}

    @staticmethod
    def _wanted(row: Siren, waiting: dict[str, int], watched: bool, now: dt.datetime, seen: float) -> Wanted:
        try:
            told: spec.Settings | None = moves.settings_of(row)
        except Unreadable:
            told = None
        test = row.test_until is not None and now < row.test_until
        call = spec.call_for(waiting, spec.patterns_of(row.patterns), test)
        private = row.site.allow_private_pull or settings.ALLOW_PRIVATE_PULL
        return Wanted(row.pk, row.changed_at, told, private, call, watched, seen)

    def _is_watched(self, site: int) -> bool:
        beat = self._valkey.get(heartbeat_key(site))
        return beat is not None and time.time() - int(beat) / 1e6 < CORRELATOR_LOST
