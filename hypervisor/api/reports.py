"""Reports: the figures of a period as JSON, table by table as CSV, as charts; the load now; and by what a site counts."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import AssetKind, Sector, Site
from hypervisor import report_charts, rights
from hypervisor.acting import actor_of
from hypervisor.api import pace
from hypervisor.api.moves import REFUSALS, checked, language_of
from hypervisor.api.points import LOOK, look
from hypervisor.api.report_shapes import DefinitionsShape, LoadShape, ReportCharts, ReportShape
from hypervisor.api.tables import written
from hypervisor.models import User
from hypervisor.rights import Right, Verb
from journal.models import Bookmark
from reports import annunciations, defining, load, periods, report
from reports.contents import TABLES
from reports.periods import NAMED, BadPeriod, Period
from reports.report import Asked, Report, Sees
from reports.rows import AnnunciationRow, annunciation_rows
from reports.tables import Table, told

USUAL = "30_days"
MOST = 200_000
"""Lines of the CSV of annunciations."""
PARAMETERS = [
    OpenApiParameter("period", str, enum=list(NAMED), description=f"By the site's own calendar. Default: `{USUAL}`."),
    OpenApiParameter("from", {"type": "string", "format": "date"}, description="First day; with `to`, instead of `period`."),
    OpenApiParameter("to", {"type": "string", "format": "date"}, description="Last day, included; at most 400 days."),
    OpenApiParameter("sector", str, description="Slug of a sector; nested sectors are included."),
    OpenApiParameter("kind", str, description="Slug of a kind of assets."),
]


def period_of(request: Any, zone: str) -> Period:
    """As the query string asks. Raises ValidationError."""
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("period", "from", "to")}
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    try:
        if asked["from"] or asked["to"]:
            return periods.between(asked["from"] or asked["to"], asked["to"] or asked["from"], zone)
        return periods.named(asked["period"] or USUAL, today, zone)
    except BadPeriod as error:
        raise ValidationError(
            {"period": _("One of {allowed}, or two days, at most 400 days apart.").format(allowed=", ".join(NAMED))}
        ) from error


def asked_of(request: Any, right: Right, zone: str) -> Asked:
    """What a report is to be about, within what the person sees. Raises ValidationError."""
    sectors, kind = right.sectors, None
    if slug := request.GET.get("sector", "").replace("\0", ""):
        path = Sector.objects.filter(site_id=right.site_id, slug=slug).values_list("path", flat=True).first()
        if path is None:
            raise ValidationError({"sector": _("The site has no such sector.")})
        sectors = report.confined((path,), right.sectors)
    if slug := request.GET.get("kind", "").replace("\0", ""):
        kind = AssetKind.objects.filter(slug=slug).values_list("pk", flat=True).first()
        if kind is None:
            raise ValidationError({"kind": _("There is no such kind.")})
    return Asked(right.site_id, period_of(request, zone), sectors, kind)


def sees_on(site: int) -> Sees:
    """What a person of a name sees on a site, by their grants of today."""

    def sees(name: str) -> tuple[str, ...] | None:
        person = User.objects.filter(username=name).first()
        right = rights.what(person).by_site.get(site) if person is not None else None
        return () if right is None else right.sectors

    return sees


def made(request: Any, right: Right, site: Site) -> Report:
    """The report that a query string asks for. Raises ValidationError."""
    asked = asked_of(request, right, site.timezone)
    reached = Bookmark.objects.filter(site=site, follower=annunciations.NAME).values_list("seq", flat=True).first() or 0
    return report.make(asked, defining.of_site(site.pk), sees_on(site.pk), timezone.now(), reached)


def _made(request: Request, site: str) -> tuple[Report, Right]:
    right = rights.of(request).on(site)
    return made(request, right, Site.objects.get(pk=right.site_id)), right


class SiteReport(APIView):
    @extend_schema(
        operation_id="get_report",
        summary="Get the figures of a period: load, floods, nuisances, times, parts, availability",
        description="Annunciations are counted, not records: each way into `unacknowledged` that somebody could hear. "
        "Definitions are those of ISA-18.2 and EEMUA 191 as the site has set them; `definitions` says how.",
        parameters=PARAMETERS,
        responses=ReportShape,
    )
    def get(self, request: Request, site: str) -> Response:
        found, _ = _made(request, site)
        return Response(
            {
                "site": site, "from": found.asked.period.first.isoformat(), "to": found.asked.period.last.isoformat(),
                "made_at": _text(found.made_at), "until": _text(found.end), "reached": found.reached,
                "definitions": msgspec.to_builtins(found.definitions),
                "tables": [_table(make(found)) for make in TABLES.values()],
            }
        )  # fmt: skip


def _table(table: Table) -> dict[str, Any]:
    return {
        "key": table.key, "title": msgspec.to_builtins(table.title), "note": msgspec.to_builtins(table.note),
        "columns": [
            {"key": each.key, "name": msgspec.to_builtins(each.name), "unit": each.unit} for each in table.headings
        ],
        "rows": [{"cells": msgspec.to_builtins(row.cells), "proof": row.proof} for row in table.rows],
    }  # fmt: skip


def _text(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ReportTable(APIView):
    @extend_schema(
        operation_id="get_report_table_as_csv",
        summary="Export a table of a report as CSV",
        description="UTF-8 with a byte order mark; separated by semicolons with decimal commas in French, by commas in English. "
        "Shares are between 0 and 1, times in seconds.",
        parameters=[OpenApiParameter("table", str, OpenApiParameter.PATH, enum=list(TABLES)), *PARAMETERS],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, site: str, table: str) -> HttpResponse:
        found, _ = _made(request, site)
        if table not in TABLES:
            raise Http404
        return table_file(as_csv(TABLES[table](found), language_of(request)), f"{site}-{table}")


def table_file(content: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def as_csv(table: Table, language: str) -> str:
    rows = ([told(cell, language) for cell in row.cells] for row in table.rows)
    return written([each.key for each in table.headings], rows, language)


_ANNUNCIATION = [name for name in AnnunciationRow.__struct_fields__ if name not in ("rule_name", "sentence")]


class AnnunciationTable(APIView):
    @extend_schema(
        operation_id="list_annunciations_as_csv",
        summary="Export every annunciation of a period as CSV, oldest first",
        description="What the figures are counted from, heard or not, with the journal line of each: whoever counts again begins "
        f"here. A request for more than {MOST:,} lines is refused.",
        parameters=PARAMETERS,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, site: str) -> HttpResponse:
        right = rights.of(request).on(site)
        asked = asked_of(request, right, Site.objects.get(pk=right.site_id).timezone)
        rows = report.annunciated(asked).order_by("at", "seq", "alarm_id")
        if rows[: MOST + 1].count() > MOST:
            raise ValidationError(
                {"period": _("More than {most:,} annunciations: ask for a shorter period, or a sector.").format(most=MOST)}
            )
        language = language_of(request)
        lines = ([getattr(row, name) for name in _ANNUNCIATION] for row in annunciation_rows(rows))
        return table_file(written(_ANNUNCIATION, lines, language), f"{site}-annunciations")


class Charts(APIView):
    @extend_schema(
        operation_id="get_report_charts",
        summary="Get the charts of a report as Plotly figures, by name",
        parameters=[*PARAMETERS, *LOOK],
        responses=ReportCharts,
    )
    def get(self, request: Request, site: str) -> Response:
        found, _ = _made(request, site)
        return Response(report_charts.charts(found, look(request, found.asked.period.zone)))


class SiteLoad(APIView):
    @extend_schema(
        operation_id="get_load",
        summary="Get the load of an operator now",
        description="What was annunciated within the last ten minutes, and within the last hour, in the sectors you see.",
        responses=LoadShape,
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        found = load.now_of(right.site_id, right.sectors, defining.of_site(right.site_id), timezone.now())
        return Response(msgspec.to_builtins(found))


class ReportDefinitions(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="get_report_definitions", summary="Get what the reports of a site count by", responses=DefinitionsShape
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(msgspec.to_builtins(defining.of_site(right.site_id)))

    @extend_schema(
        operation_id="set_report_definitions",
        summary="Set what the reports of a site count by",
        description="For administrators of the site. Every period is counted by it from now on; the journal tells of the change.",
        request=DefinitionsShape,
        responses={200: DefinitionsShape, **{code: REFUSALS[code] for code in (403, 404)}},
    )
    def put(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.RULES)
        told_ = checked(DefinitionsShape, request)
        return Response(msgspec.to_builtins(defining.define(right.site_id, told_, by=actor_of(request), now=timezone.now())))
