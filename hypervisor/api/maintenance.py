"""Maintenance windows: when works explain the alarms of an asset, a sector or a kind; planned, changed and cancelled."""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.lifecycle import IllegalMove
from alarms.maintenance import moves
from alarms.maintenance.times import LONGEST, Period
from alarms.maintenance.windows import schedule
from alarms.models import Alarm, MaintenanceWindow
from assets.models import Asset, AssetKind, Sector
from hypervisor import rights
from hypervisor.api import shapes
from hypervisor.api.moves import Conflict, checked, desk_of, language_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.render import instant
from hypervisor.rights import Right, Verb


class Weekly(s.Serializer):
    weekdays = s.ListField(child=s.IntegerField(min_value=1, max_value=7), min_length=1, max_length=7, help_text="1 is Monday.")
    start = s.TimeField(help_text="On the site's own clock.", format="%H:%M")
    end = s.TimeField(help_text="On the site's own clock; not after the start: the day after.", format="%H:%M")


class PeriodBrief(s.Serializer):
    starts_at = s.DateTimeField()
    ends_at = s.DateTimeField()


class WindowRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    asset = shapes.AssetBrief(allow_null=True)
    sector = shapes.SectorBrief(allow_null=True)
    kind = s.CharField(allow_null=True)
    reason = s.CharField()
    critical = s.BooleanField(help_text="Critical alarms are silenced too.")
    starts_at = s.DateTimeField()
    ends_at = s.DateTimeField(allow_null=True)
    weekly = Weekly(allow_null=True, help_text="Null: once, from starts_at to ends_at.")
    current = PeriodBrief(allow_null=True, help_text="The time under way.")
    next = PeriodBrief(allow_null=True, help_text="The time to come.")
    alarms = s.IntegerField(help_text="Open alarms it silences now.")
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)
    cancelled_at = s.DateTimeField(allow_null=True)


class NewWindow(s.Serializer):
    """About an asset (and what depends on it), a sector (and what is nested in it), a kind, or several at once."""

    asset = s.IntegerField(required=False, allow_null=True, default=None)
    sector = s.SlugField(required=False, allow_null=True, default=None)
    kind = s.SlugField(required=False, allow_null=True, default=None)
    reason = s.CharField(max_length=250)
    critical = s.BooleanField(default=False)
    starts_at = s.DateTimeField(required=False, help_text="Now unless said.")
    ends_at = s.DateTimeField(
        required=False, allow_null=True, default=None,
        help_text="Required once, and within a year; of a repetition that silences critical alarms too, as well.",
    )  # fmt: skip
    weekly = Weekly(required=False, allow_null=True, default=None)

    def validate(self, given: dict[str, object]) -> dict[str, object]:
        if not any(given[name] for name in ("asset", "sector", "kind")):
            raise s.ValidationError({"asset": "Give an asset, a sector or a kind."})
        if given["weekly"] is None:
            if given["ends_at"] is None:
                raise s.ValidationError({"ends_at": "Required unless it is weekly."})
            if given["ends_at"] - given.get("starts_at", timezone.now()) > LONGEST:
                raise s.ValidationError({"ends_at": f"At most {LONGEST.days} days after the start."})
        return given


STATES = {
    "planned": lambda now: Q(cancelled_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now)),
    "running": lambda now: Q(cancelled_at=None, running_until__gt=now),
    "all": lambda now: Q(),
}
_READ = ("site", "asset__kind", "asset__sector", "sector", "kind", "created_by")


def visible(right: Right) -> Q:
    """Windows that speak of what the person may see; those of a kind alone are everybody's."""
    if right.sectors is None:
        return Q()
    return right.within("sector") | right.within("asset__sector") | Q(asset=None, sector=None)


def _period(period: Period | None) -> dict[str, object] | None:
    return period and {"starts_at": period.start, "ends_at": period.end}


def _row(window: MaintenanceWindow, silenced: int, now: dt.datetime) -> dict[str, object]:
    asset, sector, times = window.asset, window.sector, schedule(window)
    alive = window.cancelled_at is None
    started = alive and window.starts_at <= now
    return {
        "id": window.pk, "site": window.site.slug,
        "asset": asset and {"id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug,
                            "lon": asset.longitude, "lat": asset.latitude},
        "sector": sector and {"slug": sector.slug, "name": sector.name, "path": sector.path},
        "kind": window.kind and window.kind.slug, "reason": window.reason, "critical": window.critical,
        "starts_at": instant(window.starts_at), "ends_at": instant(window.ends_at),
        "weekly": {"weekdays": window.weekdays, "start": f"{window.start_time:%H:%M}", "end": f"{window.end_time:%H:%M}"}
                  if window.weekdays else None,
        "current": _period(times.at(now)) if started else None, "next": _period(times.after(now)) if alive else None,
        "alarms": silenced, "created_at": instant(window.created_at),
        "created_by": window.created_by and window.created_by.username, "cancelled_at": instant(window.cancelled_at),
    }  # fmt: skip


