"""Équipements: the inventory as a table one searches by typing, and the sheet of each asset."""

import hashlib
import json
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from alarms.models import Alarm, Severity
from alarms.present import silent_feeds
from alarms.silences import of_asset
from assets.alphabet import alphabetical, in_tree
from assets.models import Asset, AssetKind, Sector, Site, Supervisor
from assets.sector_filters import in_sector
from hypervisor import rights
from hypervisor.api.searching import search
from hypervisor.names import names_on
from hypervisor.pages import asset_sheet, work_orders
from hypervisor.pages.commands import standings
from hypervisor.pages.frame import SEVERITY_NAMES, around
from hypervisor.pages.silences import in_words
from hypervisor.rights import Right, Verb

PAGE = 100
COUNTED = 10_000
"""Counted anew each time; what is more is counted once per version of the inventory: counting 75,000 rows at every keystroke
would cost more than showing a page."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the table is asked for; empty strings ask for nothing."""

    q: str
    kind: str
    sector: str
    supervisor: str
    alarms: str
    after: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        return cls(*(request.GET.get(name, "").replace("\0", "").strip() for name in cls.__slots__))

    def query(self, **changes: str) -> str:
        """The query string of this with `changes`."""
        values = {name: getattr(self, name) for name in self.__slots__} | changes
        return urlencode({name: value for name, value in values.items() if value})


@require_safe
@login_required
def table(request: HttpRequest, site: str) -> HttpResponse:
    """The whole page, or its rows alone for who types (`part=rows`)."""
    right = rights.of(request).on(site)
    asked = Asked.of(request)
    context = _rows(right, asked) | {"asked": asked}
    if request.GET.get("part") == "rows":
        return render(request, "assets/_rows.html", context | {"site": {"slug": site}})
    the_site = get_object_or_404(Site, pk=right.site_id)
    context |= around(request, right, the_site, "assets") | _choices(right)
    context["may_import"] = right.may(Verb.IMPORTS)
    return render(request, "assets/table.html", context)


def assets_asked_for(right: Right, asked: Asked) -> QuerySet[Asset]:
    """The assets asked for that the person may see, in no order."""
    assets = Asset.objects.filter(right.within(), site_id=right.site_id, retired_at=None)
    if asked.kind:
        assets = assets.filter(kind__slug=asked.kind)
    if asked.sector:
        assets = assets.filter(in_sector(asked.sector))
    if asked.supervisor:
        assets = assets.filter(supervisor__slug=asked.supervisor)
    if asked.alarms:
        assets = assets.filter(Exists(Alarm.objects.filter(is_open=True, asset=OuterRef("pk"))))
    if asked.q:
        query = search(asked.q)
        assets = assets.filter(search=query) if query else assets.none()
    return assets


def _rows(right: Right, asked: Asked) -> dict[str, object]:
    """One page of rows with the worst open alarm of each, the number found, and where the next page is; three queries."""
    assets = assets_asked_for(right, asked)
    total = None if asked.after else _count(right, asked, assets)
    if asked.after:
        assets = assets.filter(code__gt=asked.after)
    page = list(
        assets.select_related("kind", "sector", "supervisor").defer("attributes", "kind__points").order_by("code")[: PAGE + 1]
    )
    more = len(page) > PAGE
    page = page[:PAGE]
    following = asked.query(after=page[-1].code) if more else ""
    return {
        "rows": _rows_in_words(page),
        "total": total,
        "next": following,
    }


def _count(right: Right, asked: Asked, assets: QuerySet[Asset]) -> int:
    """How many are found, exactly."""
    total = assets[: COUNTED + 1].count()
    if total <= COUNTED:
        return total
    version = Site.objects.values_list("inventory_version", flat=True).get(pk=right.site_id)
    asked_for = hashlib.sha256(repr((right.sectors, asked)).encode()).hexdigest()[:32]
    alarmed = "alarms" if asked.alarms else ""  # alarms come and go within a version: remembered for a minute
    key = f"assets:{right.site_id}:{version}:{alarmed}:{asked_for}"
    return cache.get_or_set(key, assets.count, 60 if asked.alarms else 3600)


def _rows_in_words(page: list[Asset]) -> list[dict[str, object]]:
    open_alarms = Alarm.objects.filter(is_open=True, asset__in=[asset.pk for asset in page]).order_by()
    worst = {
        pk: (severity, count) for pk, severity, count in open_alarms.values_list("asset").annotate(Min("severity"), Count("pk"))
    }
    english = get_language() == "en"
    rows = []
    for asset in page:
        severity, count = worst.get(asset.pk, (None, 0))
        label = Severity(severity).label if severity else ""
        rows.append(
            {"asset": asset, "kind": asset.kind.name_en if english else asset.kind.name_fr, "severity": label,
             "severity_name": SEVERITY_NAMES[label] if label else "", "count": count}
        )  # fmt: skip
    return rows


def _choices(right: Right) -> dict[str, object]:
    """What the filters offer; three queries."""
    here = Asset.objects.filter(site_id=right.site_id, retired_at=None)
    kinds = AssetKind.objects.filter(Exists(here.filter(kind=OuterRef("pk")))).defer("points")
    sectors = Sector.objects.filter(site_id=right.site_id).defer("polygon")
    english = get_language() == "en"
    return {
        "kinds": sorted(
            ((kind.name_en if english else kind.name_fr, kind.slug) for kind in kinds), key=lambda kind: alphabetical(kind[0])
        ),
        "sectors": [(sector, sector.path.count("/")) for sector in in_tree(sectors) if right.covers(sector.path)],
        "supervisors": sorted(Supervisor.objects.filter(site_id=right.site_id), key=lambda each: alphabetical(each.name)),
    }


@require_safe
@login_required
def sheet(request: HttpRequest, site: str, asset: int) -> HttpResponse:
    """The sheet of one asset; `part=points`, `part=silences` and `part=orders` are what the page asks again and again."""
    right = rights.of(request).on(site)
    related = ("kind", "sector", "supervisor", "depends_on")
    row = Asset.objects.select_related(*related).filter(pk=asset, site_id=right.site_id).first()
    if row is None or not right.covers(row.sector and row.sector.path):
        raise Http404
    silent = silent_feeds(row.site_id, timezone.now())
    context = {"asset": row, "points": asset_sheet.points(row, silent)}
    if request.GET.get("part") == "points":
        return render(request, "assets/_points.html", context)
    context["silences"] = in_words(of_asset(row, timezone.now()), right)
    if request.GET.get("part") == "silences":
        return render(request, "silences/_banner.html", context | {"names": names_on(row.site_id)})
    if request.GET.get("part") == "orders":
        return render(request, "orders/_of_asset.html", context | _orders(row, right) | {"site": {"slug": site}})
    the_site = get_object_or_404(Site, pk=right.site_id)
    context |= _orders(row, right)
    context |= around(request, right, the_site, "assets") | asset_sheet.matter(row, right, silent, request.GET.get("all", ""))
    context["standings"] = standings()
    context["may_set_up"] = right.may(Verb.IMPORTS)
    context["brief"] = json.dumps({"id": row.pk, "code": row.code, "name": row.name})
    return render(request, "assets/sheet.html", context)


def _orders(asset: Asset, right: Right) -> dict[str, object]:
    """Work orders of an asset, and whether one more can be made; one query."""
    return work_orders.of_asset(asset.pk) | {"may_order": right.may(Verb.ORDER)}
