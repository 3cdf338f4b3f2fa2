"""Alarms as the interface shows them: the list with its filters, one alarm with why it is there, its part of the journal."""

import json
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms import pseudonyms
from alarms.models import Alarm, JournalEntry, Severity
from alarms.rows import alarm_rows, entry_rows
from assets.models import Sector
from assets.spelling import folded, in_sql, stem
from hypervisor import rights
from hypervisor.api import naming, shapes
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.rights import Right, Verb

OPEN = ~Q(state=Alarm.State.NORMAL)
STATES: dict[str, Q] = {
    "open": OPEN,
    "all": Q(),
    "shelved": OPEN & Q(shelved_until__isnull=False),
    "out_of_service": OPEN & Q(out_of_service_until__isnull=False),
    "suppressed": OPEN & Q(suppressed_by__isnull=False),
    **{state: Q(state=state) for state in Alarm.State.values},
}
_SEVERITIES = {severity.label: severity.value for severity in Severity}


def found(request: Request, alarm: int, verb: Verb = Verb.SEE) -> tuple[Alarm, Right]:
    """The alarm and what the person may do with it; 404 when unknown or not theirs to see, 403 when only the verb is."""
    rows = Alarm.objects.select_related("sector", "version", "point__asset__kind", "site", "suppressed_by")
    row = rows.filter(pk=alarm).first()
    if row is None:
        raise rights.Http404
    return row, rights.of(request).at(row.site_id, row.sector and row.sector.path, verb)


def filtered(request: Request, right: Right) -> QuerySet[Alarm]:
    """The alarms of a site that the person may see and that the query string asks for. Raises ValidationError."""
    asked = request.query_params
    state = asked.get("state", "open")
    if state not in STATES:
        raise ValidationError({"state": f"One of {', '.join(STATES)}."})
    alarms = Alarm.objects.filter(STATES[state], right.within(), site_id=right.site_id)
    if severity := asked.get("severity"):
        unknown = set(severity.split(",")) - set(_SEVERITIES)
        if unknown:
            raise ValidationError({"severity": f"One or more of {', '.join(_SEVERITIES)}."})
        alarms = alarms.filter(severity__in=[_SEVERITIES[name] for name in severity.split(",")])
    if sector := asked.get("sector"):
        alarms = alarms.filter(in_sector(right.site_id, sector))
    for name, lookup in (("incident", "incident_id"), ("suppressed_by", "suppressed_by_id")):
        if ident := asked.get(name):
            if not ident.isascii() or not ident.isdigit() or len(ident) > 18:
                raise ValidationError({name: "A whole number."})
            alarms = alarms.filter(**{lookup: int(ident)})
    alarms = alarms.alias(fr=in_sql("sentence_fr"), en=in_sql("sentence_en"), name=in_sql("asset__name"))
    for word in map(stem, words(folded(asked.get("q", "")))):
        said = Q(fr__contains=word) | Q(en__contains=word) | Q(name__contains=word)
        for pseudonym in pseudonyms.naming(right.site_id, word):
            said |= Q(subject__endswith=pseudonym)
        alarms = alarms.filter(said | Q(asset__code__icontains=word))
    return alarms


def in_sector(site: int, slug: str) -> Q:
    """A filter for what lies in a sector or in one nested in it. Raises ValidationError for a sector the site has not."""
    path = Sector.objects.filter(site_id=site, slug=slug.replace("\0", "")).values_list("path", flat=True).first()
    if path is None:
        raise ValidationError({"sector": "The site has no such sector."})
    return rights.in_sector(path)


def words(text: str) -> list[str]:
    """The first words of a search; PostgreSQL has no text with a NUL."""
    return text.replace("\0", " ").split()[:8]


