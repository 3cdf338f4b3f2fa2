"""Maintenance windows: when works explain the alarms of an asset, a sector, a kind or a feed; planned, changed and cancelled."""

import datetime as dt
import re

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.lifecycle.limits import Level
from alarms.maintenance import moves
from alarms.maintenance.lines import ABOUT
from alarms.maintenance.times import Period
from alarms.maintenance.windows import schedule
from alarms.models import Alarm, MaintenanceWindow
from assets.models import Asset, AssetKind, Feed, Sector, Supervisor
from hypervisor import feeds_now, rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.asked import choice
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.render import instant
from hypervisor.rights import Right, Verb
from hypervisor.silence_levels import planning_level_of

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


@extend_schema_field({"type": "string", "pattern": _CLOCK, "example": "22:30"})
class Clock(s.TimeField):
    """A time of the day without a date or an offset, told as `22:30`."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(format="%H:%M", **kwargs)

    def to_internal_value(self, value: object) -> dt.time:
        if not isinstance(value, str) or not re.fullmatch(_CLOCK[1:-1], value):
            self.fail("invalid", format="hh:mm[:ss]")
        return super().to_internal_value(value)


class Weekly(s.Serializer):
    weekdays = s.ListField(child=s.IntegerField(min_value=1, max_value=7), min_length=1, max_length=7, help_text="1 is Monday.")
    start = Clock(help_text="Local time of the site.")
    end = Clock(help_text="Local time of the site; the next day if not after the start.")


class PeriodBrief(s.Serializer):
    starts_at = s.DateTimeField()
    ends_at = s.DateTimeField()


class NamedBrief(s.Serializer):
    slug = s.CharField()
    name = s.CharField()


class WindowRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    asset = shapes.AssetBrief(allow_null=True)
    sector = shapes.SectorBrief(allow_null=True)
    kind = s.CharField(allow_null=True)
    supervisor = NamedBrief(allow_null=True, help_text="The window silences what is said of its feeds as a whole.")
    feed = NamedBrief(allow_null=True, help_text="The window silences what is said of this feed as a whole.")
    reason = s.CharField()
    critical = s.BooleanField(help_text="Whether critical alarms are silenced too.")
    announce_minutes = s.IntegerField(
        allow_null=True, help_text="Minutes before each beginning at which it is announced; null: nobody is told."
    )
    starts_at = s.DateTimeField()
    ends_at = s.DateTimeField(allow_null=True)
    weekly = Weekly(
        allow_null=True, help_text="Weekly repetition; null for a window that occurs once, from `starts_at` to `ends_at`."
    )
    current = PeriodBrief(allow_null=True, help_text="The current occurrence; null if none.")
    next = PeriodBrief(allow_null=True, help_text="The next occurrence; null if none.")
    alarms = s.IntegerField(help_text="Number of open alarms that it silences now.")
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)
    cancelled_at = s.DateTimeField(allow_null=True)


class NewWindow(s.Serializer):
    """About an asset (and what depends on it), a sector (and what is nested in it), a kind, or several at once; or about a
    supervisor (all of its feeds) or one feed: then alarms about feeds as a whole are silent."""

    asset = s.IntegerField(required=False, allow_null=True, default=None)
    sector = s.SlugField(required=False, allow_null=True, default=None)
    kind = s.SlugField(required=False, allow_null=True, default=None)
    supervisor = s.SlugField(required=False, allow_null=True, default=None)
    feed = s.SlugField(required=False, allow_null=True, default=None)
    reason = s.CharField(max_length=250)
    critical = s.BooleanField(default=False)
    starts_at = s.DateTimeField(required=False, help_text="Default: now.")
    ends_at = s.DateTimeField(
        required=False, allow_null=True, default=None,
        help_text="Required once; of a repetition, where it silences critical alarms too (within a year) or runs for more than "
        "half of the time. The site limits how far it may be, by role and by whether critical alarms are silenced.",
    )  # fmt: skip
    weekly = Weekly(required=False, allow_null=True, default=None)
    announce_minutes = s.IntegerField(
        required=False, allow_null=True, default=60, min_value=1, max_value=moves.MOST_ANNOUNCED,
        help_text="Whom the notification rules of the site name is told so long before each beginning, at the beginning and at "
        "the end; null: nobody is.",
    )  # fmt: skip

    def validate(self, given: dict[str, object]) -> dict[str, object]:
        if not any(given[name] for name in ABOUT):
            raise s.ValidationError({"asset": _("Give an asset, a sector or a kind, a supervisor or a feed.")})
        if given["weekly"] is None and given["ends_at"] is None:
            raise s.ValidationError({"ends_at": _("Required unless it is weekly.")})
        return given


STATES = {
    "planned": lambda now: Q(cancelled_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now)),
    "running": lambda now: Q(cancelled_at=None, running_until__gt=now),
    "all": lambda now: Q(),
}
_READ = ("site", "asset__kind", "asset__sector", "sector", "kind", "supervisor", "feed", "created_by")


def visible(right: Right) -> Q:
    """Windows that speak of what the person may see; those of a kind alone are everybody's, those of feeds are for whoever sees
    something that one of these feeds speaks of."""
    if right.sectors is None:
        return Q()
    feeds = Feed.objects.filter(feeds_now.seen(right.sectors), supervisor__site_id=right.site_id)
    of_feeds = Q(feed__in=feeds.values("pk")) | Q(supervisor__in=feeds.values("supervisor"))
    return right.within("sector") | right.within("asset__sector") | Q(asset=None, sector=None, kind__isnull=False) | of_feeds


def _period(period: Period | None) -> dict[str, object] | None:
    return period and {"starts_at": period.start, "ends_at": period.end}


def _named(row: Supervisor | Feed | None) -> dict[str, object] | None:
    return row and {"slug": row.slug, "name": row.name}


def _row(window: MaintenanceWindow, silenced: int, now: dt.datetime) -> dict[str, object]:
    asset, sector, times = window.asset, window.sector, schedule(window)
    alive = window.cancelled_at is None
    started = alive and window.starts_at <= now
    return {
        "id": window.pk, "site": window.site.slug,
        "asset": asset and {"id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug,
                            "lon": asset.longitude, "lat": asset.latitude},
        "sector": sector and {"slug": sector.slug, "name": sector.name, "path": sector.path},
        "kind": window.kind and window.kind.slug, "supervisor": _named(window.supervisor), "feed": _named(window.feed),
        "reason": window.reason, "critical": window.critical, "announce_minutes": window.announce_minutes,
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
    open_ = Alarm.objects.filter(maintenance__in=[each.pk for each in found], is_open=True)
    silenced = dict(open_.order_by().values_list("maintenance").annotate(Count("pk")))
    return [_row(window, silenced.get(window.pk, 0), now) for window in found]


def _window_of(request: Request, window: int, verb: Verb = Verb.SEE) -> tuple[MaintenanceWindow, Right]:
    row = MaintenanceWindow.objects.select_related(*_READ).filter(pk=window, out_of_service=False).first()
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
    body = checked(NewWindow, request)
    asset = body["asset"] and Asset.objects.select_related("sector").filter(pk=body["asset"], site_id=right.site_id).first()
    sector = body["sector"] and Sector.objects.filter(slug=body["sector"], site_id=right.site_id).first()
    kind = body["kind"] and AssetKind.objects.filter(slug=body["kind"]).first()
    supervisor = body["supervisor"] and Supervisor.objects.filter(slug=body["supervisor"], site_id=right.site_id).first()
    feed = body["feed"] and Feed.objects.filter(slug=body["feed"], supervisor__site_id=right.site_id).first()
    found = {"asset": asset, "sector": sector, "kind": kind, "supervisor": supervisor, "feed": feed}
    for name, row in found.items():
        if body[name] and row is None:
            raise ValidationError({name: _("The site has no such thing.")})
    weekly = body["weekly"] or {"weekdays": [], "start": None, "end": None}
    window = MaintenanceWindow(
        site_id=right.site_id, **{name: row or None for name, row in found.items()}, reason=body["reason"],
        announce_minutes=body["announce_minutes"], critical=body["critical"],
        starts_at=body.get("starts_at", timezone.now()), ends_at=body["ends_at"],
        weekdays=sorted(set(weekly["weekdays"])), start_time=weekly["start"], end_time=weekly["end"],
    )  # fmt: skip
    theirs(window, right)
    return window


_REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role, or your sectors, do not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such window, or not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="The request is inconsistent; nothing was changed."),
}


def _moved(request: Request, move: object, *given: object, **level: Level) -> Response:
    window = move(*given, by=actor_of(request), now=timezone.now(), **level)
    return Response(rows(MaintenanceWindow.objects.filter(pk=window.pk))[0])


class SiteWindows(APIView):
    @extend_schema(
        operation_id="list_maintenance_windows",
        summary="List the maintenance windows of a site, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="Default: `planned` (not over)."),
            *PARAMETERS,
        ],
        responses=shapes.paged(WindowRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        state = choice(request, "state", STATES, "planned")
        windows = MaintenanceWindow.objects.filter(
            STATES[state](timezone.now()), visible(right), site_id=right.site_id, out_of_service=False
        )
        return page(request, windows, {"id": "id"}, rows, newest=True)

    @extend_schema(
        operation_id="plan_maintenance",
        summary="Create a maintenance window, once or weekly",
        description="Times of a weekly window are on the site's local clock.",
        request=NewWindow,
        responses={201: WindowRow, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.MAINTENANCE)
        answer = _moved(request, moves.plan, _wanted(request, right), level=planning_level_of(right))
        answer.status_code = status.HTTP_201_CREATED
        return answer


class WindowView(APIView):
    @extend_schema(operation_id="get_maintenance_window", summary="Get a maintenance window", responses=WindowRow)
    def get(self, request: Request, window: int) -> Response:
        row, _ = _window_of(request, window)
        return Response(rows(MaintenanceWindow.objects.filter(pk=row.pk))[0])

    @extend_schema(
        operation_id="change_maintenance_window",
        summary="Replace a maintenance window",
        request=NewWindow,
        responses={200: WindowRow, **_REFUSALS},
    )
    def put(self, request: Request, window: int) -> Response:
        row, right = _window_of(request, window, Verb.MAINTENANCE)
        return _moved(request, moves.change, row.pk, _wanted(request, right), level=planning_level_of(right))

    @extend_schema(
        operation_id="cancel_maintenance_window",
        summary="Cancel a maintenance window",
        description="Alarms that the window silenced come back into view. Repeating the request changes nothing.",
        request=None,
        responses={200: WindowRow, **_REFUSALS},
    )
    def delete(self, request: Request, window: int) -> Response:
        row, _ = _window_of(request, window, Verb.MAINTENANCE)
        return _moved(request, moves.cancel, row.pk)
