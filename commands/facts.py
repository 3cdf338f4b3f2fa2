"""What is known of assets before they are commanded: who locked them out, and what they read now."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from assets.models import Asset, Latest, Point
from commands.interlocks import Facts, InterlockReading, Lockout
from commands.spec import Type
from commands.wording import Words

ATTRIBUTE = "attribute:"
RECENT = dt.timedelta(seconds=90)
"""The newest readings are refreshed once a minute (assets.models.Latest): what is younger is in history."""

Lockouts = Callable[[Collection[int], dt.datetime], dict[int, list[tuple[str, str, dt.datetime]]]]
"""A room's: by asset, (works or out_of_service, the reason somebody gave, until when). settings.LOCKOUTS names them."""

_SINCE = (
    "SELECT DISTINCT ON (point) point, at, value FROM reading WHERE point = ANY(%s) AND at > %s AND quality < 2 "
    "ORDER BY point, at DESC"
)


class PointValue(NamedTuple):
    at: dt.datetime
    value: float


@dataclass(frozen=True, slots=True)
class AssetPlace:
    """One reading that an asset's facts look at: `of` and `quantity` as in spec.Type.quantities, and whose point it is."""

    asset: int
    of: str
    quantity: str
    point: int
    interval: int
    code: str


def lockouts(assets: Collection[Asset], now: dt.datetime) -> dict[int, list[Lockout]]:
    """By asset, what people keep it from being commanded for."""
    zones = {asset.pk: ZoneInfo(asset.site.timezone) for asset in assets}
    found: dict[int, list[Lockout]] = {}
    for path in settings.LOCKOUTS:
        told: Lockouts = import_string(path)
        for pk, each in told([*zones], now).items():
            found.setdefault(pk, []).extend(Lockout(kind, reason, _shown(until, zones[pk])) for kind, reason, until in each)
    return found


def _shown(moment: dt.datetime, zone: ZoneInfo) -> Words:
    local = moment.astimezone(zone)
    return Words(f"{local:%d/%m/%Y %H:%M}", f"{local:%Y-%m-%d %H:%M}")


def of_assets(wanted: Iterable[tuple[Asset, Type]], now: dt.datetime) -> dict[int, Facts]:
    """The facts of each asset that the interlocks of these types look at, in a few queries however many there are."""
    asked = list(wanted)
    assets = {asset.pk: asset for asset, _ in asked}
    places = _places(assets, {(asset.pk, of, quantity) for asset, type_ in asked for of, quantity in type_.quantities()})
    values = newest({place.point for place in places}, now)
    locked = lockouts(assets.values(), now)
    readings: dict[int, dict[tuple[str, str], list[InterlockReading]]] = {pk: {} for pk in assets}
    for place in places:
        read = values.get(place.point)
        told = InterlockReading(
            None if read is None else max(0.0, (now - read.at).total_seconds()), 0.0 if read is None else read.value,
            place.interval, asset=place.code,
        )  # fmt: skip
        readings[place.asset].setdefault((place.of, place.quantity), []).append(told)
    return {pk: Facts(tuple(locked.get(pk, ())), {where: tuple(found) for where, found in readings[pk].items()}) for pk in assets}


def newest(points: Collection[int], now: dt.datetime) -> dict[int, PointValue]:
    """The newest reading of each of these points that may be used, also one that was committed a moment ago."""
    found = {
        point: PointValue(at, value)
        for point, at, value in Latest.objects.filter(point_id__in=points, quality__lt=2).values_list("point_id", "at", "value")
    }
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [list(points), now - RECENT])
        for point, at, value in cursor.fetchall():
            if point not in found or found[point].at < at:
                found[point] = PointValue(at, value)
    return found


def _places(assets: dict[int, Asset], wanted: set[tuple[int, str, str]]) -> list[AssetPlace]:
    """Where to look: the points of the assets themselves, of what they depend on, and of those that an attribute names."""
    places: list[AssetPlace] = []
    others: dict[tuple[int, str], list[int]] = {}
    named: dict[tuple[int, str], list[str]] = {}
    for pk, of, _ in wanted:
        if of == "asset":
            others[pk, of] = [pk]
        elif of == "parent":
            above = assets[pk].depends_on_id
            others[pk, of] = [above] if above is not None else []
        else:
            named[pk, of] = _codes(assets[pk].attributes.get(of.removeprefix(ATTRIBUTE)))
    sites = {asset.site_id for asset in assets.values()}
    codes = {code for each in named.values() for code in each}
    known = Asset.objects.filter(site_id__in=sites, code__in=codes, retired_at=None) if codes else Asset.objects.none()
    ids = {(site, code): pk for site, code, pk in known.values_list("site_id", "code", "pk")}
    for (pk, of), each in named.items():
        others[pk, of] = [found for code in each if (found := ids.get((assets[pk].site_id, code))) is not None]
    quantities = {quantity for _, _, quantity in wanted}
    everyone = {other for each in others.values() for other in each}
    rows = Point.objects.filter(asset_id__in=everyone, quantity__in=quantities)
    points = {
        (asset, quantity): (pk, interval, code)
        for asset, quantity, pk, interval, code in rows.values_list("asset_id", "quantity", "pk", "interval", "asset__code")
    }
    for pk, of, quantity in sorted(wanted):
        for other in others[pk, of]:
            if (point := points.get((other, quantity))) is not None:
                places.append(AssetPlace(pk, of, quantity, *point))
    return places


def _codes(told: object) -> list[str]:
    """An attribute that names assets: one code, or a list of them."""
    each = told if isinstance(told, list) else [told]
    return [code for code in each if isinstance(code, str) and code][:20]
