"""Runs the followers of every site in one process, each in its turn and apart from the others; spare processes wait."""

import datetime as dt
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections
from django.utils import timezone

from assets.models import Site
from journal import followers
from journal.followers import Follower
from journal.sole import Sole

logger = logging.getLogger(__name__)

PERIOD = 0.5
"""Seconds between two looks at the journals."""
TOGETHER = 16
"""Followers at work at once: one that waits for an address does not keep the others."""
AFTER_FAILURE = dt.timedelta(seconds=30)
HEARTBEAT_KEY = "followers:heartbeat"
HEARTBEAT_EXPIRES = 60
_LOCK = 0x666F6C6C  # "foll": one process follows, by a lock that ends with its connection

Key = tuple[int, str]


class Following:
    """The one process that runs followers, for as long as it holds the lock."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._pool = ThreadPoolExecutor(TOGETHER, "follower")
        self._sole = Sole(_LOCK)
        self._under_way: dict[Key, Future[None]] = {}
        self._not_before: dict[Key, dt.datetime] = {}
        self._valkey = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2.0, socket_connect_timeout=2.0)

    def run(self) -> None:
        """Follow until told to stop. An engine that is away is waited for."""
        well = True
        while not self._stop.is_set():
            try:
                if self._sole.held():
                    self.look()
                    self._beat()
                if not well:
                    logger.warning("followers: the engines answer again")
                well = True
            except (DatabaseError, InterfaceError, redis.RedisError, OSError) as error:
                if well:
                    logger.warning("followers: an engine does not answer: %s", str(error).strip())
                well = False
                connection.close()
            self._stop.wait(PERIOD)
        self.close()

    def close(self) -> None:
        """Wait for what is under way, and begin nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def look(self) -> None:
        """Set every follower to work that is behind its journal, or restless, and has nothing under way."""
        now = timezone.now()
        for follower, reached, end in followers.standing(list(Site.objects.values_list("id", flat=True))):
            key = (follower.site, follower.name)
            if self._is_free(key, now) and (reached is None or reached < end or follower.restless(now)):
                self._under_way[key] = self._pool.submit(self._work, follower, end)

    def _is_free(self, key: Key, now: dt.datetime) -> bool:
        """Whether a follower may be set to work. One that ended by a defect is told, and waits; the others go on."""
        task = self._under_way.get(key)
        if task is not None and not task.done():
            return False
        self._under_way.pop(key, None)
        if task is not None and (error := task.exception()) is not None:
            logger.error("%s of site %s failed; tried again in 30 s", key[1], key[0], exc_info=error)
            self._not_before[key] = now + AFTER_FAILURE
        return self._not_before.get(key, now) <= now

    def _work(self, follower: Follower, last: int) -> None:
        """Let one follower go on as far as it can."""
        try:
            reached = followers.bookmark(follower, timezone.now())
            while (reached < last or follower.restless(timezone.now())) and not self._stop.is_set():
                before, reached = reached, follower.deal(reached, last, timezone.now())
                if reached == before:
                    break
        finally:
            connections.close_all()

    def _beat(self) -> None:
        self._valkey.set(HEARTBEAT_KEY, time.time_ns() // 1000, ex=HEARTBEAT_EXPIRES)


def heartbeat_age(client: redis.Redis) -> float | None:
    """Seconds since followers were run last; None when they have not been for long. Raises redis.RedisError."""
    beat = client.get(HEARTBEAT_KEY)
    return max(0.0, time.time() - int(beat) / 1e6) if beat else None
