"""The layers of a site (the collections of OGC API Features): which rows each has, where they lie and what is told of them.

Each row is one that the interface would tell the same person or program of; people are not named in any.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

import shapely
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from alarms.incidents.partial import with_seen_alarms
from alarms.incidents.rows import incident_rows
from alarms.models import SEVERITY_NAMES, STAKE_NAMES, Alarm, Incident
from assets.models import Asset, AssetKind, Sector, Site
from assets.positions import meeting
from hypervisor.ogc.fields import Field, Kind
from hypervisor.rights import Right
from journal.rows import time_text
from passages.models import Passage

ASSETS = "assets"
MOST_PLACES = 500
"""Positions of one incident."""


@dataclass(frozen=True)
class Feature:
    id: int
    geometry: shapely.Geometry | None
    properties: dict[str, object]


class Layer(ABC):
    """One layer of one site, as whoever has `right` sees it."""

    id: str
    title: str
    description: str
    geometry: ClassVar[str]
    fields: tuple[Field, ...]
    moment: ClassVar[str] = ""
    """The field that the parameter `datetime` is about; empty: a row has no time, and is there at any."""

    def __init__(self, right: Right, now: dt.datetime) -> None:
        self.right = right
        self.now = now

    @abstractmethod
    def rows(self) -> QuerySet:
        """All that this right sees, in no order."""

    @abstractmethod
    def meeting(self, area: shapely.Geometry) -> Q:
        """A filter for the rows that meet an area in CRS84. Raises ValueError for one they cannot be held against."""

    @abstractmethod
    def read(self, rows: QuerySet) -> Iterable[Feature]:
        """The features of some rows, in their order."""

    def during(self, first: dt.datetime | None, last: dt.datetime | None) -> Q:
        """A filter for the rows of a period, its ends included."""
        if not self.moment:
            return Q()
        lookup = self.by_name[self.moment].lookup
        ends = {f"{lookup}__gte": first, f"{lookup}__lte": last}
        return Q(**{name: end for name, end in ends.items() if end is not None})

    @property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    def _read_values(self, rows: QuerySet, asset: str) -> Iterable[Feature]:
        """Features of rows that lie where their asset does, whose fields are columns; `asset` leads to it."""
        columns = [field.lookup for field in self.fields]
        for pk, longitude, latitude, *values in rows.values_list("pk", f"{asset}longitude", f"{asset}latitude", *columns):
            place = None if longitude is None else shapely.Point(longitude, latitude)
            yield Feature(pk, place, {field.name: _told(field, value) for field, value in zip(self.fields, values, strict=True)})


def _told(field: Field, value: object) -> object:
    if field.words:
        return field.words.get(value)
    return time_text(value) if field.kind is Kind.INSTANT else value


class Assets(Layer):
    id = ASSETS
    title = gettext_lazy("Assets")
    description = gettext_lazy("The inventory of the site: what is installed, where, and who speaks for it.")
    geometry = "Point"
    fields = (
        Field("code", "Code", "code"), Field("name", "Name", "name"), Field("kind", "Kind", "kind__slug"),
        Field("kind_fr", "Kind in French", "kind__name_fr"), Field("kind_en", "Kind in English", "kind__name_en"),
        Field("domain", "Domain", "kind__domain"), Field("sector", "Path of the sector", "sector__path"),
        Field("supervisor", "Supervisor", "supervisor__slug"), Field("level", "Storey", "level", Kind.INTEGER),
        Field("depends_on", "Code of the asset it depends on", "depends_on__code"),
        Field("attributes", "What the owner's file says beside", "attributes", Kind.OBJECT),
    )  # fmt: skip

    def __init__(self, right: Right, now: dt.datetime) -> None:
        super().__init__(right, now)
        if right.sectors is not None:  # what an asset depends on may lie elsewhere
            self.fields = tuple(field for field in self.fields if field.name != "depends_on")

    def rows(self) -> QuerySet[Asset]:
        return Asset.objects.filter(self.right.within(), site_id=self.right.site_id, retired_at=None)

    def meeting(self, area: shapely.Geometry) -> Q:
        return meeting(area)

    def read(self, rows: QuerySet[Asset]) -> Iterable[Feature]:
        return self._read_values(rows, "")


class AssetsOfKind(Assets):
    """The assets of one kind, as a layer of its own."""

    def __init__(self, right: Right, now: dt.datetime, kind: AssetKind) -> None:
        super().__init__(right, now)
        self.kind = kind
        self.id = f"{ASSETS}-{kind.slug}"
        self.title = kind.name_en if get_language() == "en" else kind.name_fr
        self.description = _("The assets of this kind.")

    def rows(self) -> QuerySet[Asset]:
        return super().rows().filter(kind=self.kind)


class OpenAlarms(Layer):
    id = "alarms"
    title = gettext_lazy("Open alarms")
    description = gettext_lazy("Every alarm that is open now, at the place of its asset; one of a feed has no place.")
    geometry = "Point"
    moment = "raised_at"
    fields = (
        Field("severity", "Severity", "severity", words=SEVERITY_NAMES), Field("stake", "Stake", "stake", words=STAKE_NAMES),
        Field("state", "State", "state"), Field("rule", "Rule", "rule__slug"),
        Field("sentence_fr", "Sentence in French", "sentence_fr"), Field("sentence_en", "Sentence in English", "sentence_en"),
        Field("asset", "Code of the asset", "asset__code"), Field("asset_name", "Name of the asset", "asset__name"),
        Field("kind", "Kind of the asset", "asset__kind__slug"), Field("sector", "Path of the sector", "sector__path"),
        Field("feed", "Feed", "feed__slug"), Field("raised_at", "Since when", "raised_at", Kind.INSTANT),
        Field("returned_at", "Back to normal", "returned_at", Kind.INSTANT),
        Field("acknowledged_at", "Acknowledged", "acknowledged_at", Kind.INSTANT),
        Field("shelved_until", "Shelved until", "shelved_until", Kind.INSTANT),
        Field("out_of_service_until", "Out of service until", "out_of_service_until", Kind.INSTANT),
        Field("suppressed_by", "Alarm that explains it", "suppressed_by_id", Kind.INTEGER),
        Field("incident", "Number of the incident", "incident__number", Kind.INTEGER),
        Field("occurrences", "Times it came", "occurrences", Kind.INTEGER),
    )  # fmt: skip

    def rows(self) -> QuerySet[Alarm]:
        return Alarm.objects.filter(self.right.within(), site_id=self.right.site_id, is_open=True)

    def meeting(self, area: shapely.Geometry) -> Q:
        return meeting(area, "asset__")

    def read(self, rows: QuerySet[Alarm]) -> Iterable[Feature]:
        return self._read_values(rows, "asset__")


class Incidents(Layer):
    id = "incidents"
    title = gettext_lazy("Incidents")
    description = gettext_lazy("Incidents that are not closed, at the places of their open alarms.")
    geometry = "MultiPoint"
    moment = "opened_at"
    fields = (
        Field("number", "Number", "number", Kind.INTEGER), Field("title_fr", "Title in French"),
        Field("title_en", "Title in English"), Field("state", "State", "state"),
        Field("severity", "Worst severity of its alarms"),
        Field("opened_at", "Opened", "opened_at", Kind.INSTANT), Field("alarms", "Alarms", kind=Kind.INTEGER),
        Field("open_alarms", "Open alarms", kind=Kind.INTEGER),
    )  # fmt: skip

    def rows(self) -> QuerySet[Incident]:
        alive = Incident.objects.filter(site_id=self.right.site_id).exclude(state=Incident.State.CLOSED)
        return with_seen_alarms(alive, self.right.within())

    def _alarms(self) -> QuerySet[Alarm]:
        return Alarm.objects.filter(self.right.within(), is_open=True, asset__isnull=False)

    def meeting(self, area: shapely.Geometry) -> Q:
        return Q(Exists(self._alarms().filter(meeting(area, "asset__"), incident_id=OuterRef("pk"))))

    def read(self, rows: QuerySet[Incident]) -> Iterable[Feature]:
        told = incident_rows(rows, self.right.within(), self.right.sectors, named=False)
        places = self._places([row["id"] for row in told])
        for row in told:
            title, counts = row["title"], row["counts"]
            properties = {name: row[name] for name in ("number", "state", "severity", "opened_at")}
            properties |= {"title_fr": title["fr"], "title_en": title["en"]}
            properties |= {"alarms": counts["alarms"], "open_alarms": counts["open"]}
            ordered = {field.name: properties[field.name] for field in self.fields}
            here = places.get(row["id"])
            yield Feature(row["id"], shapely.MultiPoint(here) if here else None, ordered)

    def _places(self, incidents: Sequence[int]) -> dict[int, list[tuple[float, float]]]:
        found: dict[int, list[tuple[float, float]]] = {}
        columns = ("incident_id", "asset__longitude", "asset__latitude")
        alarms = self._alarms().filter(incident_id__in=incidents).order_by(*columns)
        for incident, *place in alarms.values_list(*columns).distinct():
            here = found.setdefault(incident, [])
            if len(here) < MOST_PLACES:
                here.append(tuple(place))
        return found


class Sectors(Layer):
    id = "sectors"
    title = gettext_lazy("Sectors")
    description = gettext_lazy("What the site is divided into.")
    geometry = "MultiPolygon"
    fields = (Field("slug", "Slug", "slug"), Field("name", "Name", "name"), Field("path", "Path", "path"))

    def rows(self) -> QuerySet[Sector]:
        every = Sector.objects.filter(site_id=self.right.site_id)
        if self.right.sectors is None:
            return every
        return every.filter(pk__in=[pk for pk, path in every.values_list("pk", "path") if self.right.covers(path)])

    def meeting(self, area: shapely.Geometry) -> Q:
        shapes = self.rows().values_list("pk", "polygon")
        return Q(pk__in=[pk for pk, polygon in shapes if shapely.geometry.shape(polygon).intersects(area)])

    def read(self, rows: QuerySet[Sector]) -> Iterable[Feature]:
        for pk, polygon, slug, name, path in rows.values_list("pk", "polygon", "slug", "name", "path"):
            shape = shapely.geometry.shape(polygon)
            whole = shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])
            yield Feature(pk, whole, {"slug": slug, "name": name, "path": path})


class PassagesOfToday(Layer):
    id = "passages"
    title = gettext_lazy("Passages of today")
    description = gettext_lazy("Vehicles at the gates since midnight, on the site's clocks: neither plate, permit nor person.")
    geometry = "Point"
    moment = "first_at"
    fields = (
        Field("gate", "Gate", "gate__slug"), Field("gate_name", "Name of the gate", "gate__name"),
        Field("direction", "Direction", "direction"), Field("state", "State", "state"),
        Field("verdict", "Recommended", "verdict"), Field("first_at", "First read", "first_at", Kind.INSTANT),
        Field("closed_at", "Closed", "closed_at", Kind.INSTANT),
        Field("confirmed_at", "Barrier open", "confirmed_at", Kind.INSTANT),
    )  # fmt: skip

    def rows(self) -> QuerySet[Passage]:
        zone = ZoneInfo(Site.objects.values_list("timezone", flat=True).get(pk=self.right.site_id))
        midnight = dt.datetime.combine(self.now.astimezone(zone).date(), dt.time(), zone)
        within = self.right.within("gate__asset__sector")
        return Passage.objects.filter(within, site_id=self.right.site_id, first_at__gte=midnight)

    def meeting(self, area: shapely.Geometry) -> Q:
        return meeting(area, "gate__asset__")

    def read(self, rows: QuerySet[Passage]) -> Iterable[Feature]:
        return self._read_values(rows, "gate__asset__")


LAYERS: dict[str, type[Layer]] = {each.id: each for each in (Assets, OpenAlarms, Incidents, Sectors, PassagesOfToday)}


def all_layers(right: Right, now: dt.datetime) -> list[Layer]:
    """Every layer of a site: the fixed ones, then one for each kind that it has assets of."""
    seen = Assets(right, now).rows().order_by().values("kind")
    kinds = AssetKind.objects.filter(pk__in=seen).order_by("slug")
    return [*(layer(right, now) for layer in LAYERS.values()), *(AssetsOfKind(right, now, kind) for kind in kinds)]


def layer_of(name: str, right: Right, now: dt.datetime) -> Layer | None:
    """The layer of an id; None when the site has none."""
    if name in LAYERS:
        return LAYERS[name](right, now)
    slug = name.removeprefix(f"{ASSETS}-")
    kind = AssetKind.objects.filter(slug=slug).first() if slug != name else None
    layer = kind and AssetsOfKind(right, now, kind)
    return layer if layer is not None and layer.rows().exists() else None
