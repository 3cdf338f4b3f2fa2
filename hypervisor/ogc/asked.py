"""What a request asks of a layer: each parameter of the standard, read strictly; one that is not known is refused."""

from collections.abc import Collection
from dataclasses import dataclass

import shapely
from django.db.models import Q
from rest_framework.request import Request

from hypervisor.ogc import cql, reference_systems
from hypervisor.ogc.fields import Field, Kind
from hypervisor.ogc.layers import Layer
from hypervisor.ogc.reference_systems import CRS84
from hypervisor.ogc.refusals import BadParameter
from hypervisor.ogc.times import period

LIMIT, MOST = 100, 5_000
ITEMS = ("f", "limit", "after", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs")
FILES = ("csv", "gpkg")
LANGUAGES = {"cql2-text": cql.from_text, "cql2-json": cql.from_json}
_LONGEST = 18  # digits of an id


@dataclass(frozen=True)
class Asked:
    where: Q
    limit: int
    after: int | None
    crs: str


def known(request: Request, names: Collection[str]) -> None:
    """Raises BadParameter for a parameter that is none of these, or is given twice."""
    for name in request.query_params:
        if name not in names:
            raise BadParameter(name[:60], "there is no such parameter here.")
        if len(request.query_params.getlist(name)) > 1:
            raise BadParameter(name, "it is given more than once.")


def html(request: Request, others: Collection[str] = ()) -> bool:
    """Whether a person is to read the answer: `f` says so, else Accept; `others` are formats besides. Raises BadParameter."""
    wanted = request.query_params.get("f")
    if wanted not in (None, "json", "html", *others):
        raise BadParameter("f", f"one of {', '.join(('json', 'html', *others))}.")
    accepted = request.headers.get("Accept", "")
    return wanted == "html" if wanted else "text/html" in accepted and "json" not in accepted


def crs(request: Request, name: str = "crs") -> str:
    """The reference system that a parameter names. Raises BadParameter."""
    uri = request.query_params.get(name, CRS84)
    if uri not in reference_systems.SYSTEMS:
        raise BadParameter(name, f"it is none of {', '.join(reference_systems.SYSTEMS)}.")
    return uri


def items(request: Request, layer: Layer) -> Asked:
    """Raises BadParameter."""
    queryable = {field.name: field for field in layer.fields if field.queryable}
    known(request, {*ITEMS, *queryable})
    where = _bbox(request, layer) & _datetime(request, layer) & _filter(request, layer)
    for name, field in queryable.items():
        if (text := request.query_params.get(name)) is not None:
            where &= _equal(layer, field, text)
    return Asked(where, _limit(request), _after(request), crs(request))


def _limit(request: Request) -> int:
    """More than the most is the most, as the standard has it."""
    limit = _number(request, "limit")
    if limit == 0:
        raise BadParameter("limit", "a whole number from 1.")
    return LIMIT if limit is None else min(limit, MOST)


def _after(request: Request) -> int | None:
    return _number(request, "after")


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST:
        raise BadParameter(name, "a whole number.")
    return int(text)


def _bbox(request: Request, layer: Layer) -> Q:
    text, system = request.query_params.get("bbox"), crs(request, "bbox-crs")
    if text is None:
        return Q()
    try:
        corners = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadParameter("bbox", "four numbers, or six.") from error
    if len(corners) == 6:  # heights are not kept
        corners = [*corners[:2], *corners[3:5]]
    if len(corners) != 4 or not all(abs(each) < 1e9 for each in corners):
        raise BadParameter("bbox", "four numbers, or six.")
    first, low, last, high = corners
    if low > high or (first > last and system != CRS84):
        raise BadParameter("bbox", "the lower corner comes first.")
    boxes = [(first, last)] if first <= last else [(first, 180.0), (-180.0, last)]  # the second: across the 180th meridian
    where = Q(pk__in=())
    for begin, end in boxes:
        box = shapely.box(begin, low, end, high)
        where |= _meeting("bbox", layer, system, box if box.area else box.envelope)
    return where


def _meeting(name: str, layer: Layer, system: str, area: shapely.Geometry) -> Q:
    try:
        return layer.meeting(reference_systems.inward(system, area))
    except ValueError as error:
        raise BadParameter(name, f"{error}.") from error


def _datetime(request: Request, layer: Layer) -> Q:
    text = request.query_params.get("datetime")
    if text is None:
        return Q()
    try:
        return layer.during(*period(text))
    except (ValueError, OverflowError) as error:
        raise BadParameter("datetime", "an instant with its offset, or a period, as 2026-03-01T00:00:00Z/..") from error


def _filter(request: Request, layer: Layer) -> Q:
    text, system = request.query_params.get("filter"), crs(request, "filter-crs")
    language = request.query_params.get("filter-lang", "cql2-text")
    if language not in LANGUAGES:
        raise BadParameter("filter-lang", f"one of {', '.join(LANGUAGES)}.")
    if text is None:
        return Q()
    try:
        reading = cql.Reading(layer.by_name, lambda area: layer.meeting(reference_systems.inward(system, area)))
        return reading.condition(LANGUAGES[language](text))
    except (cql.BadFilter, RecursionError) as error:
        raise BadParameter("filter", str(error)) from error


def _equal(layer: Layer, field: Field, text: str) -> Q:
    """A property that is a parameter of its own: `severity=critical`."""
    value: object = text
    if field.kind in (Kind.INTEGER, Kind.NUMBER):
        try:
            value = float(text)
        except ValueError as error:
            raise BadParameter(field.name, "a number.") from error
    try:
        if "\0" in text:
            raise cql.BadFilter("no such text.")
        return cql.Reading(layer.by_name, layer.meeting).condition({"op": "=", "args": [{"property": field.name}, value]})
    except cql.BadFilter as error:
        raise BadParameter(field.name, str(error)) from error
