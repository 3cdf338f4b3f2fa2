"""The addresses of OGC API Features (parts 1 to 3) of each site: documents, layers and features, in JSON and in HTML."""

import datetime as dt
import hashlib
import itertools
from collections.abc import Sequence
from urllib.parse import quote, urlencode

import msgspec
from django.conf import settings
from django.core.cache import cache
from django.db.models import Max, Min, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Site
from hypervisor import rights
from hypervisor.api import render as rendering
from hypervisor.api.moves import language_of
from hypervisor.api.session import Session
from hypervisor.ogc import asked, documents, files
from hypervisor.ogc.access import AnyToken, OwnChoice
from hypervisor.ogc.documents import CSV, GEOJSON, GEOPACKAGE, HTML, JSON, OPENAPI, SCHEMA, both, link
from hypervisor.ogc.layers import Assets, Feature, Layer, all_layers, layer_of
from hypervisor.ogc.refusals import BadParameter
from hypervisor.ogc.written import geojson
from hypervisor.rights import Right
from journal.rows import time_text

_EXTENT_KEPT = 3600


class OgcView(APIView):
    """What all of them share: who may ask, how one document becomes JSON or a page, and where the others are."""

    authentication_classes = [AnyToken, Session]
    token_rights = frozenset({"data"})
    content_negotiation_class = OwnChoice
    parameters: tuple[str, ...] = ("f",)
    formats: tuple[str, ...] = ()
    """Besides JSON and HTML."""

    def handle_exception(self, error: Exception) -> Response | HttpResponse:
        stranger = isinstance(error, NotAuthenticated) and "text/html" in self.request.headers.get("Accept", "")
        if stranger and "json" not in self.request.headers.get("Accept", ""):
            return redirect(f"{reverse('login')}?{urlencode({'next': self.request.get_full_path()})}")
        return super().handle_exception(error)

    def begin(self, request: Request, site: str) -> Right:
        """The right on the site, and `html`, `address` and `now` of this request. Raises BadParameter, Http404."""
        right = rights.of(request).on(site)
        if self.parameters:
            asked.known(request, self.parameters)
        self.html = asked.html(request, self.formats)
        self.now = timezone.now()
        root = reverse("ogc_landing", args=[site])
        base = f"{settings.ADDRESS}{root}" if settings.ADDRESS else request.build_absolute_uri(root)

        def address(*parts: object, **query: object) -> str:
            path = base + "/".join(quote(str(part), safe="") for part in parts)
            return f"{path}?{urlencode(query)}" if query else path

        self.address = address
        return right

    def layer(self, right: Right, name: str) -> Layer:
        found = layer_of(name, right, self.now)
        if found is None:
            raise Http404
        return found

    def answer(self, document: dict[str, object], media_type: str = JSON, **page: object) -> HttpResponse:
        """The document, or its page: `page` is what the template shows of it."""
        if self.html:
            rows, leads = page.get("rows", ()), page.get("leads") or itertools.repeat("")
            table = [{"values": row, "leads": lead} for row, lead in zip(rows, leads)]  # noqa: B905 - some lead nowhere
            given = {"links": document.get("links", ()), **page, "table": table}
            return render(self.request._request, "ogc/page.html", given, content_type=f"{HTML}; charset=utf-8")
        return HttpResponse(rendering.JSON().render(document), content_type=media_type)


@extend_schema(exclude=True)  # described at `api` of each site, as the standard asks for
class Landing(OgcView):
    def get(self, request: Request, site: str) -> HttpResponse:
        right = self.begin(request, site)
        document = documents.landing(Site.objects.get(pk=right.site_id), self.address, self.html)
        return self.answer(document, title=document["title"], text=document["description"])


@extend_schema(exclude=True)
class Conformance(OgcView):
    def get(self, request: Request, site: str) -> HttpResponse:
        self.begin(request, site)
        rows = [[each] for each in documents.CONFORMANCE]
        return self.answer(documents.conformance(self.address, self.html), title=_("What it conforms to"), rows=rows)


@extend_schema(exclude=True)
class Api(OgcView):
    def get(self, request: Request, site: str) -> HttpResponse:
        right = self.begin(request, site)
        layers = all_layers(right, self.now)
        row = Site.objects.get(pk=right.site_id)
        document = documents.api(row, layers, self.address, settings.VERSION)
        paths = [[path, each["get"]["summary"]] for path, each in document["paths"].items()]
        links = both(self.address, "api", html=self.html, media_type=OPENAPI)
        page = {"title": _("The description of this interface"), "columns": (_("Address"), _("Answer")), "rows": paths}
        return self.answer(document, OPENAPI, **page, **({"links": links} if self.html else {}))


@extend_schema(exclude=True)
class Collections(OgcView):
    def get(self, request: Request, site: str) -> HttpResponse:
        right = self.begin(request, site)
        layers = all_layers(right, self.now)
        document = documents.collections(layers, extent_of(right, self.now), self.address, self.html)
        rows = [[str(layer.title), str(layer.description)] for layer in layers]
        leads = [self.address("collections", layer.id, f="html") for layer in layers]
        page = {"title": _("Layers"), "columns": (_("Layer"), _("Description")), "rows": rows, "leads": leads}
        return self.answer(document, **page)


@extend_schema(exclude=True)
class Collection(OgcView):
    def get(self, request: Request, site: str, collection: str) -> HttpResponse:
        right = self.begin(request, site)
        layer = self.layer(right, collection)
        document = documents.collection(layer, extent_of(right, self.now), self.address, html=self.html)
        rows = [[field.name, field.title] for field in layer.fields]
        page = {"title": layer.title, "text": layer.description, "columns": (_("Property"), _("Meaning")), "rows": rows}
        return self.answer(document, **page)


