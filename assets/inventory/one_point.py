"""One point of an asset as an administrator writes it: checked as an import's are, one at a time."""

from typing import Any

from django.db import IntegrityError, transaction

from assets.inventory.point_changes import ExistingPoint, PointChange
from assets.inventory.point_rows import Point as Words
from assets.inventory.version import raise_version
from assets.models import Asset, Feed, Latest, Point
from assets.refusal import Meaning, Refused

MOST = 500
"""Points of one asset."""


def add_point(
    asset: Asset, quantity: str, *, unit: str, interval: int, codes: dict[str, str], limits: dict[str, float],
    feed: Feed | None, address: str,
) -> Point:  # fmt: skip
    """Raises Refused."""
    _check(feed, address)
    if asset.points.count() >= MOST:
        raise Refused("too_many", f"Il y en a {MOST} au plus.", f"There are {MOST} at most.")
    if asset.points.filter(quantity=quantity).exists():
        raise _wrong("quantity", "Cet équipement la mesure déjà.", "This asset measures it already.")
    try:
        with transaction.atomic():
            row = Point.objects.create(
                asset=asset, quantity=quantity, unit=unit, interval=interval, codes=codes, limits=limits, feed=feed,
                address=address,
            )  # fmt: skip
            raise_version([asset.site_id])
    except IntegrityError as error:
        raise _taken() from error
    return row


def change_point(
    row: Point, *, unit: str, interval: int, codes: dict[str, str], limits: dict[str, float], feed: Feed | None, address: str,
    accept_meaning: bool,
) -> dict[str, tuple[Any, Any]]:  # fmt: skip
    """field → (before, after) of what changed. Raises Refused, also while its numbers get another meaning unaccepted."""
    _check(feed, address)
    before = as_words(row)
    slug = feed.slug if feed else ""
    after = before._replace(unit=unit, interval=interval, codes=codes, limits=limits, feed=slug, address=address)
    change = PointChange(0, ExistingPoint(row.pk, before, Latest.objects.filter(point=row.pk).exists()), after)
    if change.changes_meaning and not accept_meaning:
        raise _wrong(
            "accept_meaning", f"{change.shown} : les limites, les règles et l’historique gardent leurs nombres.",
            f"{change.shown}: limits, rules and history keep their numbers.",
        )  # fmt: skip
    if not change.fields:
        return {}
    row.unit, row.interval, row.codes, row.limits, row.feed, row.address = unit, interval, codes, limits, feed, address
    try:
        with transaction.atomic():
            row.save(update_fields=["unit", "interval", "codes", "limits", "feed", "address"])
            raise_version([row.asset.site_id])
    except IntegrityError as error:
        raise _taken() from error
    return change.fields


def delete_point(row: Point) -> None:
    """Delete a point that never read anything. Raises Refused."""
    with transaction.atomic():
        if Latest.objects.filter(point=row.pk).exists():
            raise Refused(
                "has_readings", "Il a des mesures, que l’historique garde : sans flux il n’en reçoit plus.",
                "It has readings, which history keeps: without a feed it receives none any more.",
            )  # fmt: skip
        row.delete()
        raise_version([row.asset.site_id])


def _check(feed: Feed | None, address: str) -> None:
    if address and feed is None:
        raise _wrong("feed", "Une adresse est celle d’un flux : le choisir.", "An address is one of a feed: choose it.")


def as_words(point: Point) -> Words:
    """The point as files of points tell it."""
    feed = point.feed.slug if point.feed else ""
    return Words(point.asset.code, point.quantity, point.unit, point.interval, feed, point.address, point.codes, point.limits)


def _wrong(field: str, fr: str, en: str) -> Refused:
    return Refused(f"bad_{field}", fr, en, meaning=Meaning.INVALID, field=field)


def _taken() -> Refused:
    return _wrong("address", "Un autre point de ce flux a déjà cette adresse.", "Another point of this feed has this address.")