class SiteAlarms(APIView):
    @extend_schema(
        operation_id="list_alarms",
        summary="Alarms of a site, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="`open` unless said."),
            OpenApiParameter("severity", str, description="One or more, joined by commas: critical, high, medium, low."),
            OpenApiParameter("sector", str, description="Slug of a sector; what is nested in it is included."),
            OpenApiParameter("incident", int, description="Alarms of this incident."),
            OpenApiParameter("suppressed_by", int, description="Alarms that this one explains, and keeps silent."),
            OpenApiParameter("q", str, description="Words of the sentence, of the asset's code or name; all must be there."),
            *PARAMETERS,
        ],
        responses=shapes.paged(shapes.AlarmRow),
    )
    def get(self, request: Request, site: str) -> Response:
        alarms = filtered(request, rights.of(request).on(site))
        return newest(request, alarms)


def newest(request: Request, alarms: QuerySet[Alarm]) -> Response:
    """A page of alarms, those that came last first: one that comes again is as new as that."""
    return page(request, alarms, {"raised_at": "raised_at", "id": "id"}, alarm_rows, newest=True, moments=["raised_at"])


class AlarmView(APIView):
    @extend_schema(operation_id="get_alarm", summary="One alarm, with its evidence", responses=shapes.AlarmDetail)
    def get(self, request: Request, alarm: int) -> Response:
        row, right = found(request, alarm)
        return Response(detail(row, right))


def detail(row: Alarm, right: Right) -> dict[str, object]:
    """The alarm row with what only one alarm at a time is asked for."""
    (shown,) = alarm_rows(Alarm.objects.filter(pk=row.pk))
    cause = row.suppressed_by
    shown |= {
        "cause": cause and {"id": cause.pk, "sentence": {"fr": cause.sentence_fr, "en": cause.sentence_en}},
        "suppresses": row.suppresses.exclude(state=Alarm.State.NORMAL).count(),
        "offers": ["shelving"] if row.chattering and row.shelved_until is None and right.may(Verb.SHELVE) else [],
    }
    ended = _ended(row)
    why = {"evidence": row.evidence, "ended": ended, "named": naming.named(right, row.evidence, ended)}
    extra = {"version": row.version.number, "verbs": sorted(right.verbs())}
    extra |= {"unit": row.point.unit if row.point else "", "codes": naming.codes(row.point)}
    return shown | pseudonyms.revealed_in({"cause": shown["cause"], **why}) | extra


def _ended(row: Alarm) -> dict[str, Any] | None:
    """The evidence of its return to normal, which only the journal keeps; None while it stands."""
    if row.returned_at is None:
        return None
    lines = JournalEntry.objects.filter(site_id=row.site_id, alarm_id=row.pk, kind__startswith="alarm.returned")
    details = lines.order_by("-seq").values_list("details", flat=True).first()
    return json.loads(details or "{}").get("evidence")


class AlarmJournal(APIView):
    @extend_schema(
        operation_id="list_alarm_journal",
        summary="The journal of one alarm, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, alarm: int) -> Response:
        row, _ = found(request, alarm)
        entries = JournalEntry.objects.filter(site_id=row.site_id, alarm_id=row.pk)
        return page(request, entries, {"seq": "seq"}, entry_rows, newest=True)


class SiteJournal(APIView):
    @extend_schema(
        operation_id="list_journal",
        summary="The journal of a site, newest first",
        description="Who is confined to sectors sees the lines that speak of their alarms.",
        parameters=[
            OpenApiParameter("kind", str, description="Kind of line, such as alarm.raised, or its beginning up to a dot: alarm."),
            OpenApiParameter("actor", str, description="User name."),
            *PARAMETERS,
        ],
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        entries = JournalEntry.objects.filter(right.within("alarm__sector"), site_id=right.site_id)
        if kind := request.query_params.get("kind", "").replace("\0", ""):
            entries = entries.filter(Q(kind=kind) | Q(kind__startswith=f"{kind}."))
        if actor := request.query_params.get("actor", "").replace("\0", ""):
            entries = entries.filter(actor=actor)
        return page(request, entries, {"seq": "seq"}, entry_rows, newest=True)
