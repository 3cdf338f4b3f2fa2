"""Bounds how many requests are under way at once: each holds a thread and a connection of PostgreSQL until it is answered.

Some lanes are apart, so that what is slow or many does not hold up what is urgent. Feeds' batches pass before this
(assets/feeds/ways/push.py): they need no connection, and the log says when it is full.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.typing import ASGI3Application

from hypervisor.serving import refusals

logger = logging.getLogger(__name__)

RETRY_AFTER = 2
"""Seconds after which whoever was refused may try again."""


class Full(Exception):
    """Too many wait already, or this one waited too long."""


class Lane:
    def __init__(self, at_once: int, *, most_waiting: int = 600, patience: float = 10.0) -> None:
        self.at_once = at_once
        self.most_waiting = most_waiting
        self.patience = patience
        """Seconds a request waits for its turn."""
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The block is one of `at_once` under way, in the order of arrival. Raises Full."""
        if self._waiting >= self.most_waiting:
            raise Full
        self._waiting += 1
        try:
            async with asyncio.timeout(self.patience):
                await self._turns.acquire()
        except TimeoutError:
            raise Full from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


class Lanes:
    """The lanes of one process. Pages, API and tiles share `pages`."""

    def __init__(self) -> None:
        self.pages = Lane(24)
        self._apart = (
            (re.compile(r"/health/"), Lane(2)),  # or a full process would be taken for a dead one
            (re.compile(r"/static/"), Lane(16)),  # a page asks for a hundred files, and none of them for PostgreSQL
            (re.compile(r"/sites/[^/]+/cameras/"), Lane(8)),  # they wait for cameras, which may not answer
        )

    def of(self, path: str) -> Lane:
        return next((lane for pattern, lane in self._apart if pattern.match(path)), self.pages)


def bounded(application: ASGI3Application, lanes: Lanes | None = None) -> ASGI3Application:
    """The application, with every request in its lane; sockets, which hold no connection, pass."""
    lanes = lanes or Lanes()

    async def admitting(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        try:
            async with lanes.of(scope["path"]).turn():
                await application(scope, receive, send)
        except Full:
            logger.warning("too many requests at once: %s %r waits outside", scope["method"], scope["path"])
            await _send_away(scope["path"], send)

    return admitting  # type: ignore[return-value]


async def _send_away(path: str, send: Any) -> None:
    sentence = "Trop de demandes à la fois : réessayez dans un instant. / Too many requests at once: try again in a moment."
    kind, body = refusals.written(path, 503, "Too many requests at once: try again in a moment.", sentence)
    headers = [
        (b"content-type", kind.encode()), (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"%d" % RETRY_AFTER), (b"cache-control", b"no-store"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
