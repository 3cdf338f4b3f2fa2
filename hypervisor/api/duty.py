"""Duty: positions, who holds them, and their rota, also as an iCalendar file."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import pace, shapes
from hypervisor.api.daylog import AnyFile, day_of, people_of
from hypervisor.api.duty_shapes import (
    CalendarImport,
    DutySettingsRow,
    HoldingReason,
    HoldingRow,
    NewPosition,
    NewTurn,
    PositionRow,
    Rota,
    TurnRow,
)
from hypervisor.api.moves import checked, language_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.models import User
from hypervisor.names import names_on
from hypervisor.rights import Right, Verb
from response import rota
from response.duty import holding, positions, rotas, settings
from response.duty.rows import holding_rows, position_rows, stretch_row, turn_rows
from response.models import DutySettings, Holding, Position, RotaTurn

REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such thing, or not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not possible as things stand; nothing was changed."),
    422: OpenApiResponse(shapes.ProblemDetails, description="Something given does not fit; nothing was changed."),
}
_WEEK = dt.timedelta(days=7)
_PERIOD = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="First day, on the site's clocks. Default: today."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Last day. Default: six days later; a year at most."),
]


def position_of(request: Request, position: int, verb: Verb = Verb.SEE) -> tuple[Position, Right]:
    row = Position.objects.select_related("site").filter(pk=position).first()
    if row is None:
        raise Http404
    return row, rights.of(request).on(row.site.slug, verb)


def standing(site: int) -> list[Position]:
    """The positions of a site that can be held, in their order."""
    return list(Position.objects.filter(site_id=site, retired_at=None))


def people_on(site: int) -> list[rotas.Person]:
    """Whom a calendar may name."""
    people = User.objects.filter(grants__site=site, is_active=True)
    return [rotas.Person(each.username, each.get_full_name(), each.email) for each in people]


def _one(position: Position, code: int = status.HTTP_200_OK) -> Response:
    return Response(position_rows([Position.objects.get(pk=position.pk)], timezone.now())[0], status=code)


class SitePositions(APIView):
    @extend_schema(
        operation_id="list_positions",
        summary="List the positions of a site and who holds them",
        responses={200: PositionRow(many=True)},
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(position_rows(standing(right.site_id), timezone.now()))

    @extend_schema(
        operation_id="write_position",
        summary="Create or rename a position",
        description="The slug names it; a retired position is back.",
        request=NewPosition,
        responses={201: PositionRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.DUTY)
        told = checked(NewPosition, request)
        name_fr, name_en = (told[name].replace("\0", "") for name in ("name_fr", "name_en"))
        by = actor_of(request)
        made = positions.write(right.site_id, told["slug"], name_fr, name_en, told["place"], by=by, now=timezone.now())
        return _one(made, status.HTTP_201_CREATED)


class PositionView(APIView):
    @extend_schema(operation_id="get_position", summary="Get a position", responses={200: PositionRow, 404: REFUSALS[404]})
    def get(self, request: Request, position: int) -> Response:
        return _one(position_of(request, position)[0])

    @extend_schema(operation_id="retire_position", summary="Retire a position", responses={200: PositionRow, **REFUSALS})
    def delete(self, request: Request, position: int) -> Response:
        row, _right = position_of(request, position, Verb.DUTY)
        return _one(positions.retire(row.pk, by=actor_of(request), now=timezone.now()))


class PositionHolding(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="take_position",
        summary="Take a position, or take it over with a reason",
        request=HoldingReason,
        responses={200: HoldingRow, **REFUSALS},
    )
    def post(self, request: Request, position: int) -> Response:
        row, _right = position_of(request, position, Verb.TAKE)
        reason = checked(HoldingReason, request)["reason"].replace("\0", "")
        taken = holding.take(row.pk, by=actor_of(request), now=timezone.now(), reason=reason)
        return Response(holding_rows(Holding.objects.filter(pk=taken.pk))[0])

    @extend_schema(
        operation_id="give_position_back",
        summary="Give a position back",
        description="Your own. A shift supervisor may release another person's position with `reason`.",
        parameters=[OpenApiParameter("reason", str, description="Why another person's position is released.")],
        responses={200: HoldingRow, **REFUSALS},
    )
    def delete(self, request: Request, position: int) -> Response:
        reason = request.query_params.get("reason", "").replace("\0", "")
        row, _right = position_of(request, position, Verb.RELEASE_OTHERS if reason else Verb.TAKE)
        by, now = actor_of(request), timezone.now()
        if reason:
            ended = holding.release(row.pk, by=by, now=now, reason=reason)
        else:
            ended = holding.give_back(row.pk, by=by, now=now)
        return Response(holding_rows(Holding.objects.filter(pk=ended.pk))[0])


class SiteDutySettings(APIView):
    @extend_schema(operation_id="get_duty_settings", summary="Get the duty settings of a site", responses={200: DutySettingsRow})
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(_settings_row(settings.of_site(right.site_id)))

    @extend_schema(
        operation_id="write_duty_settings",
        summary="Replace the duty settings of a site",
        request=DutySettingsRow,
        responses={200: DutySettingsRow, **REFUSALS},
    )
    def put(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        told = checked(DutySettingsRow, request)
        return Response(_settings_row(settings.write(right.site_id, **told, by=actor_of(request), now=timezone.now())))


def _settings_row(row: DutySettings) -> dict[str, object]:
    return {"patience_minutes": row.patience_minutes, "announce_minutes": row.announce_minutes, "region": row.region}


class SiteHoldings(APIView):
    @extend_schema(
        operation_id="list_holdings",
        summary="List who held which position, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(HoldingRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return page(request, Holding.objects.filter(site_id=right.site_id), {"id": "id"}, holding_rows, newest=True)


def turn_asked(told: dict[str, object], zone: str) -> rota.Turn:
    """The turn that somebody describes. Raises ValidationError."""
    moments = {}
    for name in ("starts", "ends"):
        try:
            moments[name] = dt.datetime.fromisoformat(str(told[name]))
        except ValueError:
            moments[name] = None
        if moments[name] is None or moments[name].tzinfo is not None:
            raise ValidationError({name: _("A time without an offset, as 2026-03-01T06:00.")})
    repeats = rota.weekly(set(told["weekdays"]), told["every"], told.get("until")) if told.get("weekdays") else ""
    return rota.Turn(
        moments["starts"], moments["ends"], zone, told["who"], repeats, holidays=told["holidays"],
        instead=told["instead"] or told["nobody"], nobody=told["nobody"],
    )  # fmt: skip


class PositionRota(APIView):
    @extend_schema(
        operation_id="get_rota",
        summary="Get the rota of a position: its turns, and who is expected when",
        parameters=_PERIOD,
        responses={200: Rota, 404: REFUSALS[404]},
    )
    def get(self, request: Request, position: int) -> Response:
        row, _right = position_of(request, position)
        zone = ZoneInfo(row.site.timezone)
        first = day_of(request.query_params.get("from"), "from") or timezone.localdate(timezone=zone)
        last = day_of(request.query_params.get("to"), "to") or first + dt.timedelta(days=6)
        if not first <= last <= first + dt.timedelta(days=366):
            raise ValidationError({"to": _("A day from the first on, a year later at most.")})
        begins, ends = (dt.datetime.combine(day, dt.time(), zone) for day in (first, last + dt.timedelta(days=1)))
        turns = list(row.turns.all())
        stretches = rota.between([rotas.turn_of(each) for each in turns], begins, ends, settings.holidays_on(row.site_id))
        return Response({"stretches": [stretch_row(each) for each in stretches], "turns": turn_rows(turns)})

    @extend_schema(
        operation_id="add_turn",
        summary="Create a turn of the rota of a position",
        request=NewTurn,
        responses={201: TurnRow, **REFUSALS},
    )
    def post(self, request: Request, position: int) -> Response:
        row, right = position_of(request, position, Verb.DUTY)
        told = checked(NewTurn, request)
        turn, people = turn_asked(told, row.site.timezone), people_of(right.site_id)
        note = told["note"].replace("\0", "")
        made = rotas.add(row, turn, note, people=people, by=actor_of(request), now=timezone.now())
        return Response(turn_rows([made])[0], status=status.HTTP_201_CREATED)


class RotaTurnView(APIView):
    @extend_schema(operation_id="remove_turn", summary="Delete a turn of a rota", responses={204: None, **REFUSALS})
    def delete(self, request: Request, rota_turn: int) -> Response:
        row = RotaTurn.objects.select_related("position__site").filter(pk=rota_turn).first()
        if row is None:
            raise Http404
        rights.of(request).on(row.position.site.slug, Verb.DUTY)
        rotas.remove(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def calendar_file(request: Request, chosen: list[Position], site: Site) -> HttpResponse:
    english = language_of(request) == "en"
    content = rotas.written(chosen, names_on(site.pk), english, site.name, timezone.now())
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="rota.ics"'
    return answer


_CALENDAR = {(200, "text/calendar"): OpenApiTypes.STR, 404: REFUSALS[404]}


class PositionCalendar(APIView):
    parser_classes = [AnyFile]

    @extend_schema(
        operation_id="get_rota_calendar", summary="Get the rota of a position as an iCalendar file", responses=_CALENDAR
    )
    def get(self, request: Request, position: int) -> HttpResponse:
        row, _right = position_of(request, position)
        return calendar_file(request, [row], row.site)

    @extend_schema(
        operation_id="import_rota_calendar",
        summary="Import an iCalendar file into the rota of a position",
        description="Replaces what the previous import brought; turns created by hand remain. A person is named by user name "
        "(`X-VIGIE-PERSON`), by the mail address of an attendee, or by the event's title. What cannot be kept is left out and "
        "listed.",
        request={"text/calendar": OpenApiTypes.STR},
        responses={200: CalendarImport, **REFUSALS},
    )
    def put(self, request: Request, position: int) -> Response:
        row, right = position_of(request, position, Verb.DUTY)
        content = request.data if isinstance(request.data, bytes) else b""
        people, by = people_on(right.site_id), actor_of(request)
        done = rotas.bring_in(row, content, row.site.timezone, people, by=by, now=timezone.now())
        out = [
            {"event": event, "code": code, "reason": dict(zip(("fr", "en"), rotas.WRONG[code], strict=True))}
            for event, code in done.refused
        ]
        return Response({"turns": done.turns, "left_out": out})


class SiteCalendar(APIView):
    @extend_schema(
        operation_id="get_site_calendar", summary="Get the rota of all positions as an iCalendar file", responses=_CALENDAR
    )
    def get(self, request: Request, site: str) -> HttpResponse:
        right = rights.of(request).on(site)
        return calendar_file(request, standing(right.site_id), Site.objects.get(pk=right.site_id))
