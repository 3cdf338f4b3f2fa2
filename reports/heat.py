"""How often each asset and sector called over a period: what the map of heat shows. Read from annunciations that were heard."""

from collections.abc import Collection

import msgspec
from django.db.models import Count, Min

from assets.models import Asset, Sector
from assets.sector_filters import within
from reports.models import Annunciation
from reports.periods import Period

MOST = 5_000
"""Assets on the map, those that called most; sums count all."""


class Called(msgspec.Struct, frozen=True):
    """`worst`: number of the worst severity it called with."""

    count: int
    worst: int
    asset: Asset


class Heat(msgspec.Struct, frozen=True):
    """`assets` and `sectors` with the most first. `total` counts all that was heard, `nowhere` what no asset of today has."""

    total: int
    nowhere: int
    assets: list[Called]
    sectors: list[tuple[Sector, int]]


def of_period(site: int, period: Period, severities: Collection[int], sees: Collection[str] | None) -> Heat:
    """`severities`: none is all. `sees`: paths of sectors the reader is confined to, None the whole site. Four queries."""
    heard = Annunciation.objects.filter(
        within(sees), site_id=site, at__gte=period.begin, at__lt=period.end, unheard=Annunciation.Unheard.HEARD
    )
    if severities:
        heard = heard.filter(severity__in=severities)
    counted = heard.order_by().values_list("asset").annotate(n=Count("pk"), worst=Min("severity")).order_by("-n", "asset")
    rows = list(counted)
    known = Asset.objects.select_related("sector").defer("sector__polygon")
    assets = known.in_bulk([pk for pk, _n, _worst in rows[:MOST] if pk is not None])
    of_sectors = dict(heard.exclude(sector=None).order_by().values_list("sector").annotate(n=Count("pk")))
    sectors = Sector.objects.defer("polygon").in_bulk(of_sectors)
    placed = [Called(n, worst, assets[pk]) for pk, n, worst in rows[:MOST] if pk in assets]
    total = sum(n for _pk, n, _worst in rows)
    shown = sum(each.count for each in placed) + sum(n for _pk, n, _worst in rows[MOST:])
    ranked = sorted(
        ((sectors[pk], n) for pk, n in of_sectors.items() if pk in sectors), key=lambda each: (-each[1], each[0].path)
    )
    return Heat(total, total - shown, placed, ranked)
