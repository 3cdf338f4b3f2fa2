"""One device on its schedule; told when it is gone, and when it is back after how long."""

import asyncio
import datetime as dt
import logging

from connectors.delivery import Delivery, iso
from connectors.failures import Gone
from connectors.source import Source

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
"""Seconds between two attempts to reach a device that is gone."""


class Polled:
    """One device: `run` asks it for ever, `soon` has it asked now."""

    def __init__(self, source: Source, delivery: Delivery) -> None:
        self.source, self._delivery = source, delivery
        self._soon = asyncio.Event()
        self._heard_at: dt.datetime | None = None
        self._gone_since: dt.datetime | None = None

    def soon(self) -> None:
        self._soon.set()

    async def run(self) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        due = loop.time()
        while True:
            self._soon.clear()
            try:
                await self.poll()
                failures = 0
            except Gone as error:
                failures += 1
                self._gone(str(error))
            due = max(due + self.source.every, loop.time())
            pause = min(LONGEST_PAUSE, 2.0 ** min(failures, 5)) if failures else due - loop.time()
            try:
                await asyncio.wait_for(self._soon.wait(), pause)
            except TimeoutError:
                continue

    async def poll(self) -> None:
        """Read every value once. Raises Gone."""
        await self.source.read(self._tell)
        at = dt.datetime.now(dt.UTC)
        if self._gone_since is not None:
            self._back(self._gone_since, at)
        self._heard_at = at
        self._delivery.reading(self.source.address("online"), 1.0, at)

    def _tell(self, value_name: str, value: float) -> None:
        self.source.readable(value_name)
        self._delivery.reading(self.source.address(value_name), value, dt.datetime.now(dt.UTC))

    def _gone(self, why: str) -> None:
        at = dt.datetime.now(dt.UTC)
        if self._gone_since is None:
            self._gone_since = self._heard_at or at
            logger.warning("%s is gone: %s", self.source.name, why)
            self._delivery.event("device_gone", self.source.address("online"), at, why=why[:300])
        self._delivery.reading(self.source.address("online"), 0.0, at)

    def _back(self, since: dt.datetime, at: dt.datetime) -> None:
        seconds = round((at - since).total_seconds(), 1)
        logger.warning("%s is back: nothing was read for %g s", self.source.name, seconds)
        told = {"from": iso(since), "until": iso(at), "seconds": seconds}
        self._delivery.event("device_back", self.source.address("online"), at, **told)
        self._gone_since = None
