"""Finds events in history for people: newest first, a page at a time, by what they ask for."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for of the events of a site; what is None or empty asks for nothing.

    attribute  a name and the value it must have, as text
    sectors    paths of the sectors beyond which nothing is seen; None: the whole site, and events about no asset
    moments    (asset, instant) of events that are meant, whatever else is asked for
    """

    site: int
    kind: str = ""
    asset: int | None = None
    feed: int | None = None
    attribute: tuple[str, str] | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    sectors: Collection[str] | None = None
    moments: Collection[tuple[int, dt.datetime]] = field(default=())


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """One event of history. `place` tells it from others of its instant, for as long as it is stored."""

    at: dt.datetime
    received_at: dt.datetime
    kind: str
    asset: int | None
    feed: int
    address: str
    attributes: dict[str, Any]
    place: str


def found_events(wanted: Wanted, after: tuple[dt.datetime, str] | None, limit: int) -> list[FoundEvent]:
    """The newest `limit` events that are wanted, of those before the instant and place of `after`."""
    conditions, values = _conditions(wanted)
    if after is not None:
        # Events of one instant are of one partition, in which a row stays where it is.
        conditions += ["at <= %s", "(at, ctid) < (%s, %s::tid)"]
        values += [after[0], *after]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at, received_at, kind, asset, feed, address, attributes::text::json, ctid::text FROM event "
            f"WHERE {' AND '.join(conditions)} ORDER BY at DESC, ctid DESC LIMIT %s",
            [*values, limit],
        )
        return [FoundEvent(*row) for row in cursor.fetchall()]


def _conditions(wanted: Wanted) -> tuple[list[str], list[Any]]:
    """Conditions in SQL, and the values they have."""
    conditions: list[str] = ["site = %s"]
    values: list[Any] = [wanted.site]
    plain = {
        "kind = %s": wanted.kind or None, "asset = %s": wanted.asset, "feed = %s": wanted.feed, "at >= %s": wanted.start,
        "at < %s": wanted.end,
    }  # fmt: skip
    for condition, value in plain.items():
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if wanted.attribute is not None:
        conditions.append("attributes ->> %s = %s")
        values += wanted.attribute
    if wanted.moments:
        conditions.append("(asset, at) IN (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]))")
        values += [[asset for asset, _ in wanted.moments], [at for _, at in wanted.moments]]
    if wanted.sectors is not None:
        conditions.append(
            "asset IN (SELECT a.id FROM assets_asset a JOIN assets_sector s ON s.id = a.sector_id "
            "WHERE a.site_id = %s AND EXISTS (SELECT 1 FROM unnest(%s::text[]) AS p "
            "WHERE s.path = p OR starts_with(s.path, p || '/')))"
        )
        values += [wanted.site, list(wanted.sectors)]
    return conditions, values