def rows(windows: QuerySet[MaintenanceWindow]) -> list[dict[str, object]]:
    """Rows of a queryset, in its order, in two queries."""
    found, now = list(windows.select_related(*_READ)), timezone.now()
    open_ = Alarm.objects.filter(maintenance__in=[each.pk for each in found]).exclude(state=Alarm.State.NORMAL)
    silenced = dict(open_.order_by().values_list("maintenance").annotate(Count("pk")))
    return [_row(window, silenced.get(window.pk, 0), now) for window in found]


def _found(request: Request, window: int, verb: Verb = Verb.SEE) -> tuple[MaintenanceWindow, Right]:
    row = MaintenanceWindow.objects.select_related(*_READ).filter(pk=window).first()
    right = row and rights.of(request).by_site.get(row.site_id)
    if not right or not right.may(Verb.SEE) or not MaintenanceWindow.objects.filter(visible(right), pk=window).exists():
        raise Http404
    if not right.may(verb):
        raise PermissionDenied
    if verb != Verb.SEE:
        theirs(row, right)
    return row, right


def theirs(window: MaintenanceWindow, right: Right) -> None:
    """Who is confined plans for their sectors only. Raises PermissionDenied."""
    paths = [window.sector.path] if window.sector else []
    paths += [window.asset.sector and window.asset.sector.path] if window.asset else []
    if right.sectors is not None and not (paths and all(map(right.covers, paths))):
        raise PermissionDenied


def _wanted(request: Request, right: Right) -> MaintenanceWindow:
    """The window a body describes. Raises ValidationError and PermissionDenied."""
    told = checked(NewWindow, request)
    asset = told["asset"] and Asset.objects.select_related("sector").filter(pk=told["asset"], site_id=right.site_id).first()
    sector = told["sector"] and Sector.objects.filter(slug=told["sector"], site_id=right.site_id).first()
    kind = told["kind"] and AssetKind.objects.filter(slug=told["kind"]).first()
    for name, row in (("asset", asset), ("sector", sector), ("kind", kind)):
        if told[name] and row is None:
            raise ValidationError({name: "The site has no such thing."})
    weekly = told["weekly"] or {"weekdays": [], "start": None, "end": None}
    window = MaintenanceWindow(
        site_id=right.site_id, asset=asset or None, sector=sector or None, kind=kind or None, reason=told["reason"],
        critical=told["critical"], starts_at=told.get("starts_at", timezone.now()), ends_at=told["ends_at"],
        weekdays=sorted(set(weekly["weekdays"])), start_time=weekly["start"], end_time=weekly["end"],
    )  # fmt: skip
    theirs(window, right)
    return window


_REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role, or your sectors, do not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such window, or not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="It makes no sense as told; nothing was changed."),
}


def _moved(request: Request, move: object, *given: object) -> Response:
    try:
        window = move(*given, by=request.user, now=timezone.now(), desk=desk_of(request))
    except IllegalMove as refused:
        raise Conflict(getattr(refused, language_of(request))) from refused
    return Response(rows(MaintenanceWindow.objects.filter(pk=window.pk))[0])


class SiteWindows(APIView):
    @extend_schema(
        operation_id="list_maintenance_windows",
        summary="Maintenance windows of a site, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="`planned` (not over) unless said."),
            *PARAMETERS,
        ],
        responses=shapes.paged(WindowRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        state = request.query_params.get("state", "planned")
        if state not in STATES:
            raise ValidationError({"state": f"One of {', '.join(STATES)}."})
        windows = MaintenanceWindow.objects.filter(STATES[state](timezone.now()), visible(right), site_id=right.site_id)
        return page(request, windows, {"id": "id"}, rows, newest=True)

    @extend_schema(
        operation_id="plan_maintenance",
        summary="Plan a maintenance window, once or weekly on the site's own clock",
        request=NewWindow,
        responses={201: WindowRow, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.MAINTENANCE)
        answer = _moved(request, moves.plan, _wanted(request, right))
        answer.status_code = status.HTTP_201_CREATED
        return answer


class WindowView(APIView):
    @extend_schema(operation_id="get_maintenance_window", summary="One maintenance window", responses=WindowRow)
    def get(self, request: Request, window: int) -> Response:
        row, _ = _found(request, window)
        return Response(rows(MaintenanceWindow.objects.filter(pk=row.pk))[0])

    @extend_schema(
        operation_id="change_maintenance_window",
        summary="Say anew what a maintenance window is",
        request=NewWindow,
        responses={200: WindowRow, **_REFUSALS},
    )
    def put(self, request: Request, window: int) -> Response:
        row, right = _found(request, window, Verb.MAINTENANCE)
        return _moved(request, moves.change, row.pk, _wanted(request, right))

    @extend_schema(
        operation_id="cancel_maintenance_window",
        summary="End a maintenance window for good; what it silenced is back; again does no harm",
        request=None,
        responses={200: WindowRow, **_REFUSALS},
    )
    def delete(self, request: Request, window: int) -> Response:
        row, _ = _found(request, window, Verb.MAINTENANCE)
        return _moved(request, moves.cancel, row.pk)
