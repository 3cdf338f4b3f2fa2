"""The live channel of a site: one message per commit, sent after it; a client that missed one asks for the range again.

What it carries are journal lines and, by noun, the rows they changed, as the rooms of settings.NOUNS offer them.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from msgspec import Raw
from redis.exceptions import RedisError

from journal import nouns
from journal.lines import Lines
from journal.models import Ledger
from journal.nouns import Row
from journal.page import Page, open_page
from journal.rows import entries_between

logger = logging.getLogger(__name__)

MAX_CARRIED = 200_000
"""Bytes of rows the layer carries; a larger change is fetched from the database by each web process, once."""
MAX_ANNOUNCED = 40
"""Journal lines beyond which the rows are not even read here: each web process at which somebody looks reads them, once."""
_split = msgspec.json.Decoder(list[Raw]).decode


class LiveChange(NamedTuple):
    """Journal lines and, by noun, the rows they changed, as JSON arrays; a noun without a row is not there."""

    lines: bytes
    rows: dict[str, bytes]

    def size(self) -> int:
        return len(self.lines) + sum(map(len, self.rows.values()))


def group_name(site: int) -> str:
    return f"live.{site}"


def state(site: int) -> int:
    """Number of the site's last journal line."""
    return Ledger.objects.filter(site_id=site).values_list("seq", flat=True).first() or 0


def change(site: int, first: int, last: int) -> LiveChange:
    """What the journal's numbers first..last changed. What changed again since comes with its later number."""
    lines = Lines(site, first, last, msgspec.json.encode(entries_between(site, first, last)))
    rows: dict[str, Sequence[Row]] = {}
    for noun in nouns.every():
        rows[noun.name] = noun.changed(lines, rows)
    return LiveChange(lines.encoded, {name: msgspec.json.encode(each) for name, each in rows.items() if each})


def within(
    sectors: tuple[str, ...], site: int, first: int, last: int, change: LiveChange
) -> tuple[LiveChange, dict[str, list[int]]]:
    """(what of a change is for whoever sees these sectors, ids by noun of what they may have seen and see no longer)."""
    lines = Lines(site, first, last, change.lines)
    rows: dict[str, bytes] = {}
    readable: dict[str, set[int]] = {}
    gone: dict[str, list[int]] = {}
    for noun in nouns.every():
        seen = noun.within(sectors, _split(change.rows.get(noun.name, b"[]")), lines)
        readable[noun.name] = set(seen.readable)
        if seen.rows:
            rows[noun.name] = b"[%s]" % b",".join(seen.rows)
        if seen.gone:
            gone[noun.name] = sorted(seen.gone)
    return LiveChange(lines.readable(readable), rows), gone


def open_rows(site: int, sectors: tuple[str, ...] | None) -> dict[str, Sequence[Row]]:
    """What is open now, by noun, as whoever sees these sectors (None: the whole site) may read it."""
    return {noun.name: noun.open_rows(site, sectors) for noun in nouns.every()}


def message(site: int, first: int, last: int) -> dict[str, object]:
    """What the group is told of a commit; without lines and rows, each web process fetches them for itself."""
    told: dict[str, object] = {"type": "live.entries", "first": first, "last": last, "lines": None, "rows": None}
    if last - first < MAX_ANNOUNCED:
        made = change(site, first, last)
        if made.size() <= MAX_CARRIED:
            told |= made._asdict()
    return told


def announce(site: int, first: int, last: int) -> None:
    """Tell the layer after the commit, from a request or a task. With the layer away, clients catch up by the pulse."""
    try:
        async_to_sync(get_channel_layer().group_send)(group_name(site), message(site, first, last))
    except (RedisError, OSError) as error:
        logger.warning("site %s: lines %s to %s were committed but not announced: %s", site, first, last, error)


def publish(page: Page) -> None:
    """Store a page's lines, and tell the desks once the transaction is committed; a page without lines tells nothing."""
    page.close()
    if len(page):
        transaction.on_commit(lambda: announce(page.site, page.first, page.seq))


@contextlib.contextmanager
def writing(site: int) -> Iterator[Page]:
    """One transaction that ends with its lines, told to the desks after the commit. Lock rows before."""
    with transaction.atomic():
        page = open_page(site)
        yield page
        publish(page)


class Announcer:
    """Tells the layer from a process without an event loop, through one loop of its own that keeps its connections."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._layer = get_channel_layer()

    def announce(self, site: int, first: int, last: int) -> None:
        """Call after the commit, as `announce`."""
        try:
            self._loop.run_until_complete(self._layer.group_send(group_name(site), message(site, first, last)))
        except (RedisError, OSError) as error:
            logger.warning("site %s: lines %s to %s were committed but not announced: %s", site, first, last, error)

    def close(self) -> None:
        with contextlib.suppress(RedisError, OSError):
            self._loop.run_until_complete(self._layer.flush())
        self._loop.close()
