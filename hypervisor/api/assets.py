"""Assets: the searchable list, one asset with its points, and the cameras that may see it."""

import math
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Asset, Point
from assets.positions import Apart, in_box, place, position
from hypervisor import rights
from hypervisor.api import shapes
from hypervisor.api.alarm_filters import in_sector
from hypervisor.api.asked import flag
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.render import instant
from hypervisor.api.searching import search
from hypervisor.api.token import for_tokens
from hypervisor.rights import Right

CAMERA = "camera"
CAMERAS, CANDIDATES = 3, 24
"""Cameras shown, and how many are taken by degrees before they are ranked by metres: a degree of longitude is shorter."""
QUALITIES = ("good", "uncertain", "bad")
_EARTH = 6_371_009.0


def rows(assets: Iterable[Asset]) -> list[dict[str, object]]:
    """Assets read with their site, kind, sector and supervisor."""
    return [
        {"id": asset.pk, "site": asset.site.slug, "code": asset.code, "name": asset.name, "kind": asset.kind.slug,
         "kind_name": {"fr": asset.kind.name_fr, "en": asset.kind.name_en},
         "sector": asset.sector and
             {"slug": asset.sector.slug, "name": asset.sector.name, "path": asset.sector.path},
         "supervisor": asset.supervisor and asset.supervisor.slug, "lon": asset.longitude, "lat": asset.latitude,
         "level": asset.level, "retired_at": instant(asset.retired_at)}
        for asset in assets
    ]  # fmt: skip


def _brief(asset: Asset) -> dict[str, object]:
    return {"id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug, "lon": asset.longitude,
            "lat": asset.latitude}  # fmt: skip


def asset_of(request: Request, asset: int) -> tuple[Asset, Right]:
    """The asset and what the person may do on its site; 404 when unknown or not theirs to see."""
    related = ("site", "kind", "sector", "supervisor", "depends_on__kind", "depends_on__sector")
    row = Asset.objects.select_related(*related).filter(pk=asset).first()
    if row is None:
        raise Http404
    return row, rights.of(request).at(row.site_id, row.sector and row.sector.path)


def filtered(request: Request) -> QuerySet[Asset]:
    """The assets the person may see and the query string asks for. Raises ValidationError, Http404 for the site."""
    asked, held = request.query_params, rights.of(request)
    assets = Asset.objects.select_related("site", "kind", "sector", "supervisor")
    assets = assets.filter(retired_at__isnull=not flag(request, "retired"))
    if slug := asked.get("site"):
        right = held.on(slug)
        assets = assets.filter(right.within(), site_id=right.site_id)
    else:
        assets = assets.filter(held.visible())
    if kind := asked.get("kind"):
        assets = assets.filter(kind__slug__in=kind.replace("\0", "").split(","))
    if sector := asked.get("sector"):
        if not slug:
            raise ValidationError({"sector": _("A sector is of a site: give site too.")})
        assets = assets.filter(in_sector(right.site_id, sector))
    if box := asked.get("bbox"):
        assets = assets.filter(in_box(*_corners(box)))
    if text := asked.get("q"):
        query = search(text)
        assets = assets.filter(search=query) if query else assets.none()
    return assets


def _corners(text: str) -> list[float]:
    try:
        corners = [float(part) for part in text.split(",")]
    except ValueError:
        corners = []
    if len(corners) != 4 or not all(map(math.isfinite, corners)) or corners[0] > corners[2] or corners[1] > corners[3]:
        raise ValidationError({"bbox": _("Four numbers: west,south,east,north in degrees.")})
    return corners


