"""Import of points: which quantities each asset measures, in what unit, how often, and under which address of which feed.

The columns are ours: asset_code, quantity, unit, interval, feed, address, codes, limits; the last two hold JSON objects.
The same discipline as for assets: compared first, refused row by row, written whole or not at all.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.db import IntegrityError, connection

from assets.inventory import store, table, text
from assets.inventory.failures import ConcurrentChange, InventoryMoved, MissingColumn, Reason, Refusal, RefusedRows
from assets.inventory.mapping import Fields, Mapping
from assets.inventory.store import Progress
from assets.models import Asset, Feed, Site

COLUMNS = ("asset_id", "quantity", "unit", "interval", "codes", "limits", "feed_id", "address")
_REQUIRED = ("asset_code", "quantity")
_OPTIONAL = ("unit", "interval", "feed", "address", "codes", "limits")
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")
_LONGEST_INTERVAL = 2**31 - 1
_PLAIN = Mapping(fields=Fields(), format="csv")


class Point(NamedTuple):
    """One point as words; `feed` and `address` are "" for none, `interval` is in seconds."""

    asset: str
    quantity: str
    unit: str
    interval: int
    feed: str
    address: str
    codes: dict[str, Any]
    limits: dict[str, Any]


class Known(NamedTuple):
    id: int
    point: Point


@dataclass(frozen=True, slots=True)
class PointDifference:
    """What an import of points would write; points that the file lacks are kept."""

    new: list[Point] = field(default_factory=list)
    changed: list[tuple[int, Point]] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode([self.new, self.changed])).hexdigest()


def compare_points(site: Site, path: Path) -> PointDifference:
    """Read a file of points and compare it; nothing is written. Raises an InventoryFailure."""
    rows, refused = _parse(path)
    return _difference(rows, refused, *_known(site))


def apply_points(
    site: Site, path: Path, *, progress: Progress = lambda done, total: None, expected: str = "", without_refused: bool = False
) -> PointDifference:
    """Compare and write in one transaction, or raise an InventoryFailure and write nothing."""
    rows, refused = _parse(path)
    try:
        with store.alone(site):
            assets, feeds, existing = _known(site)
            diff = _difference(rows, refused, assets, feeds, existing)
            if expected and diff.digest != expected:
                raise InventoryMoved()
            if diff.refused and not without_refused:
                raise RefusedRows(count=len(diff.refused))
            if diff.new or diff.changed:
                _write(diff, assets, feeds, progress)
                store.touch(site)
    except IntegrityError as error:
        raise ConcurrentChange() from error
    return diff


def _parse(path: Path) -> tuple[list[tuple[int, Point]], list[Refusal]]:
    """(row, point) of what stands by itself."""
    read = table.parse(table.load(path), _PLAIN)
    for name in _REQUIRED:
        if name not in read.columns:
            raise MissingColumn(field=name, column=name, columns=", ".join(list(read.columns)[:30]))
    cells = [
        [text.tidy(cell) for cell in read.columns[name]] if name in read.columns else [""] * len(read)
        for name in (*_REQUIRED, *_OPTIONAL)
    ]
    rows, refused = [], list(read.refused)
    for row, asset, quantity, unit, interval, feed, address, codes, limits in zip(read.row, *cells, strict=True):
        problem = _problem(asset, quantity, unit, interval, feed, address)
        decoded = {name: _object(word) for name, word in (("codes", codes), ("limits", limits))}
        broken = [name for name, value in decoded.items() if value is None]
        if broken and problem is None:
            problem = Reason.BROKEN_JSON, {"field": broken[0]}
        if problem:
            refused.append(Refusal(row, *problem, code=asset))
        else:
            point = Point(asset, quantity, unit, int(interval or 60), feed, address, decoded["codes"], decoded["limits"])
            rows.append((row, point))
    return rows, refused


def _problem(
    asset: str, quantity: str, unit: str, interval: str, feed: str, address: str
) -> tuple[Reason, dict[str, object]] | None:
    """What is wrong with one row by itself, None when nothing is."""
    if not asset:
        return Reason.NO_CODE, {}
    if not quantity:
        return Reason.NO_QUANTITY, {}
    if not _SLUG.fullmatch(quantity):
        return Reason.BAD_QUANTITY, {"quantity": quantity[:60]}
    if interval and not (interval.isascii() and interval.isdigit() and 0 < int(interval[:12]) <= _LONGEST_INTERVAL):
        return Reason.BAD_INTERVAL, {"value": interval[:40]}
    if address and not feed:
        return Reason.NO_FEED, {}
    for name, word, limit in (("unit", unit, 20), ("address", address, 200)):
        if len(word) > limit:
            return Reason.TOO_LONG, {"field": name, "limit": limit}
        if not word.isprintable():
            return Reason.BAD_CHARACTER, {"field": name}
    return None


def _object(word: str) -> dict[str, Any] | None:
    if not word:
        return {}
    try:
        value = msgspec.json.decode(word, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None
    return None if "\\u0000" in word else value


def _known(site: Site) -> tuple[dict[str, int], dict[str, int], dict[tuple[str, str], Known]]:
    """(asset code → id, feed slug → id, (code, quantity) → point) of the site."""
    assets = dict(Asset.objects.filter(site=site).order_by().values_list("code", "id"))
    feeds = dict(Feed.objects.filter(supervisor__site=site).values_list("slug", "id"))
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT point.id, code, quantity, unit, interval, feed.slug, point.address, codes::text, limits::text"
            " FROM assets_point point JOIN assets_asset asset ON asset.id = point.asset_id"
            " LEFT JOIN assets_feed feed ON feed.id = point.feed_id WHERE asset.site_id = %s",
            [site.pk],
        )
        points = {
            (code, quantity): Known(id, Point(code, quantity, unit, interval, feed or "", address, decode(codes), decode(limits)))
            for id, code, quantity, unit, interval, feed, address, codes, limits in cursor.fetchall()
        }
    return assets, feeds, points


def _difference(
    rows: list[tuple[int, Point]],
    refused: list[Refusal],
    assets: dict[str, int],
    feeds: dict[str, int],
    existing: dict[tuple[str, str], Known],
) -> PointDifference:
    refused = list(refused)
    seen: dict[tuple[str, str], int] = {}
    good: list[tuple[int, Point]] = []
    for row, point in rows:
        key = point.asset, point.quantity
        if point.asset not in assets:
            refused.append(Refusal(row, Reason.UNKNOWN_ASSET, {"code": point.asset[:80]}, point.asset))
        elif point.feed and point.feed not in feeds:
            refused.append(Refusal(row, Reason.UNKNOWN_FEED, {"feed": point.feed[:60]}, point.asset))
        elif key in seen:
            fields = {"code": point.asset, "quantity": point.quantity, "other": seen[key]}
            refused.append(Refusal(row, Reason.REPEATED_POINT, fields, point.asset))
        else:
            seen[key] = row
            good.append((row, point))
    # Addresses are judged as they would be after the import: two points may exchange theirs in one file.
    owner = {
        (known.point.feed, known.point.address): key for key, known in existing.items() if known.point.address and key not in seen
    }
    result = PointDifference(refused=refused)
    unchanged = 0
    for row, point in good:
        key, place = (point.asset, point.quantity), (point.feed, point.address)
        if point.address and (other := owner.setdefault(place, key)) != key:
            fields = {"address": point.address, "feed": point.feed, "other": " ".join(other)}
            refused.append(Refusal(row, Reason.REPEATED_ADDRESS, fields, point.asset))
            continue
        known = existing.get(key)
        if known is None:
            result.new.append(point)
        elif known.point == point:
            unchanged += 1
        else:
            result.changed.append((known.id, point))
    refused.sort(key=lambda refusal: refusal.row)
    return PointDifference(result.new, result.changed, unchanged, refused)


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
            store.copy("changed_point", ("id", *COLUMNS), counted((id, *row(point)) for id, point in diff.changed))
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
