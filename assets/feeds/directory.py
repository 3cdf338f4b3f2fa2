"""What each process knows of the feeds: who may push, and which address is which point; kept current, cheap to ask.

The hot path reads memory. At most once a second one query asks what changed; a feed that was disabled or given a new
token is known within two seconds. While PostgreSQL is away the last known state goes on serving, since what is accepted
is safe in the log without it.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from assets.feeds.intake import FeedBook, labels
from assets.models import Asset, Feed, Point

logger = logging.getLogger(__name__)
T = TypeVar("T")

FRESH, STALE = 1.0, 2.0
"""Seconds: younger than FRESH is served as is; older than STALE is not served before it was asked again."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One feed as the hot path needs it."""

    id: int
    slug: str
    site: int
    inventory_version: int
    protocol: str
    enabled: bool
    token_hash: str
    address: str
    mapping: dict[str, Any]
    expected_interval: int
    allow_private_address: bool
    site_allows_private: bool
    capture_until: datetime | None = None
    clock_ahead: float = 0.0

    @property
    def may_pull_privately(self) -> bool:
        """Whether a private address is allowed: by the feed, and by its site or by the installation."""
        return self.allow_private_address and (self.site_allows_private or settings.ALLOW_PRIVATE_PULL)


class Directory:
    """The feeds of every site, for one process. Thread-safe: what is shared is replaced, never changed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._feeds: dict[str, FeedEntry] = {}
        self._books: dict[int, tuple[int, FeedBook]] = {}
        self._codes: dict[int, tuple[int, dict[str, int]]] = {}
        self._asked_at = float("-inf")
        self._away = False
        # One thread of its own: Django keeps connections per thread, and questions queue rather than pile up.
        self._thread = ThreadPoolExecutor(1, "feed-directory")
        self._asking: asyncio.Future[None] | None = None

    # --- for event loops ---

    async def feed(self, slug: str) -> FeedEntry | None:
        """The feed of that slug. Raises DatabaseError when nothing was ever read and PostgreSQL is away."""
        age = self._clock() - self._asked_at
        if age >= FRESH:
            asking = self._ask()
            if age >= STALE:
                await self._patiently(asking)
        return self._feeds.get(slug)

    async def book(self, feed: FeedEntry) -> FeedBook:
        """The addresses of a feed. A changed inventory is read before it is answered for. Raises DatabaseError."""
        known = self._books.get(feed.id)
        if known is not None and known[0] == feed.inventory_version:
            return known[1]
        return await self.run(functools.partial(self._load_book, feed))

    async def asset_codes(self, feed: FeedEntry) -> dict[str, int]:
        """Asset code → asset id of the feed's site. Raises DatabaseError."""
        known = self._codes.get(feed.site)
        if known is not None and known[0] == feed.inventory_version:
            return known[1]
        return await self.run(functools.partial(self._load_asset_codes, feed))

    async def _patiently(self, asking: "asyncio.Future[None]") -> None:
        """A database that hangs holds up one request a second, not all of them; one that was never there, everybody."""
        if self._asked_at == float("-inf"):
            await asyncio.shield(asking)
        elif not (await asyncio.wait({asking}, timeout=FRESH))[0]:
            self._asked_at = self._clock() - FRESH

    def _ask(self) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        if self._asking is None or self._asking.done() or self._asking.get_loop() is not loop:
            self._asking = asyncio.ensure_future(self.run(self.refresh))
            self._asking.add_done_callback(_retrieve)
        return self._asking

    async def run(self, call: Callable[[], T]) -> T:
        """Do something with the database in the directory's thread, so that no event loop waits for it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, _then_disconnect, call)

    # --- for threads and commands ---

    def feeds_now(self) -> list[FeedEntry]:
        """Every feed, blocking, at most FRESH seconds old. Raises DatabaseError."""
        if self._clock() - self._asked_at >= FRESH:
            self.run_now(self.refresh)
        return list(self._feeds.values())

    def book_now(self, feed: FeedEntry) -> FeedBook:
        """As `book`, blocking."""
        known = self._books.get(feed.id)
        if known is not None and known[0] == feed.inventory_version:
            return known[1]
        return self.run_now(functools.partial(self._load_book, feed))

    def run_now(self, call: Callable[[], T]) -> T:
        """As `run`, blocking."""
        return self._thread.submit(_then_disconnect, call).result()

    # --- in the directory's own thread ---

    def _load_book(self, feed: FeedEntry) -> FeedBook:
        known = self._books.get(feed.id)
        if known is not None and known[0] == feed.inventory_version:
            return known[1]  # somebody was before us in the queue
        try:
            book = read_book(feed.id, feed.clock_ahead)
        except (DatabaseError, InterfaceError):
            if known is None:
                raise
            return known[1]
        self._books = {**self._books, feed.id: (feed.inventory_version, book)}
        return book

    def _load_asset_codes(self, feed: FeedEntry) -> dict[str, int]:
        known = self._codes.get(feed.site)
        if known is not None and known[0] == feed.inventory_version:
            return known[1]
        try:
            codes = dict(Asset.objects.filter(site=feed.site).values_list("code", "id"))
        except (DatabaseError, InterfaceError):
            if known is None:
                raise
            return known[1]
        self._codes = {**self._codes, feed.site: (feed.inventory_version, codes)}
        return codes

    def refresh(self) -> None:
        """Ask PostgreSQL now. Raises DatabaseError only when nothing was ever read."""
        began = self._clock()
        try:
            self._feeds = {feed.slug: feed for feed in read_feeds()}
        except (DatabaseError, InterfaceError) as error:
            if not self._away:
                logger.warning("PostgreSQL is away, feeds go on with what was last known: %s", str(error).splitlines()[0])
            self._away = True
            if self._asked_at == float("-inf"):
                raise
        else:
            if self._away:
                logger.info("PostgreSQL is back for the feeds")
            self._away = False
        self._asked_at = began


def read_feeds() -> list[FeedEntry]:
    """Every feed, in one query."""
    rows = Feed.objects.values_list(
        "id", "slug", "supervisor__site_id", "supervisor__site__inventory_version", "protocol", "enabled", "token_hash",
        "address", "mapping", "expected_interval", "allow_private_address", "supervisor__site__allow_private_pull",
        "capture_until", "clock_ahead",
    )  # fmt: skip
    return [FeedEntry(*row) for row in rows]


def read_book(feed: int, clock_ahead: float = 0.0) -> FeedBook:
    """The address book of one feed, in one query; equal code tables are shared."""
    points: dict[str, int] = {}
    codes: dict[int, dict[str, float]] = {}
    assets: dict[str, int] = {}
    tables: dict[tuple[tuple[str, object], ...], dict[str, float]] = {}
    rows = Point.objects.filter(feed=feed).exclude(address="").values_list("id", "address", "codes", "asset_id")
    for point, address, table, asset in rows.order_by().iterator(10_000):
        points[address] = point
        assets[address] = asset
        if table:
            written = tuple(table.items())
            if written not in tables:
                tables[written] = labels(table)
            codes[point] = tables[written]
    return FeedBook(points, codes, assets, round(clock_ahead * 1e6))


def _then_disconnect(call: Callable[[], T]) -> T:
    """No connection is kept between two questions: none goes stale, none holds up a database that is to be dropped."""
    try:
        return call()
    finally:
        connection.close()


def _retrieve(asking: "asyncio.Future[None]") -> None:
    """Whoever awaited has got the failure; when nobody did, the next question tells it."""
    if not asking.cancelled():
        asking.exception()


@functools.cache
def shared() -> Directory:
    """This process's directory."""
    return Directory()
