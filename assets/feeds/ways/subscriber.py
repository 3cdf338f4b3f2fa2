"""Keeps one MQTT subscription per enabled feed, following what administrators change."""

import logging
import threading
from datetime import UTC, datetime

import redis
from django.db import DatabaseError, InterfaceError

from assets.feeds import append, health, unknown
from assets.feeds.directory import Directory, FeedEntry
from assets.feeds.mapping import BadMapping
from assets.feeds.ways.mqtt import Subscription
from assets.models import Protocol

logger = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks at what changed."""


class Subscriber:
    """All subscriptions of one process."""

    def __init__(self) -> None:
        self._directory = Directory()
        self._appender = append.BlockingAppender()
        self._tally = health.Tally()
        self._running: dict[int, Subscription] = {}
        self._refused: dict[int, FeedEntry] = {}

    def run(self, stop: threading.Event) -> None:
        """Subscribe until `stop` is set."""
        try:
            while not stop.wait(EVERY if self._running or self._refused else 0.1):
                self.look()
        finally:
            for subscription in self._running.values():
                subscription.stop(forget=False)
            self.flush()

    def look(self) -> None:
        """Start, change and stop subscriptions as the feeds say, and write the health."""
        try:
            feeds = self._directory.feeds_now()
        except (DatabaseError, InterfaceError):
            return
        wanted = {feed.id: feed for feed in feeds if feed.protocol == Protocol.MQTT and feed.enabled}
        for feed_id, subscription in list(self._running.items()):
            if feed_id not in wanted or _subscribed(wanted[feed_id]) != _subscribed(subscription.feed):
                del self._running[feed_id]
                subscription.stop(forget=True)
        for feed in wanted.values():
            if feed.id not in self._running and self._refused.get(feed.id) != feed:
                self._start(feed)
        self.flush()

    def _start(self, feed: FeedEntry) -> None:
        try:
            subscription = Subscription(feed, self._directory, self._appender, self._tally)
        except BadMapping as error:
            self._refused[feed.id] = feed
            health.failing(self._appender.redis, feed, str(error))
            return
        self._refused.pop(feed.id, None)
        subscription.start()
        self._running[feed.id] = subscription

    def flush(self) -> None:
        """Write what was counted."""
        try:
            addresses = self._tally.flush(self._appender.redis)
            if addresses:
                self._directory.run_now(lambda: unknown.keep(addresses, datetime.now(UTC)))
        except (redis.RedisError, DatabaseError, InterfaceError) as error:
            logger.warning("the health of feeds was not written: %s", error)


def _subscribed(feed: FeedEntry) -> tuple[object, ...]:
    """What a subscription depends on; a feed that changes in another way keeps its connection."""
    return feed.address, feed.mapping, feed.slug, feed.site
