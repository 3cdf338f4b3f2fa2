"""The live channel of a site: one message per commit, sent after it; a client that missed one asks for the range again."""

import asyncio
import contextlib
import logging

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from alarms.incidents.rows import incident_row, incident_rows
from alarms.journal import Page
from alarms.models import Incident, Ledger
from alarms.rows import alarms_moved, entries_between

logger = logging.getLogger(__name__)

MAX_CARRIED = 200_000
"""Bytes of rows the layer carries; a larger change is fetched from the database by each web process, once."""

MAX_ANNOUNCED = 400
"""Journal lines beyond which the rows are not even read here: the reader of a burst is the web process."""


MAX_INCIDENTS = 200
"""Incidents told at once, the newest: they are a handful, and a frame has a limit."""


def group_name(site: int) -> str:
    return f"live.{site}"


def state(site: int) -> int:
    """Number of the site's last journal line."""
    return Ledger.objects.filter(site_id=site).values_list("seq", flat=True).first() or 0


FEW = 3
"""Incidents that are asked one by one, each by a statement planned once."""

Changes = tuple[list[dict[str, object]], list[dict[str, object]], list[dict[str, object]]]


def changes(site: int, first: int, last: int) -> Changes:
    """(alarm rows, journal lines, incident rows) of the journal's numbers first..last; an alarm that moved again comes with
    its later number. Incidents are those that changed and those whose alarms did: their counts are others now.
    """
    alarms, entries = alarms_moved(site, first, last), entries_between(site, first, last)
    touched = {row["incident"]["id"] for row in alarms if row["incident"] is not None}
    touched |= {entry["incident"] for entry in entries if entry["incident"] is not None}
    if len(touched) <= FEW:
        return alarms, entries, [row for row in map(incident_row, sorted(touched)) if row is not None]
    incidents = Incident.objects.filter(id__in=sorted(touched)[-MAX_INCIDENTS:]).order_by("id")
    return alarms, entries, incident_rows(incidents)


def message(site: int, first: int, last: int) -> dict[str, object]:
    """What the group is told of a commit: rows as encoded JSON arrays, or None when they are to be fetched."""
    told: dict[str, object] = {
        "type": "live.entries", "first": first, "last": last, "alarms": None, "entries": None, "incidents": None,
    }  # fmt: skip
    if last - first < MAX_ANNOUNCED:
        alarms, entries, incidents = (msgspec.json.encode(rows) for rows in changes(site, first, last))
        if len(alarms) + len(entries) + len(incidents) <= MAX_CARRIED:
            told |= {"alarms": alarms, "entries": entries, "incidents": incidents}
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
