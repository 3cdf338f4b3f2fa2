"""Addresses that feeds speak of and no point has: kept with a sample, until somebody adopts them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from assets.feeds.intake import ADDRESS_LENGTH, SAMPLE_LENGTH
from assets.inventory.version import raise_version
from assets.models import Asset, Point, UnknownAddress
from assets.refusal import Refused

MOST_PER_FEED = 1_000
"""A supervisor that invents addresses must not fill the database."""


def keep(by_feed: Mapping[int, Mapping[str, tuple[int, str]]], now: datetime) -> None:
    """Remember addresses {feed: {address: (times seen, last value as text)}}; beyond MOST_PER_FEED new ones are let go.

    Raises DatabaseError.
    """
    for feed, addresses in by_feed.items():
        rows = [
            (address, seen, _clean(sample)) for address, (seen, sample) in sorted(addresses.items())
            if len(address) <= ADDRESS_LENGTH and "\0" not in address
        ]  # fmt: skip
        if rows:
            _upsert(feed, rows, now)


def _upsert(feed: int, rows: list[tuple[str, int, str]], now: datetime) -> None:
    addresses, seen, samples = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        # A feed or a point that came meanwhile is respected: both are asked in the statement itself.
        cursor.execute(
            """
            INSERT INTO assets_unknownaddress (feed_id, address, first_seen_at, last_seen_at, seen, sample)
            SELECT %(feed)s, given.address, %(now)s, %(now)s, given.seen, given.sample
            FROM (SELECT *, row_number() OVER (ORDER BY address) AS rank
                  FROM unnest(%(addresses)s::text[], %(seen)s::bigint[], %(samples)s::text[]) AS t (address, seen, sample)
                  WHERE NOT EXISTS (SELECT FROM assets_unknownaddress known
                                    WHERE known.feed_id = %(feed)s AND known.address = t.address)) AS given
            WHERE given.rank <= %(most)s - (SELECT count(*) FROM assets_unknownaddress WHERE feed_id = %(feed)s)
              AND EXISTS (SELECT FROM assets_feed WHERE id = %(feed)s FOR KEY SHARE)
              AND NOT EXISTS (SELECT FROM assets_point point WHERE point.feed_id = %(feed)s AND point.address = given.address)
            ON CONFLICT DO NOTHING
            """,
            {"feed": feed, "now": now, "addresses": addresses, "seen": seen, "samples": samples, "most": MOST_PER_FEED},
        )
        cursor.execute(
            """
            UPDATE assets_unknownaddress AS known
            SET seen = known.seen + given.seen, last_seen_at = %(now)s, sample = given.sample
            FROM unnest(%(addresses)s::text[], %(seen)s::bigint[], %(samples)s::text[]) AS given (address, seen, sample)
            WHERE known.feed_id = %(feed)s AND known.address = given.address AND known.last_seen_at < %(now)s
            """,
            {"feed": feed, "now": now, "addresses": addresses, "seen": seen, "samples": samples},
        )


def adopt(unknown: UnknownAddress, asset: Asset, quantity: str, *, unit: str = "", interval: int = 60) -> Point:
    """Make the address that of a point of `asset`: its existing point of that quantity if it is free, else a new one.

    The unknown address is forgotten and the site's inventory version grows, so that feeds know it within two seconds.
    Raises Refused.
    """
    feed = unknown.feed
    if feed.supervisor.site_id != asset.site_id:
        raise Refused(
            "other_site", "L’équipement n’est pas du site de ce flux.", "The asset belongs to another site than the feed."
        )
    try:
        with transaction.atomic():
            point, created = Point.objects.select_for_update().get_or_create(
                asset=asset, quantity=quantity,
                defaults={"unit": unit, "interval": interval, "feed": feed, "address": unknown.address},
            )  # fmt: skip
            if not created:
                if point.address and (point.feed_id, point.address) != (feed.id, unknown.address):
                    raise Refused(
                        "has_address", f"Le point {quantity} de {asset.code} a déjà l’adresse {point.address}.",
                        f"The point {quantity} of {asset.code} already has the address {point.address}.",
                    )  # fmt: skip
                point.feed, point.address = feed, unknown.address
                point.save(update_fields=["feed", "address"])
            unknown.delete()
            raise_version([asset.site_id])
    except IntegrityError as error:
        raise Refused(
            "address_taken", "Un autre point de ce flux a déjà cette adresse.",
            "Another point of this feed already has this address.",
        ) from error  # fmt: skip
    return point


def _clean(sample: str) -> str:
    return sample.replace("\0", "�")[:SAMPLE_LENGTH]
