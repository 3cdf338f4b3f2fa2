"""Passages: the queue of each gate, deciding, history and search, who is inside. Plates only for who may read them."""

import datetime as dt

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import passage_shapes as told_as
from hypervisor.api import shapes
from hypervisor.api.asked import choice, flag
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.token import for_tokens
from hypervisor.rights import Right, Verb
from journal.reading import lines_about
from journal.rows import entry_rows
from passages import deciding, field, opening, persons, rows, stays
from passages.models import Passage, Permit, Stay
from passages.recommendation import Verdict

STATES: dict[str, Q] = {
    "open": Q(closed_at=None),
    "closed": Q(closed_at__isnull=False),
    "all": Q(),
    **{state: Q(state=state) for state in told_as.PASSAGE_STATES},
}
REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="There is none, or it is not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not as things stand; nothing was changed."),
}
_DECIDED = {200: told_as.PassageDetail, **REFUSALS}
MOST_FOUND = 200


def passage_of(request: Request, passage: int, verb: Verb = Verb.SEE) -> tuple[Passage, Right]:
    row = Passage.objects.select_related("gate__asset__sector", "gate__site").filter(pk=passage).first()
    if row is None:
        raise Http404
    sector = row.gate.asset.sector
    return row, rights.of(request).at(row.site_id, sector and sector.path, verb)


def seen(right: Right) -> QuerySet[Passage]:
    return Passage.objects.filter(right.within("gate__asset__sector"), site_id=right.site_id)


def shown(passages: QuerySet[Passage], right: Right) -> list[dict[str, object]]:
    """Rows with the plates of those that are open, where the right is there; of past ones a plate is a look, and journaled."""
    told = rows.passage_rows(passages)
    if right.may(Verb.PLATES) and (open_ := [row["id"] for row in told if row["closed_at"] is None]):
        with_plates = {row["id"]: row for row in rows.passage_rows(Passage.objects.filter(pk__in=open_), plates_of=True)}
        told = [with_plates.get(row["id"], row) for row in told]
    return told


def detail(request: Request, passage: Passage, right: Right) -> dict[str, object]:
    may_read = right.may(Verb.PLATES)
    if may_read and passage.closed_at is not None and passage.plate:
        persons.note_look(passage, by=actor_of(request), now=timezone.now())
    told = rows.passage_rows(Passage.objects.filter(pk=passage.pk), plates_of=may_read)[0]
    barrier = field.barrier(passage.gate, timezone.now())
    candidates = Permit.objects.filter(pk__in={each["permit"] for each in passage.candidates})
    return told | {
        "plate_reads": rows.read_rows(passage, with_plates=may_read),
        "barrier": {"state": barrier.state, "age": barrier.age and barrier.age.total_seconds(), "stale": barrier.stale},
        "permits": rows.permit_rows(candidates, with_plates=False, people=may_read),
        "may": _may(passage, right),
    }  # fmt: skip


def _may(passage: Passage, right: Right) -> list[str]:
    if not right.may(Verb.PASSAGES):
        return []
    if passage.state == Passage.State.WAITING:
        return ["decide"]
    again = passage.state == Passage.State.OPENING and passage.closed_at is None and opening.ended_in_vain(passage.command_id)
    return ["open_again"] * again