@for_tokens("commands", "alarms")
class Assets(APIView):
    @extend_schema(
        operation_id="list_assets",
        summary="List assets, ordered by code",
        parameters=[
            OpenApiParameter("site", str),
            OpenApiParameter("kind", str, description="One or more slugs, joined by commas."),
            OpenApiParameter("sector", str, description="Slug of a sector; nested sectors are included. Requires `site`."),
            OpenApiParameter("bbox", str, description="west,south,east,north in degrees."),
            OpenApiParameter("q", str, description="Beginnings of words in the code or the name; all must match."),
            OpenApiParameter("retired", bool, description="True for retired assets. Default: false."),
            *PARAMETERS,
        ],
        responses=shapes.paged(shapes.AssetRow),
    )
    def get(self, request: Request) -> Response:
        # Of one site, the index gives the order; of several, they are sorted by site first.
        keys = {"code": "code"} if "site" in request.query_params else {"site__slug": "site", "code": "code"}
        return page(request, filtered(request), keys, rows, newest=False)


class AssetView(APIView):
    @extend_schema(operation_id="get_asset", summary="Get an asset with its points", responses=shapes.AssetDetail)
    def get(self, request: Request, asset: int) -> Response:
        row, right = asset_of(request, asset)
        return Response(detail(row, right))


def detail(asset: Asset, right: Right) -> dict[str, object]:
    """The sheet: the row, its points with their latest reading, what it depends on and how many depend on it."""
    points = Point.objects.filter(asset=asset).select_related("feed", "latest")
    counted = Asset.objects.filter(pk=asset.pk).aggregate(
        dependents=Count("dependents", filter=Q(dependents__retired_at=None), distinct=True),
        open_alarms=Count("alarms", filter=Q(alarms__is_open=True), distinct=True),
    )
    templates = {template["quantity"]: template for template in asset.kind.points}
    above = asset.depends_on
    shown = above is not None and right.covers(above.sector and above.sector.path)
    return rows([asset])[0] | {
        "attributes": asset.attributes,
        "points": [point_row(point, templates.get(point.quantity, {})) for point in points],
        "depends_on": _brief(above) if shown else None,
        **counted,
    }


def point_row(point: Point, template: dict[str, object]) -> dict[str, object]:
    """A point read with its feed and latest reading; the kind's template knows its names."""
    latest = getattr(point, "latest", None)
    return {
        "id": point.pk, "quantity": point.quantity, "unit": point.unit, "interval": point.interval,
        "name": {"fr": template.get("name_fr", point.quantity), "en": template.get("name_en", point.quantity)},
        "codes": point.codes, "codes_en": template.get("codes_en", point.codes), "limits": point.limits,
        "feed": point.feed and point.feed.slug, "address": point.address,
        "latest": latest and {"at": instant(latest.at), "received_at": instant(latest.received_at), "value": latest.value,
                              "quality": QUALITIES[latest.quality]},
    }  # fmt: skip


class Cameras(APIView):
    @extend_schema(
        operation_id="list_cameras_near_asset",
        summary=f"The {CAMERAS} cameras nearest to an asset",
        responses=shapes.Camera(many=True),
    )
    def get(self, request: Request, asset: int) -> Response:
        row, right = asset_of(request, asset)
        return Response(nearest_cameras(row, right))


def nearest_cameras(asset: Asset, right: Right) -> list[dict[str, object]]:
    """The cameras the person may see that are nearest, with their distance in metres; the asset itself if it is one."""
    cameras = Asset.objects.filter(right.within(), site_id=asset.site_id, kind__slug=CAMERA, retired_at=None)
    apart = Apart(position(), place(asset.longitude, asset.latitude))
    near = cameras.select_related("kind").order_by(apart)[:CANDIDATES]
    ranked = sorted(((_metres(asset, camera), camera) for camera in near), key=lambda pair: (pair[0], pair[1].code))
    return [
        _brief(camera) | {"level": camera.level, "distance": round(metres, 1), "attributes": camera.attributes}
        for metres, camera in ranked[:CAMERAS]
    ]


def _metres(one: Asset, other: Asset) -> float:
    """Great-circle distance, small enough here for the flat formula."""
    middle = math.radians((one.latitude + other.latitude) / 2)
    east = math.radians(other.longitude - one.longitude) * math.cos(middle)
    north = math.radians(other.latitude - one.latitude)
    return _EARTH * math.hypot(east, north)
