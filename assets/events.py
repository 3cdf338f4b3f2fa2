"""Events in history: what supervisors reported that is not a measured value."""

import datetime as dt
import json
from collections.abc import Iterator

from django.db import connection, transaction

from assets.instants import instant, microseconds
from assets.log import Event
from assets.partitions import DAY, Partitions

COLUMNS = "site, feed, asset, address, at, received_at, kind, attributes"
PAGE = 5_000


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


def extent(site: int, start: dt.datetime, end: dt.datetime) -> tuple[int, int] | None:
    """The instants (µs) of the first and of the last event that is stored of a site in [start, end); None for none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(at), max(at) FROM event WHERE site = %s AND at >= %s AND at < %s", [site, start, end])
        first, last = cursor.fetchone()
    return None if first is None else (microseconds(first), microseconds(last))


def events_received(site: int, since: dt.datetime, furthest: dt.timedelta, kinds: list[str]) -> Iterator[tuple[int, Event]]:
    """(feed, event) of these kinds that were received since an instant, in the order in which they were; read a page at a time.

    furthest    an event that was so long on its way is left out: it is by their own instants that events are found
    """
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT feed, address, at, received_at, kind, asset, attributes::text FROM event "
            "WHERE site = %s AND at >= %s AND received_at >= %s AND kind = ANY(%s) ORDER BY received_at, tableoid, ctid",
            [site, since - furthest, since, kinds],
        )
        while rows := cursor.fetchmany(PAGE):
            for feed, address, at, received, kind, asset, attributes in rows:
                yield feed, Event(address, microseconds(at), microseconds(received), kind, asset, json.loads(attributes))


def events_between(
    site: int, start: dt.datetime, end: dt.datetime | None, kinds: list[str], page: int = PAGE
) -> Iterator[tuple[int, Event]]:
    """(feed, event) of these kinds in [start, end), in the order of their instants; read a page at a time, as they are taken.

    end    None: to the newest
    page   rows of a page; grows for as long as all of one are of one instant
    """
    rows = page
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT feed, address, at, received_at, kind, asset, attributes::text FROM event "
                "WHERE site = %s AND at >= %s AND at < coalesce(%s, 'infinity'::timestamptz) AND kind = ANY(%s) "
                "ORDER BY at, received_at LIMIT %s",
                [site, start, end, kinds, rows],
            )
            found = cursor.fetchall()
        whole = len(found) == rows
        last = found[-1][2] if found else start
        if whole and found[0][2] == last:
            rows *= 2
            continue
        for feed, address, at, received, kind, asset, attributes in found:
            if whole and at == last:  # there may be more of this instant: they begin the next page
                break
            yield feed, Event(address, microseconds(at), microseconds(received), kind, asset, json.loads(attributes))
        if not whole:
            return
        start, rows = last, page
