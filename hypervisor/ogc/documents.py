"""The documents around features: landing page, conformance, collections, queryables, and the description of the interface."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from assets.models import Site
from hypervisor.ogc import asked
from hypervisor.ogc.layers import Layer
from hypervisor.ogc.reference_systems import CRS84, SYSTEMS

GEOJSON, JSON, HTML = "application/geo+json", "application/json", "text/html"
CSV, GEOPACKAGE = "text/csv; charset=utf-8", "application/geopackage+sqlite3"
OPENAPI, SCHEMA = "application/vnd.oai.openapi+json;version=3.0", "application/schema+json"
_FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
CONFORMANCE = [
    *(f"{_FEATURES}1/1.0/conf/{each}" for each in ("core", "oas30", "html", "geojson")),
    f"{_FEATURES}2/1.0/conf/crs",
    *(f"{_FEATURES}3/1.0/conf/{each}" for each in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(
        f"{_CQL2}{each}" for each in
        ("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison",
         "basic-spatial-functions")
    ),
]  # fmt: skip
Link = dict[str, str]
Address = Callable[..., str]
"""address(*parts, **query): the whole address of a document of the site."""


def link(href: str, rel: str, media_type: str, title: str = "") -> Link:
    return {"href": href, "rel": rel, "type": media_type, **({"title": title} if title else {})}


def both(address: Address, *parts: object, html: bool, media_type: str = JSON) -> list[Link]:
    """The links of a document to itself and to its other form."""
    forms = [(media_type, "json"), (HTML, "html")]
    rels = ("alternate", "self") if html else ("self", "alternate")
    return [link(address(*parts, f=form), rel, kind) for rel, (kind, form) in zip(rels, forms, strict=True)]


def landing(site: Site, address: Address, html: bool) -> dict[str, object]:
    return {
        "title": f"Vigie · {site.name}",
        "description": _("Assets, open alarms, incidents, sectors and passages of today, as layers for a GIS."),
        "links": [
            *both(address, html=html),
            link(address("api"), "service-desc", OPENAPI, _("The description of this interface")),
            link(address("api", f="html"), "service-doc", HTML, _("The description of this interface")),
            link(address("conformance"), "conformance", JSON, _("What it conforms to")),
            link(address("collections"), "data", JSON, _("Layers")),
        ],
    }  # fmt: skip


def conformance(address: Address, html: bool) -> dict[str, object]:
    return {"links": both(address, "conformance", html=html), "conformsTo": CONFORMANCE}


def collections(layers: Sequence[Layer], extent: Sequence[float] | None, address: Address, html: bool) -> dict[str, object]:
    return {
        "links": both(address, "collections", html=html),
        "crs": list(SYSTEMS),
        "collections": [collection(layer, extent, address, html=False, brief=True) for layer in layers],
    }


def collection(
    layer: Layer, extent: Sequence[float] | None, address: Address, *, html: bool, brief: bool = False
) -> dict[str, object]:
    """`brief`: as one of several, which share the list of reference systems."""
    here = ("collections", layer.id)
    spatial = {"extent": {"spatial": {"bbox": [list(extent)], "crs": CRS84}}} if extent else {}
    return {
        "id": layer.id, "title": str(layer.title), "description": str(layer.description), "itemType": "feature", **spatial,
        "crs": ["#/crs"] if brief else list(SYSTEMS), "storageCrs": CRS84,
        "links": [
            *both(address, *here, html=html),
            link(address(*here, "items", f="json"), "items", GEOJSON, str(layer.title)),
            link(address(*here, "items", f="html"), "items", HTML, str(layer.title)),
            link(address(*here, "items", f="csv"), "enclosure", CSV, "CSV"),
            link(address(*here, "items", f="gpkg"), "enclosure", GEOPACKAGE, "GeoPackage"),
            link(address(*here, "queryables"), "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA),
        ],
    }  # fmt: skip


def queryables(layer: Layer, address: Address) -> dict[str, object]:
    """A JSON Schema of what one may filter by."""
    shown = {field.name: field.schema() for field in layer.fields if field.queryable}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address("collections", layer.id, "queryables"),
        "type": "object", "title": str(layer.title), "additionalProperties": False,
        "properties": {"geometry": {"format": f"geometry-{layer.geometry.lower()}", "x-ogc-role": "primary-geometry"}, **shown},
    }  # fmt: skip


def api(site: Site, layers: Sequence[Layer], address: Address, version: str) -> dict[str, object]:
    """OpenAPI 3.0, as conformance class oas30 asks for."""
    paths: dict[str, object] = {
        "/": _get("landing", "Landing page", JSON),
        "/conformance": _get("conformance", "What it conforms to", JSON),
        "/api": _get("api", "This description", OPENAPI),
        "/collections": _get("collections", "Layers", JSON),
    }
    for layer in layers:
        here, name = f"/collections/{layer.id}", layer.id.replace("-", "_")
        paths[here] = _get(f"describe_{name}", str(layer.title), JSON)
        paths[f"{here}/queryables"] = _get(f"queryables_{name}", "Properties to filter by", SCHEMA)
        fields = [_query(field.name, field.schema()) for field in layer.fields if field.queryable]
        named = [{"$ref": f"#/components/parameters/{each}"} for each in asked.ITEMS if each != "f"]
        paths[f"{here}/items"] = _get(f"items_{name}", "Features", GEOJSON, [_FORMS, *named, *fields])
        one = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "integer"}}
        paths[f"{here}/items/{{featureId}}"] = _get(
            f"item_{name}", "A feature", GEOJSON, [one, *({"$ref": f"#/components/parameters/{each}"} for each in ("f", "crs"))]
        )
    return {
        "openapi": "3.0.3",
        "info": {"title": f"Vigie · {site.name}", "version": version, "description": _("OGC API Features of this site.")},
        "servers": [{"url": address().rstrip("/")}],
        "security": [{"token": []}, {"basic": []}],
        "paths": paths,
        "components": {"parameters": _PARAMETERS, "securitySchemes": _SCHEMES},
    }


def _get(name: str, summary: str, media_type: str, parameters: Sequence[dict[str, object]] = ()) -> dict[str, object]:
    problem = {"description": "Refused", "content": {"application/problem+json": {}}}
    told = {"description": summary, "content": {media_type: {"schema": {"type": "object"}}, HTML: {"schema": {"type": "string"}}}}
    asked_for = [*([] if media_type == GEOJSON else [{"$ref": "#/components/parameters/f"}]), *parameters]
    answers = {"200": told, "400": problem, "401": problem, "404": problem}
    return {"get": {"operationId": name, "summary": summary, "parameters": asked_for, "responses": answers}}


def _query(name: str, schema: dict[str, object], **members: object) -> dict[str, object]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "style": "form", "explode": False, **members}


_FORMS = _query("f", {"type": "string", "enum": ["json", "html", *asked.FILES]}, description="Files hold all that matches.")
_CRS = {"type": "string", "format": "uri", "enum": list(SYSTEMS), "default": CRS84}
_CORNERS = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_PARAMETERS = {
    "f": _query("f", {"type": "string", "enum": ["json", "html"]}),
    "limit": _query("limit", {"type": "integer", "minimum": 1, "maximum": asked.MOST, "default": asked.LIMIT}),
    "after": _query("after", {"type": "integer"}, description="Where a page begins: as the link `next` has it."),
    "bbox": _query("bbox", {"oneOf": [{**_CORNERS, "maxItems": 4}, {**_CORNERS, "minItems": 6}]}),
    "bbox-crs": _query("bbox-crs", _CRS),
    "crs": _query("crs", _CRS),
    "datetime": _query("datetime", {"type": "string"}),
    "filter": _query("filter", {"type": "string"}),
    "filter-lang": _query("filter-lang", {"type": "string", "enum": list(asked.LANGUAGES), "default": "cql2-text"}),
    "filter-crs": _query("filter-crs", _CRS),
}
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of a program, made for `data`."},
    "basic": {"type": "http", "scheme": "basic", "description": "The same token as the password, with any user name."},
}
