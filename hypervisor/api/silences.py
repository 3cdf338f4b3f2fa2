"""What is silenced on a site: who, since when, until when, why, and the address that ends it for who may."""

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms import silences
from alarms.rows import time_text
from alarms.silences import Reader, Silence, Sort
from assets.models import Sector
from assets.sector_paths import lies_in
from hypervisor import feeds_now, rights
from hypervisor.api import shapes
from hypervisor.api.alarm_filters import in_sector
from hypervisor.api.maintenance import visible
from hypervisor.rights import Right, Verb

MOST = 1000
"""Rows told at once, those in force first."""
_ENDING = {
    Sort.SHELVED: (Verb.SHELVE, "shelving"),
    Sort.OUT_OF_SERVICE: (Verb.OUT_OF_SERVICE, "out-of-service"),
}


class SilencedAsset(s.Serializer):
    id = s.IntegerField()
    code = s.CharField()
    name = s.CharField()


class SilenceRow(s.Serializer):
    sort = s.ChoiceField([sort.value for sort in Sort])
    in_force = s.BooleanField(help_text="False if planned, or if a rule is retired or in shadow.")
    closed = s.BooleanField(help_text="Whether it lasts while its alarm is closed; the next alarm inherits it.")
    about = shapes.Bilingual(allow_null=True, help_text="What is silenced, or its cause; null if you may not see it.")
    severity = s.ChoiceField(shapes.SEVERITIES, allow_null=True)
    asset = SilencedAsset(allow_null=True)
    sector = shapes.SectorBrief(allow_null=True)
    since = s.DateTimeField(allow_null=True)
    until = s.DateTimeField(allow_null=True)
    next = s.DateTimeField(allow_null=True, help_text="When a maintenance window that has not begun begins.")
    by = s.CharField(allow_null=True)
    reason = s.CharField(help_text="Reason; for a rule its state, retired or shadow.")
    alarms = s.IntegerField(help_text="Number of open alarms that it silences now.")
    alarm = s.IntegerField(allow_null=True, help_text="Id of the silenced alarm, or of the cause.")
    window = s.IntegerField(allow_null=True)
    feed = s.CharField(allow_null=True, help_text="Slug of the feed that is switched off.")
    rule = s.CharField(allow_null=True)
    end = s.CharField(allow_null=True, help_text="Address to DELETE in order to end it; null if you may not.")


class Register(s.Serializer):
    in_force = s.IntegerField(
        help_text="Number of shelvings, times out of service, maintenance windows and switched-off feeds in force."
    )
    more = s.BooleanField(help_text=f"Whether there are more than the {MOST} returned.")
    results = SilenceRow(many=True)


class SilenceCount(s.Serializer):
    in_force = s.IntegerField()


def reader(right: Right) -> Reader:
    """What the register and its number are asked with."""
    return Reader(right.site_id, right.within(), visible(right), feeds_now.seen(right.sectors))


def register(right: Right) -> list[Silence]:
    """What the person may see of what is silenced."""
    return silences.register(reader(right), timezone.now())


def wanted(found: Iterable[Silence], sort: str = "", sector: str = "", by: str = "") -> list[Silence]:
    """Those of a sort, in a sector (a path, with what is nested in it), by a person; empty: all."""
    return [
        each for each in found
        if (not sort or each.sort == sort) and (not by or each.by == by)
        and (not sector or lies_in(each.path, (sector,)))
    ]  # fmt: skip


def end_of(silence: Silence, right: Right) -> str | None:
    """The address below /api/v1 that ends it, for who may."""
    if silence.sort in _ENDING and silence.window is None:
        verb, name = _ENDING[silence.sort]
        return f"/alarms/{silence.alarm}/{name}" if right.may(verb) else None
    if silence.feed is not None:
        return f"/feeds/{silence.feed}/stop" if right.may(Verb.FEEDS) else None
    if silence.window is None or not right.covers(silence.path):
        return None
    if silence.sort == Sort.OUT_OF_SERVICE:
        return f"/assets/{silence.asset['id']}/out-of-service" if right.may(Verb.OUT_OF_SERVICE) else None
    return f"/maintenance-windows/{silence.window}" if right.may(Verb.MAINTENANCE) else None


def row(silence: Silence, right: Right) -> dict[str, object]:
    end, asset = end_of(silence, right), silence.asset
    return {
        "sort": silence.sort, "in_force": silence.in_force, "closed": silence.closed, "about": silence.about,
        "severity": silence.severity, "asset": asset and {name: asset[name] for name in ("id", "code", "name")},
        "sector": silence.sector, **{name: _time(getattr(silence, name)) for name in ("since", "until", "next")},
        "by": silence.by, "reason": silence.reason, "alarms": silence.alarms, "alarm": silence.alarm, "window": silence.window,
        "feed": silence.feed, "rule": silence.rule, "end": end and f"/api/v1{end}",
    }  # fmt: skip


def _time(moment: dt.datetime | None) -> str | None:
    return time_text(moment and moment.astimezone(dt.UTC))


class SiteSilences(APIView):
    @extend_schema(
        operation_id="list_silences",
        summary="List the silences of a site, those in force first",
        parameters=[
            OpenApiParameter("sort", str, enum=[sort.value for sort in Sort]),
            OpenApiParameter("sector", str, description="Slug of a sector; nested sectors are included."),
            OpenApiParameter("by", str, description="User name of the person who silenced it."),
        ],
        responses=Register,
    )
    def get(self, request: Request, site: str) -> Response:
        right, asked = rights.of(request).on(site), request.query_params
        sort, sector = asked.get("sort", ""), asked.get("sector", "")
        if sort and sort not in list(Sort):
            raise ValidationError({"sort": _("One of {allowed}.").format(allowed=", ".join(Sort))})
        path = ""
        if sector:
            in_sector(right.site_id, sector)
            path = Sector.objects.values_list("path", flat=True).get(site_id=right.site_id, slug=sector)
        found = wanted(register(right), sort, path, asked.get("by", ""))
        told = [row(each, right) for each in found[:MOST]]
        return Response({"in_force": _in_force(right), "more": len(found) > MOST, "results": told})


class SilencesInForce(APIView):
    @extend_schema(
        operation_id="count_silences",
        summary="Count the silences in force on a site",
        responses=SilenceCount,
    )
    def get(self, request: Request, site: str) -> Response:
        return Response({"in_force": _in_force(rights.of(request).on(site))})


def _in_force(right: Right) -> int:
    return silences.count(reader(right), timezone.now())
