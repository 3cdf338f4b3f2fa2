"""The person, the sites they may see, and what a site is divided into."""

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.models import Alarm
from assets.models import Asset, AssetKind, Point, Sector, Site
from hypervisor import preferences, rights
from hypervisor.acting import desk_of
from hypervisor.api import shapes
from hypervisor.api.moves import checked
from hypervisor.api.token import for_tokens
from journal.models import Ledger


class Me(APIView):
    @extend_schema(operation_id="get_me", summary="Get your account and your rights on each site", responses=shapes.Person)
    def get(self, request: Request) -> Response:
        return Response(_person(request))

    @extend_schema(
        operation_id="change_me",
        summary="Change your language, your theme, the name of this desk, how you have it, or whether you saw its tour",
        description="Language, theme, habits and tour are stored with your account, the name of the desk with your session.",
        request=shapes.Preferences,
        responses=shapes.Person,
    )
    def patch(self, request: Request) -> Response:
        preferences.remember(request, checked(shapes.Preferences, request))
        return Response(_person(request))


def _person(request: Request) -> dict[str, object]:
    user = request.user
    sites = [
        {"site": right.site, "role": right.role, "sectors": right.sectors, "verbs": sorted(right.verbs())}
        for right in rights.of(request).by_site.values()
    ]
    return {"username": user.username, "name": user.get_full_name() or user.username, "language": user.language,
            "theme": user.theme, "desk": desk_of(request), "sites": sites}  # fmt: skip


@for_tokens("alarms")
class Sites(APIView):
    @extend_schema(operation_id="list_sites", summary="List the sites you may see", responses=shapes.SiteRow(many=True))
    def get(self, request: Request) -> Response:
        return Response(site_rows(rights.of(request)))


def site_rows(held: rights.Rights) -> list[dict[str, object]]:
    """Sites with their counts, of what the person may see: five queries, however many sites."""
    assets = _counts(Asset.objects.filter(held.visible(), retired_at__isnull=True), "site_id")
    points = _counts(
        Point.objects.filter(held.visible("asset__site", "asset__sector"), asset__retired_at__isnull=True), "asset__site_id"
    )
    alarms = _counts(Alarm.objects.filter(held.visible(), Q(is_open=True)), "site_id")
    seqs = dict(Ledger.objects.filter(site_id__in=held.by_site).values_list("site_id", "seq"))
    return [
        {"slug": site.slug, "name": site.name, "timezone": site.timezone, "assets": assets.get(site.pk, 0),
         "points": points.get(site.pk, 0), "open_alarms": alarms.get(site.pk, 0), "seq": seqs.get(site.pk, 0),
         "longitude": site.longitude, "latitude": site.latitude, "zoom": site.zoom,
         "inventory_version": site.inventory_version, "demo": site.demo, "role": held.by_site[site.pk].role}
        for site in Site.objects.filter(id__in=held.by_site)
    ]  # fmt: skip


def _counts(rows: object, site: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(site).annotate(Count("pk")))


@for_tokens("alarms")
class Sectors(APIView):
    @extend_schema(
        operation_id="list_sectors", summary="List the sectors of a site that you may see", responses=shapes.SectorRow(many=True)
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        rows = Sector.objects.filter(site_id=right.site_id).annotate(n=Count("assets", filter=Q(assets__retired_at=None)))
        shown = rows.order_by("path").values_list("slug", "name", "path", "n")
        return Response(
            [{"slug": slug, "name": name, "path": path, "assets": n} for slug, name, path, n in shown if right.covers(path)]
        )


class Kinds(APIView):
    @extend_schema(operation_id="list_kinds", summary="List the kinds of assets", responses=shapes.KindRow(many=True))
    def get(self, request: Request) -> Response:
        return Response(
            [{"slug": kind.slug, "name": {"fr": kind.name_fr, "en": kind.name_en}, "domain": kind.domain, "glyph": kind.glyph}
             for kind in AssetKind.objects.all()]
        )  # fmt: skip
