"""Import of points: which quantities each asset measures, in what unit, how often, and under which address of which feed.

The same discipline as for assets: compared first, refused row by row, written whole or not at all.
"""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from django.db import IntegrityError, connection

from assets.inventory import codes, point_rows, store
from assets.inventory.failures import ConcurrentChange, InventoryMoved, Reason, Refusal
from assets.inventory.point_changes import ExistingPoint, PointChange, PointDifference
from assets.inventory.point_rows import Point, PointRows
from assets.inventory.store import Progress
from assets.inventory.version import raise_version
from assets.models import Asset, Feed, Site

COLUMNS = ("asset_id", "quantity", "unit", "interval", "codes", "limits", "feed_id", "address")


def compare_points(site: Site, path: Path) -> PointDifference:
    """Read a file of points and compare it; nothing is written. Raises an InventoryFailure."""
    return _difference(point_rows.read(path), *_existing(site))


def apply_points(
    site: Site,
    path: Path,
    *,
    progress: Progress = lambda done, total: None,
    expected: str = "",
    without_refused: bool = False,
    accept_units: bool = False,
) -> PointDifference:
    """Compare and write in one transaction, or raise an InventoryFailure and write nothing."""
    read = point_rows.read(path)
    try:
        with store.alone(site):
            assets, feeds, existing = _existing(site)
            diff = _difference(read, assets, feeds, existing)
            if expected and diff.digest != expected:
                raise InventoryMoved()
            diff.require_applicable(accept_units=accept_units, without_refused=without_refused)
            if diff.new or diff.changed:
                _write(diff, assets, feeds, progress)
                raise_version([site.pk])
    except IntegrityError as error:
        raise ConcurrentChange() from error
    return diff


def _existing(site: Site) -> tuple[dict[str, int], dict[str, int], dict[tuple[str, str], ExistingPoint]]:
    """(asset code → id, feed slug → id, (code, quantity) → point) of the site."""
    assets = dict(Asset.objects.filter(site=site).order_by().values_list("code", "id"))
    feeds = dict(Feed.objects.filter(supervisor__site=site).values_list("slug", "id"))
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT point.id, code, quantity, unit, interval, feed.slug, point.address, codes::text, limits::text,"
            " latest.point_id IS NOT NULL"
            " FROM assets_point point JOIN assets_asset asset ON asset.id = point.asset_id"
            " LEFT JOIN assets_feed feed ON feed.id = point.feed_id"
            " LEFT JOIN assets_latest latest ON latest.point_id = point.id WHERE asset.site_id = %s",
            [site.pk],
        )
        points = {
            (code, quantity): ExistingPoint(
                id, Point(code, quantity, unit, interval, feed or "", address, decode(states), decode(limits)), has_readings
            )
            for id, code, quantity, unit, interval, feed, address, states, limits, has_readings in cursor.fetchall()
        }  # fmt: skip
    return assets, feeds, points


def _difference(
    read: PointRows, assets: dict[str, int], feeds: dict[str, int], existing: dict[tuple[str, str], ExistingPoint]
) -> PointDifference:
    good, refused = _of_the_site(read, assets, feeds, existing)
    diff = _compared(good, refused, existing)
    return replace(diff, refused=sorted(refused, key=lambda refusal: refusal.row), remarks=_remarks(good, existing))


NumberedPoints = list[tuple[int, Point]]


