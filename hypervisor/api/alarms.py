"""Alarms as the interface shows them: the list with its filters, one alarm with why it is there, its part of the journal."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from msgspec import structs
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms import pseudonyms
from alarms.models import Alarm
from alarms.rows import alarm_rows
from alarms.verdicts.suppression import explained
from assets.models import Point
from hypervisor import rights
from hypervisor.api import naming, shapes
from hypervisor.api.alarm_filters import FILTERS, ORDER, ORDERS, filtered
from hypervisor.api.asked import choice
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.render import instant
from hypervisor.api.token import for_tokens
from hypervisor.rights import Right, Verb
from journal.models import JournalEntry
from journal.nouns import Row
from journal.reading import lines_about, lines_within
from journal.rows import entry_rows
from reports import hidden


def alarm_of(request: Request, alarm: int, verb: Verb = Verb.SEE) -> tuple[Alarm, Right]:
    """The alarm and what the person may do with it; 404 when unknown or not theirs to see, 403 when only the verb is."""
    rows = Alarm.objects.select_related("sector", "version", "point__asset__kind", "site", "suppressed_by")
    row = rows.filter(pk=alarm).first()
    if row is None:
        raise rights.Http404
    return row, rights.of(request).at(row.site_id, row.sector and row.sector.path, verb)


@for_tokens("alarms")
class SiteAlarms(APIView):
    @extend_schema(
        operation_id="list_alarms",
        summary="List the alarms of a site",
        parameters=[*FILTERS, ORDER, *PARAMETERS],
        responses=shapes.paged(shapes.AlarmRow),
    )
    def get(self, request: Request, site: str) -> Response:
        order = ORDERS[choice(request, "order", ORDERS, "newest")]
        right = rights.of(request).on(site)
        alarms = filtered(request, right, timezone.now()).filter(order.within)
        rows = partial(alarm_rows, named=right.names_people)
        return page(request, alarms, order.keys, rows, newest=order.newest, moments=[order.moment])


def newest(request: Request, alarms: QuerySet[Alarm], rows: Callable[[QuerySet[Alarm]], Sequence[Row]] = alarm_rows) -> Response:
    """A page of alarms, those that came last first: one that comes again is as new as that."""
    return page(request, alarms, {"raised_at": "raised_at", "id": "id"}, rows, newest=True, moments=["raised_at"])


class AlarmView(APIView):
    @extend_schema(operation_id="get_alarm", summary="Get an alarm with its evidence", responses=shapes.AlarmDetail)
    def get(self, request: Request, alarm: int) -> Response:
        row, right = alarm_of(request, alarm)
        return Response(detail(row, right))


def detail(row: Alarm, right: Right) -> dict[str, object]:
    """The alarm row with what only one alarm at a time is asked for."""
    (alarm,) = alarm_rows(Alarm.objects.filter(pk=row.pk))
    cause = row.suppressed_by if row.suppressed_by_id and _theirs(row.suppressed_by_id, right) else None
    shown = structs.asdict(alarm) | {
        "cause": cause and {"id": cause.pk, "sentence": {"fr": cause.sentence_fr, "en": cause.sentence_en}},
        "suppresses": Alarm.objects.filter(right.within(), id__in=explained(row.pk)).count(),
        "offers": ["shelving"] if row.chattering and row.shelved_until is None and right.may(Verb.SHELVE) else [],
    }
    ended = _ended(row)
    why = {"evidence": row.evidence, "ended": ended, "named": naming.named(right, row.evidence, ended)}
    extra = {"version": row.version.number, "verbs": sorted(right.verbs())}
    point = row.point or _worst_point(row)
    extra |= {"unit": point.unit if point else "", "codes": naming.codes(point)}
    return shown | pseudonyms.revealed_in({"cause": shown["cause"], **why}) | extra


def _worst_point(row: Alarm) -> Point | None:
    """Whose value the evidence of a sector's alarm is."""
    return Point.objects.select_related("asset__kind").filter(pk=row.evidence.get("point")).first()


def _theirs(alarm: int, right: Right) -> bool:
    return Alarm.objects.filter(right.within(), pk=alarm).exists()


def _ended(row: Alarm) -> dict[str, Any] | None:
    """The evidence of its return to normal, which only the journal keeps; None while it stands."""
    if row.returned_at is None:
        return None
    lines = lines_about(row.site_id, "alarm", [row.pk]).filter(kind__startswith="alarm.returned")
    details = lines.order_by("-seq").values_list("details", flat=True).first()
    return json.loads(details or "{}").get("evidence")


class AlarmJournal(APIView):
    @extend_schema(
        operation_id="list_alarm_journal",
        summary="List the journal lines of an alarm, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, alarm: int) -> Response:
        row, _ = alarm_of(request, alarm)
        entries = lines_about(row.site_id, "alarm", [row.pk])
        return page(request, entries, {"seq": "seq"}, entry_rows, newest=True)


class AlarmAnnunciations(APIView):
    @extend_schema(
        operation_id="get_alarm_annunciations",
        summary="Get when an alarm was heard in the last four weeks",
        description="All alarms of the same rule and subject, oldest first; the last 2,000.",
        responses=shapes.Announced,
    )
    def get(self, request: Request, alarm: int) -> Response:
        row, _ = alarm_of(request, alarm)
        now = timezone.now()
        return Response({"since": instant(now - hidden.BACK), "announced": [instant(at) for at in hidden.announced(row, now)]})


class SiteJournal(APIView):
    @extend_schema(
        operation_id="list_journal",
        summary="List the journal of a site, newest first",
        description="People who are confined to sectors see the lines about alarms in these sectors.",
        parameters=[
            OpenApiParameter("kind", str, description="Kind of line, such as alarm.raised, or its beginning up to a dot: alarm."),
            OpenApiParameter("actor", str, description="User name."),
            *PARAMETERS,
        ],
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        entries = JournalEntry.objects.filter(site_id=right.site_id)
        if right.sectors is not None:
            entries = entries.filter(lines_within(right.site_id, right.sectors))
        if kind := request.query_params.get("kind", "").replace("\0", ""):
            entries = entries.filter(Q(kind=kind) | Q(kind__startswith=f"{kind}."))
        if actor := request.query_params.get("actor", "").replace("\0", ""):
            entries = entries.filter(actor=actor)
        return page(request, entries, {"seq": "seq"}, entry_rows, newest=True)
