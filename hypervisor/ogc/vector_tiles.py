"""The map's own vector tiles for a GIS: TileJSON 3.0, a style for MapLibre and QGIS, and tiles whose address stays the same."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from assets import tiles
from assets.models import BaseFeature, Site
from hypervisor.ogc.documents import JSON
from hypervisor.ogc.views import OgcView, extent_of
from hypervisor.pages.tiles import tile

_TEXT, _WHOLE = "String", "Number"
_INVENTORY = {
    "assets": (
        tiles.ASSETS_FROM, tiles.MAX_ZOOM,
        {"code": _TEXT, "name": _TEXT, "kind": _TEXT, "domain": _TEXT, "glyph": _TEXT, "sector": _WHOLE, "level": _WHOLE},
    ),
    "density": (0, tiles.ASSETS_FROM - 1, {"n": _WHOLE, "sector": _WHOLE}),
    "sector": (0, tiles.MAX_ZOOM, {"name": _TEXT, "slug": _TEXT, "path": _TEXT, "depth": _WHOLE}),
    "sector_label": (0, tiles.MAX_ZOOM, {"name": _TEXT, "path": _TEXT, "depth": _WHOLE}),
}  # fmt: skip
_FILLS = {"green": "#dfe8d8", "water": "#bcd7e6", "building": "#d9d6d0", "slab": "#e4e1dc", "esplanade": "#ebe8e2"}
_LINES = {"street": "#ffffff", "rail": "#a9a4a0", "tunnel": "#c9c4be"}


@extend_schema(exclude=True)
class TileJson(OgcView):
    def get(self, request: Request, site: str) -> HttpResponse:
        right = self.begin(request, site)
        place = Site.objects.get(pk=right.site_id)
        ground = sorted(BaseFeature.objects.filter(site=place).order_by().values_list("layer", flat=True).distinct())
        layers = [_layer(name, 0, tiles.MAX_ZOOM, {"name": _TEXT, "rank": _WHOLE}) for name in ground]
        layers += [_layer(name, *told) for name, told in _INVENTORY.items()]
        extent = extent_of(right, self.now)
        document = {
            "tilejson": "3.0.0", "name": place.name, "scheme": "xyz", "minzoom": 0, "maxzoom": tiles.MAX_ZOOM,
            "tiles": [f"{self.address('tiles')}/{{z}}/{{x}}/{{y}}.mvt"], "vector_layers": layers,
            "center": [place.longitude, place.latitude, round(place.zoom)], **({"bounds": list(extent)} if extent else {}),
        }  # fmt: skip
        return self.answer(document, JSON, title=place.name)


def _layer(name: str, first: int, last: int, fields: dict[str, str]) -> dict[str, object]:
    return {"id": name, "minzoom": first, "maxzoom": last, "fields": fields}


@extend_schema(exclude=True)
class TileStyle(OgcView):
    def get(self, request: Request, site: str) -> HttpResponse:
        self.begin(request, site)
        drawn: list[dict[str, object]] = [{"id": "ground", "type": "background", "paint": {"background-color": "#f2efe9"}}]
        drawn += [_drawn(name, "fill", {"fill-color": colour}) for name, colour in _FILLS.items()]
        drawn += [_drawn(name, "line", {"line-color": colour, "line-width": 2}) for name, colour in _LINES.items()]
        drawn += [
            _drawn("sector", "line", {"line-color": "#5f6a75", "line-width": 1, "line-dasharray": [4, 2]}),
            _drawn("density", "circle", {"circle-color": "#2f6f9f", "circle-radius": 4, "circle-opacity": 0.6}),
            _drawn("assets", "circle", {"circle-color": "#2f6f9f", "circle-radius": 4, "circle-stroke-color": "#ffffff",
                                        "circle-stroke-width": 1}),
        ]  # fmt: skip
        source = {"type": "vector", "url": self.address("tiles.json")}
        return self.answer({"version": 8, "name": site, "sources": {"vigie": source}, "layers": drawn}, JSON, title=site)


def _drawn(name: str, kind: str, paint: dict[str, object]) -> dict[str, object]:
    return {"id": name, "type": kind, "source": "vigie", "source-layer": name, "paint": paint}


@extend_schema(exclude=True)
class TileOfNow(OgcView):
    """A tile of the present inventory: what a program keeps of it, it asks for again."""

    def get(self, request: Request, site: str, z: int, x: int, y: int) -> HttpResponse:
        right = self.begin(request, site)
        version = Site.objects.values_list("inventory_version", flat=True).get(pk=right.site_id)
        answer = tile(request._request, site, version, z, x, y)
        answer["Cache-Control"] = "private, no-cache"
        answer["Vary"] = "Accept-Encoding, Authorization, Cookie"
        return answer
