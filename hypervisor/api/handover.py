"""Hand-overs and instructions: given and accepted; written, revoked and read."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Sector, Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import pace, shapes
from hypervisor.api.asked import choice
from hypervisor.api.duty import REFUSALS, position_of
from hypervisor.api.handover_shapes import HandOverDetail, HandOverRow, InstructionRow, NewHandOver, NewInstruction, ShiftFacts
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.searching import search
from hypervisor.models import Role
from hypervisor.rights import Right, Verb
from response import rota
from response.duty import holding
from response.handover import moves as handovers
from response.handover.facts import gather
from response.handover.rows import handover_row, handover_rows
from response.instructions import moves as instructions
from response.instructions.rows import instruction_rows, standing
from response.models import HandOver, Instruction, Position

STATES = {"standing": True, "all": False}
_SHIFT = dt.timedelta(hours=8)
"""How far back the facts reach for who holds no position."""


def whole(right: Right) -> Right:
    """The right itself, of whoever sees the whole site: facts tell of all of it. Raises PermissionDenied."""
    if right.sectors is not None:
        raise PermissionDenied
    return right


def handover_of(request: Request, handover: int, verb: Verb = Verb.SEE) -> HandOver:
    row = HandOver.objects.select_related("site", "position").filter(pk=handover).first()
    if row is None:
        raise Http404
    whole(rights.of(request).on(row.site.slug, verb))
    return row


def _one(handover: int, code: int = status.HTTP_200_OK) -> Response:
    return Response(handover_row(HandOver.objects.select_related("site", "position").get(pk=handover)), status=code)


class SiteHandOvers(APIView):
    @extend_schema(
        operation_id="list_handovers", summary="List the hand-overs of a site, newest first", parameters=PARAMETERS,
        responses=shapes.paged(HandOverRow),
    )  # fmt: skip
    def get(self, request: Request, site: str) -> Response:
        right = whole(rights.of(request).on(site))
        return page(request, HandOver.objects.filter(site_id=right.site_id), {"id": "id"}, handover_rows, newest=True)


class PositionFacts(APIView):
    @extend_schema(
        operation_id="get_shift_facts",
        summary="Get the facts that a hand-over of a position would tell now",
        responses={200: ShiftFacts, **{code: REFUSALS[code] for code in (403, 404)}},
    )
    def get(self, request: Request, position: int) -> Response:
        row, right = position_of(request, position)
        whole(right)
        held, now = holding.current(row), timezone.now()
        return Response(handovers.as_json(gather(row.site_id, held.since if held else now - _SHIFT, now)))


class PositionHandOvers(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="give_handover",
        summary="Give the hand-over of a position you hold",
        description="Its facts are frozen. The position stays yours until somebody accepts.",
        request=NewHandOver,
        responses={201: HandOverDetail, **REFUSALS},
    )
    def post(self, request: Request, position: int) -> Response:
        row, right = position_of(request, position, Verb.TAKE)
        whole(right)
        note = checked(NewHandOver, request)["note"].replace("\0", "")
        made = handovers.give(row.pk, note, by=actor_of(request), now=timezone.now())
        return _one(made.pk, status.HTTP_201_CREATED)


class HandOverView(APIView):
    @extend_schema(operation_id="get_handover", summary="Get a hand-over", responses={200: HandOverDetail, 404: REFUSALS[404]})
    def get(self, request: Request, handover: int) -> Response:
        return _one(handover_of(request, handover).pk)

    @extend_schema(
        operation_id="withdraw_handover", summary="Withdraw your hand-over", responses={200: HandOverDetail, **REFUSALS}
    )
    def delete(self, request: Request, handover: int) -> Response:
        row = handover_of(request, handover, Verb.TAKE)
        return _one(handovers.withdraw(row.pk, by=actor_of(request), now=timezone.now()).pk)


class HandOverAcceptance(APIView):
    @extend_schema(
        operation_id="accept_handover",
        summary="Accept a hand-over and hold its position",
        request=None,
        responses={200: HandOverDetail, **REFUSALS},
    )
    def post(self, request: Request, handover: int) -> Response:
        row = handover_of(request, handover, Verb.TAKE)
        return _one(handovers.accept(row.pk, by=actor_of(request), now=timezone.now()).pk)


def readable(right: Right) -> QuerySet[Instruction]:
    """Those of the site, and of the sectors that the right covers."""
    if right.sectors is None:
        return Instruction.objects.filter(site_id=right.site_id)
    return Instruction.objects.filter(right.within() | Q(sector=None), site_id=right.site_id)


def instruction_of(request: Request, instruction: int, verb: Verb = Verb.SEE) -> Instruction:
    row = Instruction.objects.select_related("site", "sector").filter(pk=instruction).first()
    if row is None:
        raise Http404
    right = rights.of(request).on(row.site.slug, verb)
    if row.sector is not None and not right.covers(row.sector.path):
        raise Http404
    return row


def _instruction(instruction: int, code: int = status.HTTP_200_OK) -> Response:
    return Response(instruction_rows(Instruction.objects.filter(pk=instruction), timezone.now())[0], status=code)


def _times(told: dict[str, object], begins: dt.datetime, zone: str) -> rota.Turn | None:
    """When it repeats. Raises ValidationError."""
    days, first, last = (told.get(name) for name in ("weekdays", "from_clock", "to_clock"))
    if not days:
        return None
    if first is None or last is None:
        raise ValidationError({"weekdays": _("Say from when to when, too.")})
    day = begins.astimezone(ZoneInfo(zone)).date()
    ends = dt.datetime.combine(day + dt.timedelta(days=last <= first), last)
    return rota.Turn(dt.datetime.combine(day, first), ends, zone, repeats=rota.weekly(set(days)))


def _draft(request: Request, right: Right, now: dt.datetime) -> instructions.Draft:
    """What is asked to be written. Raises ValidationError."""
    told = checked(NewInstruction, request)
    positions = list(Position.objects.filter(site_id=right.site_id, slug__in=told["positions"], retired_at=None))
    if len(positions) < len(set(told["positions"])):
        raise ValidationError({"positions": _("No position of the site has one of these names.")})
    if set(told["roles"]) - set(Role.values):
        raise ValidationError({"roles": _("Of {allowed}.").format(allowed=", ".join(Role.values))})
    sector = None
    if slug := told.get("sector"):
        sector = Sector.objects.defer("polygon").filter(site_id=right.site_id, slug=slug).first()
        if sector is None:
            raise ValidationError({"sector": _("No sector of the site has this name.")})
    begins = told.get("valid_from") or now
    return instructions.Draft(
        told["text"].replace("\0", ""), begins, told.get("valid_to"),
        _times(told, begins, Site.objects.get(pk=right.site_id).timezone), tuple(positions), tuple(set(told["roles"])), sector,
        told["must_read"],
    )  # fmt: skip


class SiteInstructions(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="list_instructions",
        summary="List the instructions of a site, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="Default: `standing`, neither revoked nor over."),
            OpenApiParameter("q", str, description="Words of the text, without regard to accents."),
            *PARAMETERS,
        ],
        responses=shapes.paged(InstructionRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right, now = rights.of(request).on(site), timezone.now()
        found = readable(right)
        if STATES[choice(request, "state", STATES, "standing")]:
            found = found.filter(pk__in=standing(right.site_id, now).values("pk"))
        if words := request.query_params.get("q", "").strip():
            query = search(words)
            found = found.filter(search=query) if query else found.none()
        return page(request, found, {"number": "number"}, lambda rows: instruction_rows(rows, now), newest=True)

    @extend_schema(
        operation_id="write_instruction",
        summary="Create an instruction",
        request=NewInstruction,
        responses={201: InstructionRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right, now = rights.of(request).on(site, Verb.DUTY), timezone.now()
        made = instructions.write(right.site_id, _draft(request, right, now), by=actor_of(request), now=now)
        return _instruction(made.pk, status.HTTP_201_CREATED)


class InstructionView(APIView):
    @extend_schema(
        operation_id="get_instruction", summary="Get an instruction and who has read it",
        responses={200: InstructionRow, 404: REFUSALS[404]},
    )  # fmt: skip
    def get(self, request: Request, instruction: int) -> Response:
        return _instruction(instruction_of(request, instruction).pk)

    @extend_schema(
        operation_id="revoke_instruction", summary="Revoke an instruction", responses={200: InstructionRow, **REFUSALS}
    )
    def delete(self, request: Request, instruction: int) -> Response:
        row = instruction_of(request, instruction, Verb.DUTY)
        return _instruction(instructions.revoke(row.pk, by=actor_of(request), now=timezone.now()).pk)


class InstructionReading(APIView):
    @extend_schema(
        operation_id="read_instruction",
        summary="State that you have read an instruction",
        request=None,
        responses={200: InstructionRow, **REFUSALS},
    )
    def post(self, request: Request, instruction: int) -> Response:
        row = instruction_of(request, instruction, Verb.TAKE)
        instructions.read([row.pk], by=actor_of(request), now=timezone.now())
        return _instruction(row.pk)
