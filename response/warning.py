"""A CAP draft of an incident: what of its alarms stands, and where they lie."""

import datetime as dt
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F

from alarms.models import Alarm, Incident
from assets.models import Sector
from response import cap
from response.cap import Area, Point

MOST_SENTENCES, MOST_AREAS = 20, 20


def draft(incident: Incident, now: dt.datetime) -> bytes:
    """The draft as XML. Nothing is stored, and nothing is sent."""
    site, zone = incident.site, ZoneInfo(incident.site.timezone)
    alarms = list(
        incident.alarms.select_related("asset", "sector").order_by(
            F("closed_at").desc(nulls_first=True), "severity", "raised_at", "id"
        )
    )
    standing = [alarm for alarm in alarms if alarm.is_open] or alarms
    told = standing[:MOST_SENTENCES]
    warning = cap.Warning(
        number=incident.number, site=site.slug, name=site.name,
        address=urlsplit(settings.ADDRESS).hostname or f"{site.slug}.invalid",
        titles={"fr": incident.title_fr, "en": incident.title_en},
        sentences={"fr": [each.sentence_fr for each in told], "en": [each.sentence_en for each in told]},
        severity=min((alarm.severity for alarm in standing), default=4), began=incident.opened_at.astimezone(zone),
        areas=_areas(site.name, standing),
    )  # fmt: skip
    return cap.document(warning, now.astimezone(zone))


def _areas(site: str, alarms: list[Alarm]) -> list[Area]:
    """The sectors it lies in; of alarms without one a circle around their asset; else the site by its name."""
    sectors = {alarm.sector_id: alarm.sector for alarm in alarms if alarm.sector is not None}
    areas = [Area(sector.name, ring) for sector in sectors.values() for ring in _rings(sector)]
    points = {(alarm.asset.name, alarm.asset.longitude, alarm.asset.latitude) for alarm in alarms
              if alarm.sector is None and alarm.asset is not None and alarm.asset.longitude is not None}  # fmt: skip
    areas += [Area(name, centre=(longitude, latitude)) for name, longitude, latitude in sorted(points)]
    return areas[:MOST_AREAS] or [Area(site)]


def _rings(sector: Sector) -> list[list[Point]]:
    """The outer rings of its polygon."""
    shape: dict[str, Any] = sector.polygon
    parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [[(point[0], point[1]) for point in part[0]] for part in parts]