def _of_the_site(
    read: PointRows, assets: dict[str, int], feeds: dict[str, int], existing: dict[tuple[str, str], ExistingPoint]
) -> tuple[NumberedPoints, list[Refusal]]:
    """The rows whose asset and feed there are, each point once, and the refusals of all others."""
    refused = list(read.refused)
    twins = codes.Twins([*assets, *(point.asset for _, point in read.rows)])
    seen: dict[tuple[str, str], int] = {}
    good: NumberedPoints = []
    for row, point in read.rows:
        key = point.asset, point.quantity
        if point.asset not in assets:
            near = next((code for code in [twins.of(point.asset)] if code in assets), "")
            reason = Reason.NEARLY_ASSET if near else Reason.UNKNOWN_ASSET
            refused.append(Refusal(row, reason, {"code": point.asset[:80], "other": near}, point.asset))
        elif point.feed and point.feed not in feeds:
            refused.append(Refusal(row, Reason.UNKNOWN_FEED, {"feed": point.feed[:60]}, point.asset))
        elif key in seen:
            fields = {"code": point.asset, "quantity": point.quantity, "other": seen[key]}
            refused.append(Refusal(row, Reason.REPEATED_POINT, fields, point.asset))
        else:
            seen[key] = row
            good.append((row, read.completed(point, existing[key].point if key in existing else None)))
    return good, refused


def _compared(good: NumberedPoints, refused: list[Refusal], existing: dict[tuple[str, str], ExistingPoint]) -> PointDifference:
    """What these rows change; those whose address another point has are refused."""
    seen = {(point.asset, point.quantity) for _, point in good}
    # Addresses are judged as they would be after the import: two points may exchange theirs in one file.
    owner = {
        (known.point.feed, known.point.address): key for key, known in existing.items() if known.point.address and key not in seen
    }
    result = PointDifference()
    unchanged = 0
    for row, point in good:
        key, place = (point.asset, point.quantity), (point.feed, point.address)
        if point.address and (other := owner.setdefault(place, key)) != key:
            fields: dict[str, object] = {"address": point.address, "feed": point.feed, "other": " ".join(other)}
            refused.append(Refusal(row, Reason.REPEATED_ADDRESS, fields, point.asset))
            continue
        known = existing.get(key)
        if known is None:
            result.new.append(point)
        elif known.point == point:
            unchanged += 1
        else:
            result.changed.append(PointChange(row, known, point))
    return replace(result, unchanged=unchanged)


def _remarks(good: NumberedPoints, existing: dict[tuple[str, str], ExistingPoint]) -> list[codes.Remark]:
    """Addresses that look as if a spreadsheet had rewritten them, or that nearly are another one of the same feed."""
    rows: dict[str, NumberedPoints] = defaultdict(list)
    for row, point in good:
        if point.address:
            rows[point.feed].append((row, point))
    held: dict[str, list[str]] = defaultdict(list)
    for known in existing.values():
        held[known.point.feed].append(known.point.address)
    return [
        remark
        for feed, points in rows.items()
        for remark in codes.remarks(((row, point.address) for row, point in points), held[feed])
    ]


def _write(diff: PointDifference, assets: dict[str, int], feeds: dict[str, int], progress: Progress) -> None:
    total = len(diff.new) + len(diff.changed)
    counted = store.counter(progress, total)

    def row(point: Point) -> tuple[object, ...]:
        return (
            assets[point.asset], point.quantity, point.unit, point.interval, msgspec.json.encode(point.codes).decode(),
            msgspec.json.encode(point.limits).decode(), feeds.get(point.feed), point.address,
        )  # fmt: skip

    if diff.changed:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE changed_point ON COMMIT DROP AS SELECT id, {} FROM assets_point WITH NO DATA".format(
                    ", ".join(COLUMNS)
                )
            )
            store.copy("changed_point", ("id", *COLUMNS), counted((one.known.id, *row(one.after)) for one in diff.changed))
            # An address is unique per feed at every instant: free them all before giving any.
            cursor.execute("UPDATE assets_point SET address = '' FROM changed_point new WHERE assets_point.id = new.id")
            cursor.execute(
                "UPDATE assets_point point SET {} FROM changed_point new WHERE point.id = new.id".format(
                    ", ".join(f"{column} = new.{column}" for column in COLUMNS)
                )
            )
            cursor.execute("DROP TABLE changed_point")
    store.copy("assets_point", COLUMNS, counted(row(point) for point in diff.new))
    if total > store.MANY:
        store.analyze("assets_point")
    progress(total, total)
