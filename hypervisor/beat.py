"""Celery's beat, which orders no more while nobody does what it ordered: without a worker its queue would grow for ever."""

import logging

import redis
from celery.beat import PersistentScheduler, ScheduleEntry
from celery.result import AsyncResult
from django.conf import settings

from hypervisor import backlog

logger = logging.getLogger(__name__)
TIMEOUT = 2.0


class Scheduler(PersistentScheduler):
    """As Celery's own; a task that is not ordered comes again at its next time."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        self._full = False
        super().__init__(*args, **kwargs)

    def apply_async(
        self, entry: ScheduleEntry, producer: object = None, advance: bool = True, **kwargs: object
    ) -> AsyncResult | None:
        """None while the queue is full."""
        if not self._is_full():
            return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        if advance:
            self.reserve(entry)
        return None

    def _is_full(self) -> bool:
        try:
            full = backlog.length(self._broker) >= backlog.MOST
        except redis.RedisError:
            return False  # then the task is not ordered either, and Celery says so
        if full != self._full:
            self._full = full
            if full:
                logger.error("%d tasks wait and nobody does them: no more are ordered until a worker runs", backlog.MOST)
            else:
                logger.warning("tasks are done again: periodic work is ordered as before")
        return full
