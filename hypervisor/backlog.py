"""Tasks that are ordered and wait for a worker: how many, how many there may be, and whether anybody works at all."""

import time
from typing import NamedTuple

import redis

from assets import periodic

QUEUES = ("celery", "long", "commands")
"""Celery's default queue, and those of CELERY_TASK_ROUTES."""
MOST = 1_000
"""Tasks in the default queue beyond which beat orders no more: an hour without a worker would order 6,000, and none is of use
a few seconds later."""
IDLE = 60.0
"""Seconds without any periodic work done, while some is ordered, after which nobody works."""


class Backlog(NamedTuple):
    waiting: dict[str, int]
    stands: bool
    """Whether what beat orders is not done."""


def length(client: redis.Redis) -> int:
    """Tasks in the default queue. Raises redis.RedisError."""
    return client.llen(QUEUES[0])


def look(client: redis.Redis, reports: list[periodic.Report], now: float | None = None) -> Backlog:
    """What waits, and whether it is done; `now` in seconds since the epoch. Raises redis.RedisError."""
    waiting = {queue: client.llen(queue) for queue in QUEUES}
    worked_at = max((report.succeeded_at for report in reports), default=0.0)
    idle = (time.time() if now is None else now) - worked_at > IDLE
    return Backlog(waiting, waiting[QUEUES[0]] >= MOST or (idle and waiting[QUEUES[0]] > 0))
