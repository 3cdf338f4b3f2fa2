"""The thin client: gathers what devices say, keeps it in the spool, and delivers it in order, again until it is taken."""

import asyncio
import contextlib
import datetime as dt
import logging
import random

import httpx

from connectors.settings import VigieSettings
from connectors.spool import Message, Spool

logger = logging.getLogger(__name__)

GATHER = 1.0
"""Seconds; what a process that is killed may lose."""
LONGEST_PAUSE = 30.0
NEVER = frozenset({400, 409, 413, 415, 422})
"""Answers to a message that would be the same for ever."""


def iso(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Delivery:
    """Whatever is said goes into the spool within a second; from there to Vigie."""

    def __init__(self, settings: VigieSettings, spool: Spool) -> None:
        """Raises BadSettings."""
        self._settings, self._spool, self._token = settings, spool, settings.value()
        self._readings: list[dict[str, object]] = []
        self._events: list[dict[str, object]] = []
        self._new = asyncio.Event()
        self._trouble = ""

    def reading(self, address: str, value: float, at: dt.datetime) -> None:
        self._readings.append({"address": address, "at": iso(at), "value": value})

    def event(self, kind: str, address: str, at: dt.datetime, **attributes: object) -> None:
        self._events.append({"kind": kind, "address": address, "at": iso(at), "attributes": attributes})

    async def keep(self) -> None:
        """Put what was said into the spool, every second, and what is left when this is cancelled."""
        try:
            while True:
                await asyncio.sleep(GATHER)
                self.flush()
                with contextlib.suppress(OSError):  # a full disk is told by what cannot be kept
                    self._spool.alive()
        finally:
            self.flush()

    def flush(self) -> None:
        for noun, items in (("readings", self._readings), ("events", self._events)):
            if not items:
                continue
            try:
                lost = self._spool.put(noun, items)
            except OSError as error:
                logger.error("%d %s cannot be kept and wait in memory: %s", len(items), noun, error)
                del items[:-100_000]
                continue
            items.clear()
            if lost is not None:
                logger.error("the spool is full: %d items from %s to %s gave way", lost.count, lost.since, lost.until)
                told = {"count": lost.count, "from": lost.since, "until": lost.until}
                self.event("readings_lost", "connector", dt.datetime.now(dt.UTC), **told)
        if len(self._spool):
            self._new.set()

    async def deliver(self) -> None:
        """Send what waits, oldest first, for ever."""
        headers = {"authorization": f"Token {self._token}", "user-agent": "vigie-connector"}
        timeout = self._settings.timeout
        async with httpx.AsyncClient(headers=headers, timeout=timeout, trust_env=False, follow_redirects=False) as client:
            attempt = 0
            while True:
                message = self._spool.oldest()
                if message is None:
                    self._new.clear()
                    await self._new.wait()
                    continue
                pause = await self._send(client, message, attempt)
                attempt = 0 if pause is None else attempt + 1
                if pause is not None:
                    await asyncio.sleep(pause)

    async def _send(self, client: httpx.AsyncClient, message: Message, attempt: int) -> float | None:
        """Send one message; None when it is dealt with, else for how many seconds to wait."""
        url = f"{self._settings.url.rstrip('/')}/api/v1/feeds/{self._settings.feed}/{message.noun}"
        headers = {"content-type": "application/json", "idempotency-key": message.key}
        try:
            answer = await asyncio.wait_for(client.post(url, content=message.body(), headers=headers), self._settings.timeout * 2)
        except FileNotFoundError:
            self._spool.drop(message)
            return None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            return self._wait(f"Vigie is not reached: {type(error).__name__} {error}".strip(), attempt)
        if answer.is_success:
            self._recovered()
            self._spool.drop(message)
            return None
        if answer.status_code in NEVER:
            logger.error("Vigie refuses a message of %s for good: %d %s", message.noun, answer.status_code, answer.text[:300])
            self._spool.drop(message)
            return None
        trouble = f"Vigie answers {answer.status_code} {answer.text[:200]}"
        return self._wait(trouble, attempt, answer.headers.get("retry-after", ""))

    def _wait(self, trouble: str, attempt: int, asked: str = "") -> float:
        if trouble != self._trouble:  # told once, and once when it is over
            logger.warning("%s; %d messages wait", trouble, len(self._spool))
            self._trouble = trouble
        longest = min(LONGEST_PAUSE, 2.0 ** min(attempt, 5))
        return min(LONGEST_PAUSE, float(asked)) if asked.isdigit() else random.uniform(longest / 2, longest)

    def _recovered(self) -> None:
        if self._trouble:
            logger.warning("Vigie takes messages again; %d wait", len(self._spool))
            self._trouble = ""
