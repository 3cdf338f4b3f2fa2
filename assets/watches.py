"""Points that somebody waits for: each of their readings is handed on one by one, in the transaction that stores it.

The only writer of Watch and Sighting. Whoever asks for something (a command, say) begins a watch before it asks; what comes
afterwards is sighted, in the order in which it was committed, exactly once. What a broker retained, what comes late or twice is
history and no sighting; a retained reading has no reception of its own.
"""

import datetime as dt
from collections.abc import Collection

import numpy as np
from django.db import connection

from assets.instants import instant
from assets.models import Sighting, Watch
from assets.readings import Readings

MOST = 10_000
"""Sightings taken at once."""

_POINTS = "SELECT point_id FROM assets_watch WHERE until > now()"
"""Of every site: each commit asks, and a join to the site's inventory costs more than the few points of another. What nobody
ends is over with its time: what is handed on must not pile up for ever."""
_BEGIN = (
    "INSERT INTO assets_watch AS old (point_id, until) SELECT id, %s FROM assets_point WHERE id = ANY(%s) "
    "ON CONFLICT (point_id) DO UPDATE SET until = greatest(old.until, excluded.until)"
)
_TAKE = (
    "DELETE FROM assets_sighting WHERE id IN (SELECT id FROM assets_sighting WHERE site_id = %s ORDER BY id LIMIT %s "
    "FOR UPDATE SKIP LOCKED) RETURNING id, point, at, received_at, value, quality"
)


def begin(points: Collection[int], until: dt.datetime) -> None:
    """Hand on what is read of these points until then at least."""
    if points:
        with connection.cursor() as cursor:
            cursor.execute(_BEGIN, [until, list(points)])


def end_over(now: dt.datetime) -> None:
    """End the watches whose time is over."""
    Watch.objects.filter(until__lt=now).delete()


def note(site: int, readings: Readings) -> None:
    """Sight what is watched among readings that were judged in order, inside the transaction that stores them."""
    with connection.cursor() as cursor:
        cursor.execute(_POINTS)
        watched = cursor.fetchall()
    if not watched:
        return
    rows = np.flatnonzero(np.isin(readings.point, np.array(watched, np.int64)))
    Sighting.objects.bulk_create(
        Sighting(
            site_id=site, point=int(readings.point[row]), at=instant(readings.at[row]),
            received_at=instant(readings.received[row]), value=float(readings.value[row]), quality=int(readings.quality[row]),
        )
        for row in rows.tolist()
    )  # fmt: skip


def take(site: int) -> list[Sighting]:
    """The next sightings of a site, oldest first; they are gone once the caller's transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [site, MOST])
        found = [Sighting(id_, site, *values) for id_, *values in cursor.fetchall()]
    return sorted(found, key=lambda each: each.pk)