@extend_schema(exclude=True)
class Queryables(OgcView):
    def get(self, request: Request, site: str, collection: str) -> HttpResponse:
        layer = self.layer(self.begin(request, site), collection)
        rows = [[field.name, field.title] for field in layer.fields if field.queryable]
        page = {"title": _("Properties to filter by"), "columns": (_("Property"), _("Meaning")), "rows": rows}
        return self.answer(documents.queryables(layer, self.address), SCHEMA, **page)


@extend_schema(exclude=True)
class Items(OgcView):
    parameters = ()
    formats = asked.FILES

    def get(self, request: Request, site: str, collection: str) -> HttpResponse:
        layer = self.layer(self.begin(request, site), collection)
        wanted = asked.items(request, layer)
        matched = layer.rows().filter(wanted.where)
        if (form := request.query_params.get("f")) in asked.FILES:
            return self._file(request, layer, matched, form, wanted.crs)
        rows = matched if wanted.after is None else matched.filter(pk__gt=wanted.after)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[: wanted.limit + 1])
        features = list(layer.read(layer.rows().filter(pk__in=ids[: wanted.limit]).order_by("pk")))
        links = self._links(request, layer, ids[wanted.limit - 1] if len(ids) > wanted.limit else None)
        document = {
            "type": "FeatureCollection",
            "timeStamp": time_text(self.now),
            "numberMatched": matched.count(),
            "numberReturned": len(features),
            "links": links,
            "features": geojson(features, wanted.crs),
        }
        names = [field.name for field in layer.fields]
        leads = [self.address("collections", layer.id, "items", each.id, f="html") for each in features]
        told = [[each.properties[name] for name in names] for each in features] if self.html else []
        page = {"title": layer.title, "text": _("%(n)s features") % {"n": document["numberMatched"]}, "columns": names}
        answer = self.answer(document, GEOJSON, **page, rows=told, leads=leads)
        answer["Content-Crs"] = f"<{wanted.crs}>"
        return answer

    def _file(self, request: Request, layer: Layer, matched: QuerySet, form: str, crs: str) -> HttpResponse:
        """All that matches, in one file, whatever its limit."""
        ids = list(matched.values_list("pk", flat=True)[: files.MOST + 1])
        if len(ids) > files.MOST:
            raise BadParameter("f", f"more than {files.MOST} features: ask for fewer, by bbox or filter.")
        features = list(layer.read(layer.rows().filter(pk__in=ids).order_by("pk")))
        if form == "csv":
            answer = HttpResponse(files.table(layer, features, crs, language_of(request)), content_type=CSV)
        else:
            answer = HttpResponse(files.geopackage(layer, features, crs, self.now), content_type=GEOPACKAGE)
        answer["Content-Disposition"] = f'attachment; filename="{layer.right.site}-{layer.id}.{form}"'
        return answer

    def _links(self, request: Request, layer: Layer, last: int | None) -> list[documents.Link]:
        here = ("collections", layer.id)
        query = {name: value for name, value in request.query_params.items() if name != "f"}
        forms = [(GEOJSON, "json"), (HTML, "html")]
        rels = ("alternate", "self") if self.html else ("self", "alternate")
        links = [
            link(self.address(*here, "items", **query, f=form), rel, kind) for rel, (kind, form) in zip(rels, forms, strict=True)
        ]
        if last is not None:
            kind, form = forms[self.html]
            after = query | {"after": last, "f": form}
            links.append(link(self.address(*here, "items", **after), "next", kind, _("Next page")))
        return [*links, link(self.address(*here), "collection", JSON, str(layer.title))]


@extend_schema(exclude=True)
class Item(OgcView):
    parameters = ("f", "crs")

    def get(self, request: Request, site: str, collection: str, feature: int) -> HttpResponse:
        layer = self.layer(self.begin(request, site), collection)
        crs = asked.crs(request)
        found = list(layer.read(layer.rows().filter(pk=feature))) if feature < 10**18 else []
        if not found:
            raise Http404
        here = ("collections", layer.id)
        links = both(self.address, *here, "items", feature, html=self.html, media_type=GEOJSON)
        links.append(link(self.address(*here), "collection", JSON, str(layer.title)))
        (document,) = geojson(found, crs)
        answer = self.answer(document | {"links": links}, GEOJSON, **_sheet(layer, found[0]))
        answer["Content-Crs"] = f"<{crs}>"
        return answer


def _sheet(layer: Layer, feature: Feature) -> dict[str, object]:
    rows = [[name, value] for name, value in feature.properties.items()]
    return {"title": f"{layer.title} · {feature.id}", "columns": (_("Property"), _("Value")), "rows": rows}


def extent_of(right: Right, now: dt.datetime) -> Sequence[float] | None:
    """West, south, east and north of the assets that one sees, kept until the inventory is another; None without any."""
    version = Site.objects.values_list("inventory_version", flat=True).get(pk=right.site_id)
    seen = hashlib.sha256(repr((right.site_id, version, right.sectors)).encode()).hexdigest()[:24]
    kept = cache.get(f"extent:{seen}")
    if kept is None:
        sides = {"w": Min("longitude"), "s": Min("latitude"), "e": Max("longitude"), "n": Max("latitude")}
        kept = msgspec.json.encode([*Assets(right, now).rows().aggregate(**sides).values()])
        cache.set(f"extent:{seen}", kept, _EXTENT_KEPT)
    box: list[float] = msgspec.json.decode(kept)
    return None if box[0] is None else box
