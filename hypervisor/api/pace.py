"""How fast one person may change things: each change is a line of a journal that is kept for good."""

import time

from redis.exceptions import RedisError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from assets import log

PERIOD = 60
"""Seconds in which changes are counted together."""


class Changes(BaseThrottle):
    """Ten a second: as fast as keys can be held down. While Valkey is away nothing is counted, and alarms can be acknowledged."""

    most = 600
    _kind = "changes"

    def allow_request(self, request: Request, view: object) -> bool:
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return True
        now = time.time()
        self._left = PERIOD - now % PERIOD
        key = f"pace:{self._kind}:{request.user.pk}:{int(now // PERIOD)}"
        try:
            counted, _ = log.shared().redis.pipeline(transaction=False).incr(key).expire(key, 2 * PERIOD).execute()
        except RedisError:
            return True
        return counted <= self.most

    def wait(self) -> float:
        return self._left


class Remarks(Changes):
    """What a person writes in their own words, up to 500 characters a line."""

    most = 30
    _kind = "comments"
