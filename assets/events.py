"""Events in history: what supervisors reported that is not a measured value."""

import datetime as dt
import json

from django.db import connection

from assets.instants import instant, microseconds
from assets.log import Event
from assets.partitions import DAY, Partitions

COLUMNS = "site, feed, asset, address, at, received_at, kind, attributes"


def write_events(site: int, events: list[tuple[int, Event]], partitions: Partitions, now: int) -> None:
    """COPY (feed, event) pairs into their partitions, inside the caller's transaction."""
    for day in {event.at // DAY for _, event in events}:
        partitions.for_day("event", day * DAY, now)
    with connection.cursor() as cursor, cursor.copy(f"COPY event ({COLUMNS}) FROM STDIN") as copy:
        for feed, event in events:
            copy.write_row((
                site, feed, event.asset, event.address, instant(event.at), instant(event.received), event.kind,
                json.dumps(event.attributes, ensure_ascii=False),
            ))  # fmt: skip


def events_since(site: int, start: dt.datetime, kinds: list[str]) -> list[tuple[int, Event]]:
    """(feed, event) of these kinds at or after `start`, in the order of their instants."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT feed, address, at, received_at, kind, asset, attributes::text FROM event "
            "WHERE site = %s AND at >= %s AND kind = ANY(%s) ORDER BY at, received_at",
            [site, start, kinds],
        )
        return [
            (feed, Event(address, microseconds(at), microseconds(received), kind, asset, json.loads(attributes)))
            for feed, address, at, received, kind, asset, attributes in cursor.fetchall()
        ]