@for_tokens("passages")
class SitePassages(APIView):
    @extend_schema(
        operation_id="list_passages",
        summary="List the passages of a site, newest first",
        parameters=[
            OpenApiParameter(
                "state", str, enum=list(STATES), description="Default: `open`, the passages that wait in the queues."
            ),
            OpenApiParameter("gate", str, description="Slug of a gate."),
            OpenApiParameter("verdict", str, enum=told_as.VERDICTS, description="The verdict that was recommended."),
            OpenApiParameter("from", OpenApiTypes.DATETIME, description="First read at or after this instant."),
            OpenApiParameter("to", OpenApiTypes.DATETIME, description="First read before this instant."),
            *PARAMETERS,
        ],
        responses=shapes.paged(told_as.PassageRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        passages = seen(right).filter(STATES[choice(request, "state", STATES, "open")])
        if gate := request.query_params.get("gate", "").replace("\0", ""):
            passages = passages.filter(gate__slug=gate)
        if "verdict" in request.query_params:
            passages = passages.filter(verdict=choice(request, "verdict", told_as.VERDICTS, ""))
        for name, lookup in (("from", "first_at__gte"), ("to", "first_at__lt")):
            if (moment := _moment(request, name)) is not None:
                passages = passages.filter(**{lookup: moment})
        return page(request, passages, {"id": "id"}, lambda some: shown(some, right), newest=True)


class PassageSearch(APIView):
    @extend_schema(
        operation_id="search_passages",
        summary="Search the passages of a plate, newest first",
        description="Finds erased plates too, until the key of their month is destroyed. The journal records the search "
        "without the plate.",
        request=told_as.SearchedPassages,
        responses={200: told_as.Found, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.PLATES)
        told, now = checked(told_as.SearchedPassages, request), timezone.now()
        plate = persons.given(told["plate"])
        passages = persons.of_plate(right.site_id, plate, now).filter(right.within("gate__asset__sector"))
        for name, lookup in (("gate", "gate__slug"), ("start", "first_at__gte"), ("end", "first_at__lt")):
            if name in told:
                passages = passages.filter(**{lookup: told[name]})
        results = rows.passage_rows(passages.order_by("-pk")[:MOST_FOUND])
        persons.note_search(right.site_id, plate, "searched", len(results), by=actor_of(request), now=now)
        return Response({"results": results})


@for_tokens("passages")
class PassageView(APIView):
    @extend_schema(
        operation_id="get_passage",
        summary="Get a passage with its reads",
        description="Reading the plate of a past passage is recorded in the journal.",
        responses={200: told_as.PassageDetail, 404: REFUSALS[404]},
    )
    def get(self, request: Request, passage: int) -> Response:
        row, right = passage_of(request, passage)
        return Response(detail(request, row, right))


@for_tokens("passages")
class PassageDecision(APIView):
    @extend_schema(
        operation_id="decide_passage",
        summary="Decide on a passage: open or refuse",
        description=(
            "Opening sends a command to the supervisor of the barrier; only a reading of the barrier confirms it "
            "(`command`). A passage is decided once: a later decision is answered with 409 and the name of the "
            "person who decided."
        ),
        request=told_as.NewDecision,
        responses=_DECIDED,
    )
    def post(self, request: Request, passage: int) -> Response:
        body = checked(told_as.NewDecision, request)
        _, right = passage_of(request, passage, Verb.PASSAGES)
        deciding.decide(
            passage, Verdict(body["verdict"]), by=actor_of(request), role=right.role, now=timezone.now(), reason=body["reason"],
            permit=body["permit"],
        )  # fmt: skip
        return Response(detail(request, passage_of(request, passage)[0], right))


@for_tokens("passages")
class PassageOpening(APIView):
    @extend_schema(
        operation_id="reopen_passage",
        summary="Request the opening again after the barrier did not obey",
        request=None,
        responses=_DECIDED,
    )
    def post(self, request: Request, passage: int) -> Response:
        _, right = passage_of(request, passage, Verb.PASSAGES)
        deciding.open_again(passage, by=actor_of(request), role=right.role, now=timezone.now())
        return Response(detail(request, passage_of(request, passage)[0], right))


class PassagePicture(APIView):
    @extend_schema(
        operation_id="get_passage_picture",
        summary="Get the newest picture of a passage",
        description="Looking at the picture of a past passage is recorded in the journal.",
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY, **REFUSALS},
    )
    def get(self, request: Request, passage: int) -> HttpResponse:
        row, _ = passage_of(request, passage, Verb.PLATES)
        clear = rows.picture(row)
        if clear is None:
            raise Http404
        if row.closed_at is not None:
            persons.note_look(row, by=actor_of(request), now=timezone.now())
        content = bytes(clear.picture)
        kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
        return HttpResponse(content, content_type=kind, headers={"Cache-Control": "no-store"})


class PassageJournal(APIView):
    @extend_schema(
        operation_id="list_passage_journal", summary="List the journal lines of a passage, newest first", parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )  # fmt: skip
    def get(self, request: Request, passage: int) -> Response:
        row, _ = passage_of(request, passage)
        return page(request, lines_about(row.site_id, "passage", [row.pk]), {"seq": "seq"}, entry_rows, newest=True)


class Occupancy(APIView):
    @extend_schema(
        operation_id="get_occupancy", summary="Count the vehicles inside each area", responses=told_as.OccupancyRow(many=True)
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(stays.occupancy(right.site_id, right.within("entry__gate__asset__sector")))


class SiteStays(APIView):
    @extend_schema(
        operation_id="list_stays",
        summary="List the vehicles inside, newest first, without plates",
        parameters=[
            OpenApiParameter("area", str),
            OpenApiParameter("inside", bool, description="`false` includes vehicles that have left."),
            *PARAMETERS,
        ],
        responses=shapes.paged(told_as.StayRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        found_ = Stay.objects.filter(right.within("entry__gate__asset__sector"), site_id=right.site_id)
        if flag(request, "inside") is not False:
            found_ = found_.filter(left_at=None)
        if area := request.query_params.get("area", "").replace("\0", ""):
            found_ = found_.filter(area=area)
        return page(request, found_, {"id": "id"}, lambda some: rows.stay_rows(some, timezone.now()), newest=True)


class StayEnd(APIView):
    @extend_schema(
        operation_id="end_stay", summary="Record that a vehicle left without a read at the exit",
        description="Repeating the request changes nothing.", request=None,
        responses={200: told_as.StayRow, **REFUSALS},
    )  # fmt: skip
    def post(self, request: Request, stay: int) -> Response:
        row = Stay.objects.select_related("entry__gate__asset__sector").filter(pk=stay).first()
        if row is None:
            raise Http404
        sector = row.entry.gate.asset.sector
        rights.of(request).at(row.site_id, sector and sector.path, Verb.PASSAGES)
        stays.end(stay, by=actor_of(request), now=timezone.now())
        return Response(rows.stay_rows(Stay.objects.filter(pk=stay), timezone.now())[0])


def _moment(request: Request, name: str) -> dt.datetime | None:
    said = request.query_params.get(name)
    if said is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(said.replace(" ", "+"))
    except ValueError as error:
        raise ValidationError({name: _("An instant of ISO 8601 with its offset.")}) from error
    if moment.tzinfo is None:
        raise ValidationError({name: _("An instant of ISO 8601 with its offset.")})
    return moment
