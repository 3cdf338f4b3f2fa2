"""The map's tiles and its key: what a person may see of the inventory, immutable per version and compressed once."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from http import HTTPStatus

import shapely
from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from assets import tiles
from assets.alphabet import in_tree
from assets.models import Asset, AssetKind, Feed, Sector, Site
from hypervisor import rights
from hypervisor.api.problems import CONTENT_TYPE as PROBLEM
from hypervisor.pages import map_words
from hypervisor.rights import Right

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
FOREVER = "private, max-age=31536000, immutable"
_KEPT = 7 * 24 * 3600
_COMPRESSION = 6


@require_safe
def tile(request: HttpRequest, site: str, version: int, z: int, x: int, y: int) -> HttpResponse:
    """One tile of one version of the inventory. A version that has passed leads to the present one."""
    if not request.user.is_authenticated:
        return _refusal(401, "Tiles are for people who have logged in.")
    return tile_of(request, rights.of(request).on(site), version, (z, x, y))


def tile_of(request: HttpRequest, right: Right, version: int, at: tuple[int, int, int], route: str = "tile") -> HttpResponse:
    """For whoever has this right; `route` names the address under which they ask."""
    current = Site.objects.values_list("inventory_version", flat=True).get(pk=right.site_id)
    try:
        address = tiles.Tile(*at)
    except ValueError:
        return _refusal(404, f"Tiles go from zoom 0 to {tiles.MAX_ZOOM}, and x and y from 0 to 2^zoom - 1.")
    if version > current:
        return _refusal(404, f"The inventory has no version {version} yet: the present one is {current}.")
    if version < current:
        moved = HttpResponseRedirect(reverse(route, args=[right.site, current, *at]))
        moved.status_code = 307
        moved["Cache-Control"] = "no-store"
        return moved
    sectors = _sectors(right)
    key = f"tile:{tiles.FORMAT}:{right.site_id}:{version}:{_digest(sectors)}:{at[0]}/{at[1]}/{at[2]}"
    etag = f'"{hashlib.sha256(key.encode()).hexdigest()[:20]}"'
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = _tile(request, key, right.site_id, version, address, sectors)
    answer["ETag"] = etag
    answer["Cache-Control"] = FOREVER
    answer["Vary"] = "Accept-Encoding, Cookie"  # another person at this browser may see less
    return answer


def _tile(
    request: HttpRequest, key: str, site_id: int, version: int, address: tiles.Tile, sectors: list[int] | None
) -> HttpResponse:
    body = cache.get(key)
    if body is None:
        layers = tiles.ground(site_id, version, address) + tiles.inventory(site_id, address, sectors)
        body = gzip.compress(layers, _COMPRESSION, mtime=0)
        if layers:  # of empty ones there are billions, and they cost little to make
            cache.set(key, body, _KEPT)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(body, content_type=MEDIA_TYPE, headers={"Content-Encoding": "gzip"})
    return HttpResponse(gzip.decompress(body), content_type=MEDIA_TYPE)


def _sectors(right: Right) -> list[int] | None:
    """Primary keys of the sectors whose assets this person sees; None: all, those in no sector included."""
    if right.sectors is None:
        return None
    every = Sector.objects.filter(site_id=right.site_id).order_by("pk").values_list("pk", "path")
    return [pk for pk, path in every if right.covers(path)]


def _digest(sectors: list[int] | None) -> str:
    return "all" if sectors is None else hashlib.sha256(repr(sectors).encode()).hexdigest()[:16]


def _refusal(status: int, detail: str) -> HttpResponse:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return HttpResponse(json.dumps(body), status=status, content_type=PROBLEM, headers={"Cache-Control": "no-store"})


@require_safe
def key(request: HttpRequest, site: str) -> HttpResponse:
    """What the map must know besides its tiles: where they are, sectors, kinds, feeds, and its words; four queries."""
    if not request.user.is_authenticated:
        return _refusal(401, "The map is for people who have logged in.")
    return key_of(rights.of(request).on(site))


def key_of(right: Right, route: str = "tile") -> HttpResponse:
    """For whoever has this right; `route` names the address of their tiles."""
    try:
        place = Site.objects.get(pk=right.site_id)
    except Site.DoesNotExist as error:
        raise Http404 from error
    french = get_language() == "fr"
    sectors = [sector for sector in in_tree(Sector.objects.filter(site=place)) if right.covers(sector.path)]
    address = reverse(route, args=[right.site, place.inventory_version, 0, 0, 0]).removesuffix("0/0/0.mvt")
    body = {
        "site": place.slug,
        "version": place.inventory_version,
        "sheet": reverse("asset_sheet", args=[right.site, 0]),
        "camera": reverse("camera", args=[right.site, 0]),
        "tiles": f"{address}{{z}}/{{x}}/{{y}}.mvt",
        "max_zoom": tiles.MAX_ZOOM,
        "assets_from": tiles.ASSETS_FROM,
        "centre": [place.longitude, place.latitude],
        "zoom": place.zoom,
        "bounds": _around([sector.polygon for sector in sectors]),
        "raster": settings.TILE_URL and {"url": settings.TILE_URL, "attribution": settings.TILE_ATTRIBUTION},
        "sectors": [{"id": sector.pk, "path": sector.path, "name": sector.name} for sector in sectors],
        "kinds": {
            kind.slug: {"name": kind.name_fr if french else kind.name_en, "domain": kind.domain, "glyph": kind.glyph}
            for kind in _kinds(place)
        },
        "feeds": dict(Feed.objects.filter(supervisor__site=place).values_list("slug", "pk")),
        "domains": map_words.domains(),
        "words": map_words.words(),
    }
    answer = JsonResponse(body)
    answer["Cache-Control"] = "no-store"
    return answer


def _around(polygons: Sequence[dict]) -> list[float] | None:
    """West, south, east and north of these GeoJSON polygons, degrees; None of none."""
    if not polygons:
        return None
    return [float(edge) for edge in shapely.total_bounds(shapely.from_geojson([json.dumps(polygon) for polygon in polygons]))]


def _kinds(site: Site) -> QuerySet[AssetKind]:
    """The kinds this site has something of, by probing the index rather than reading its assets."""
    installed = Asset.objects.filter(site=site, kind=OuterRef("pk"))
    return AssetKind.objects.filter(Exists(installed)).order_by("slug").defer("points")
