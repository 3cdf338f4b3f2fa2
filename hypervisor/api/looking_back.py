"""Looking back: the alarms of a site as they stood at an instant of the past."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.models import Severity
from hypervisor import rights
from hypervisor.api.alarm_filters import instant_of
from hypervisor.api.shapes import Bilingual, SectorBrief
from journal.rows import time_text
from reports import looking_back
from reports.looking_back import SILENCED, Instant, Stood

STATES = (looking_back.UNACKNOWLEDGED, looking_back.ACKNOWLEDGED, looking_back.RETURNED)
AT = OpenApiParameter(
    "at", {"type": "string", "format": "date-time"}, required=True, description="The instant, not in the future."
)


class PlacedAsset(s.Serializer):
    id = s.IntegerField()
    code = s.CharField()
    name = s.CharField()
    kind = s.CharField()
    lon = s.FloatField()
    lat = s.FloatField()


class StoodAlarm(s.Serializer):
    id = s.IntegerField(help_text="Of the alarm.")
    line = s.IntegerField(help_text="Number of the journal line that tells of it.")
    severity = s.ChoiceField([each.label for each in Severity], help_text="When it was annunciated.")
    state = s.ChoiceField(STATES)
    silenced = s.ChoiceField(["", *SILENCED.values()], help_text="Why nobody heard it when it came; empty: it was heard.")
    raised_at = s.DateTimeField(help_text="When it began, on the readings' clock.")
    told_at = s.DateTimeField(help_text="When the operator was told.")
    acknowledged_at = s.DateTimeField(allow_null=True, help_text="Null where nobody had, then.")
    taken = s.BooleanField(help_text="Somebody had it in charge.")
    sentence = Bilingual(help_text="With which it came; of one that came back or became worse, the last it had.")
    rule = s.DictField(help_text="`id` and `name` in both languages.")
    asset = PlacedAsset(allow_null=True)
    sector = SectorBrief(allow_null=True)


class StoodCount(s.Serializer):
    severity = s.ChoiceField([each.label for each in Severity])
    state = s.ChoiceField([*STATES, "silenced"])
    count = s.IntegerField()


class InstantShape(s.Serializer):
    at = s.DateTimeField()
    reached = s.IntegerField(help_text="Number of the last journal line that is known of.")
    counts = StoodCount(many=True, help_text="Of all, also beyond what is listed.")
    alarms = StoodAlarm(many=True, help_text=f"The worst first, {looking_back.MOST:,} at most; those nobody heard last.")
    more = s.BooleanField(help_text="There were more than are listed.")


class SiteInstant(APIView):
    @extend_schema(
        operation_id="get_instant",
        summary="Get the alarms as they stood at an instant of the past",
        description="From when the journal tells of an alarm until its condition ended; one that ended and nobody had "
        f"acknowledged is there for {looking_back.WAITED.days} day more. Alarms in the sectors you see.",
        parameters=[AT],
        responses=InstantShape,
    )
    def get(self, request: Request, site: str) -> Response:
        right, now = rights.of(request).on(site), timezone.now()
        at = instant_of(request.query_params.get("at", ""), "at", right.site_id, last=False)
        if at > now:
            raise ValidationError({"at": _("It is still to come.")})
        return Response(_told(looking_back.at_instant(right.site_id, at, right.sectors)))


def _told(found: Instant) -> dict[str, Any]:
    return {
        "at": time_text(found.at), "reached": found.reached, "more": found.more,
        "counts": [
            {"severity": Severity(severity).label, "state": state, "count": count}
            for (severity, state), count in sorted(found.counts.items())
        ],
        "alarms": [_alarm(each, found.at) for each in found.alarms],
    }  # fmt: skip


def _alarm(stood: Stood, at: dt.datetime) -> dict[str, Any]:
    row, rule = stood.row, stood.row.alarm.rule
    asset, sector = row.asset, row.sector
    acknowledged = row.acknowledged_at if row.acknowledged_at is not None and row.acknowledged_at <= at else None
    return {
        "id": row.alarm_id, "line": row.seq, "severity": Severity(row.severity).label,
        "state": stood.state, "silenced": stood.silenced, "raised_at": time_text(row.began_at), "told_at": time_text(row.at),
        "acknowledged_at": time_text(acknowledged), "taken": row.taken_at is not None and row.taken_at <= at,
        "sentence": {"fr": stood.sentence_fr, "en": stood.sentence_en},
        "rule": {"id": rule.pk, "name": {"fr": rule.name_fr, "en": rule.name_en}},
        "asset": asset and {
            "id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug,
            "lon": asset.longitude, "lat": asset.latitude,
        },
        "sector": sector and {"slug": sector.slug, "name": sector.name, "path": sector.path},
    }  # fmt: skip
