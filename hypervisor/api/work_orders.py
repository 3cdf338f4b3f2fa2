"""Work orders: those of a site, what the contracts propose, ordering, and what becomes of one: moves, notes and photos."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.models import Alarm
from assets.models import Asset, Sector, Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import alarms, asset_called, incidents, shapes, tables
from hypervisor.api.alarm_filters import in_sector
from hypervisor.api.asked import an_id, choice, flag, number
from hypervisor.api.daylog import AnyFile
from hypervisor.api.moves import checked, language_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.render import instant
from hypervisor.api.token import for_tokens
from hypervisor.api.work_order_shapes import (
    ORDER_STATES,
    LinkRow,
    MailRow,
    NewLink,
    NewWorkOrder,
    OrderMove,
    OrderNote,
    PhotoRow,
    ProposalRow,
    WorkOrderDetail,
    WorkOrderRow,
)
from hypervisor.headers import attached
from hypervisor.rights import Right, Verb
from journal.reading import lines_about
from journal.rows import entry_rows
from response.models import Contract, Contractor, OrderPhoto, WorkOrder
from response.orders import links, mails, moves, proposal
from response.orders.rows import entry_rows_of, mail_rows, order_rows, photo_row, proposal_row
from response.orders.states import Move

STATES: dict[str, Q] = {
    "open": Q(closed_at=None),
    "all": Q(),
    **{state: Q(state=state) for state in ORDER_STATES},
}
REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this, or your sectors do not."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such thing, or not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not as things stand; nothing was changed."),
    422: OpenApiResponse(shapes.ProblemDetails, description="Something given does not fit; nothing was changed."),
}
FILTERS = [
    OpenApiParameter("state", str, enum=list(STATES), description="Default: `open`."),
    OpenApiParameter("contractor", str, description="Slug."),
    OpenApiParameter("sector", str, description="Slug; what is nested in it too."),
    OpenApiParameter("late", bool),
    an_id("asset", "Id of an asset."),
    an_id("alarm", "Id of an alarm."),
    an_id("incident", "Id of an incident."),
]


def filtered(request: Request, right: Right) -> QuerySet[WorkOrder]:
    """Work orders that the person may see and that the query string asks for. Raises ValidationError."""
    asked = request.query_params
    found = WorkOrder.objects.filter(STATES[choice(request, "state", STATES, "open")], right.within(), site_id=right.site_id)
    if slug := asked.get("contractor", "").replace("\0", ""):
        found = found.filter(contractor__slug=slug)
    if sector := asked.get("sector"):
        found = found.filter(in_sector(right.site_id, sector))
    if (late := flag(request, "late")) is not None:
        found = found.filter(late_since__isnull=not late)
    for name in ("asset", "alarm", "incident"):
        if (id_ := number(request, name)) is not None:
            found = found.filter(**{f"{name}_id": id_})
    return found


def order_of(request: Any, order: int, verb: Verb = Verb.SEE) -> tuple[WorkOrder, Right]:
    row = WorkOrder.objects.select_related("sector").filter(pk=order).first()
    if row is None:
        raise Http404
    return row, rights.of(request).at(row.site_id, row.sector.path if row.sector else None, verb)


def one(order: int) -> dict[str, Any]:
    """An order with its entries."""
    row = WorkOrder.objects.get(pk=order)
    return order_rows(WorkOrder.objects.filter(pk=order))[0] | {"entries": entry_rows_of(row)}


def _subject(request: Request, right: Right, told: dict[str, Any]) -> dict[str, Any]:
    """Asset, sector, alarm and incident an order is about, as far as the person sees them. Raises ValidationError, Http404."""
    about: dict[str, Any] = {}
    if id_ := told.get("alarm"):
        about["alarm"], its = alarms.alarm_of(request, id_)
        if its.site_id != right.site_id:
            raise ValidationError({"alarm": _("It is of another site.")})
    if id_ := told.get("incident"):
        about["incident"], its = incidents.incident_of(request, id_)
        if its.site_id != right.site_id:
            raise ValidationError({"incident": _("It is of another site.")})
    assets = Asset.objects.select_related("sector").filter(right.within(), site_id=right.site_id)
    if code := told.get("asset"):
        about["asset"] = asset_called.asked(code, assets)
    elif "alarm" in about and about["alarm"].asset_id is not None:
        about["asset"] = assets.filter(pk=about["alarm"].asset_id).first()
    elif slug := told.get("sector"):
        about["sector"] = Sector.objects.defer("polygon").filter(site_id=right.site_id, slug=slug).first()
        if about["sector"] is None or not right.covers(about["sector"].path):
            raise ValidationError({"sector": _("No sector of the site that you may see has this name.")})
    if right.sectors is not None and about.get("asset") is None and about.get("sector") is None:
        raise ValidationError({"sector": _("You see some sectors: say which of them it is about.")})
    return about


def _from_whom(right: Right, told: dict[str, Any]) -> dict[str, Any]:
    if "contract" in told:
        zone = Site.objects.values_list("timezone", flat=True).get(pk=right.site_id)
        day = timezone.localdate(timezone=ZoneInfo(zone))
        found = Contract.objects.filter(proposal.in_force(right.site_id, day)).select_related("contractor__site")
        contract = found.filter(pk=told["contract"]).first()
        if contract is None:
            raise ValidationError({"contract": _("No contract of the site that is in force.")})
        return {"contract": contract, "contractor": contract.contractor}
    contractor = Contractor.objects.select_related("site").filter(site_id=right.site_id, slug=told.get("contractor", "")).first()
    if contractor is None:
        raise ValidationError({"contractor": _("A contract, or a contractor of the site.")})
    return {"contractor": contractor}


@for_tokens("work_orders")
class SiteWorkOrders(APIView):
    @extend_schema(
        operation_id="list_work_orders",
        summary="List the work orders of a site, newest first",
        parameters=[*FILTERS, *PARAMETERS],
        responses=shapes.paged(WorkOrderRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return page(request, filtered(request, right), {"number": "number"}, order_rows, newest=True)

    @extend_schema(
        operation_id="order_work",
        summary="Order work from a contractor",
        description="By a contract, whose times say when each step is due, or from a contractor without one. The same order sent "
        "again within a minute is stored once.",
        request=NewWorkOrder,
        responses={201: WorkOrderDetail, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.ORDER)
        told = checked(NewWorkOrder, request)
        draft = moves.Draft(
            fault=told["fault"].replace("\0", ""), priority=told["priority"], **_from_whom(right, told),
            **_subject(request, right, told),
        )  # fmt: skip
        made = moves.order(right.site_id, draft, by=actor_of(request), now=timezone.now())
        return Response(one(made.pk), status=status.HTTP_201_CREATED)


class Proposals(APIView):
    @extend_schema(
        operation_id="propose_work_order",
        summary="List the contracts by which work on an asset can be ordered, the most particular first, with the reason",
        parameters=[an_id("alarm", "Its severity proposes the priority."), an_id("asset", "Unless it is that of the alarm.")],
        responses=ProposalRow(many=True),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        severity, asset = None, number(request, "asset")
        if (id_ := number(request, "alarm")) is not None:
            alarm = Alarm.objects.filter(right.within(), site_id=right.site_id, pk=id_).first()
            if alarm is None:
                raise Http404
            severity, asset = alarm.severity, asset if asset is not None else alarm.asset_id
        row = (
            Asset.objects.select_related("site", "kind", "sector").filter(right.within(), site_id=right.site_id, pk=asset).first()
        )
        return Response([proposal_row(each) for each in proposal.proposals(row, severity, timezone.now())] if row else [])


_COLUMNS = (
    "number", "state", "priority", "late", "fault", "contractor", "contract", "asset", "asset_name", "sector", "external_ref",
    "ordered_at", "ordered_by", "accept_due", "arrive_due", "restore_due", "accepted_at", "on_site_at", "restored_at",
    "closed_at", "reason", "alarm", "incident", "plan",
)  # fmt: skip


class WorkOrderTable(APIView):
    @extend_schema(
        operation_id="list_work_orders_as_csv",
        summary="Export the work orders of a site as CSV, newest first",
        description=f"As the export of alarms; at most {tables.MOST:,} lines.",
        parameters=FILTERS,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, site: str) -> HttpResponse:
        found = filtered(request, rights.of(request).on(site))
        if found[: tables.MOST + 1].count() > tables.MOST:
            raise ValidationError({"state": _("More than {most:,} orders: ask for fewer.").format(most=tables.MOST)})
        lines = (_cells(row) for row in order_rows(found.order_by("-number")))
        text = tables.written(_COLUMNS, lines, language_of(request))
        answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{site}-work-orders.csv"'
        return answer


def _cells(row: dict[str, Any]) -> list[object]:
    asset = row["asset"] or {}
    cells = row | {
        "contractor": row["contractor"]["name"], "asset": asset.get("code"), "asset_name": asset.get("name"),
        "sector": row["sector"] and row["sector"]["name"], "incident": row["incident"] and row["incident"]["number"],
    }  # fmt: skip
    return [cells[column] for column in _COLUMNS]


@for_tokens("work_orders")
class WorkOrderView(APIView):
    @extend_schema(
        operation_id="get_work_order", summary="Get a work order", responses={200: WorkOrderDetail, 404: REFUSALS[404]}
    )
    def get(self, request: Request, work_order: int) -> Response:
        return Response(one(order_of(request, work_order)[0].pk))


@for_tokens("work_orders")
class WorkOrderMoves(APIView):
    @extend_schema(
        operation_id="move_work_order",
        summary="Take a work order further: accept, arrive, restore, close, refuse, cancel, reopen",
        description="Repeating a move that has been done changes nothing.",
        request=OrderMove,
        responses={200: WorkOrderDetail, **REFUSALS},
    )
    def post(self, request: Request, work_order: int) -> Response:
        told = checked(OrderMove, request)
        row, _right = order_of(request, work_order, Verb.ORDER)
        moves.move(
            row.pk, Move(told["move"]), text=told["text"].replace("\0", ""), external_ref=told.get("external_ref"),
            by=actor_of(request), now=timezone.now(),
        )  # fmt: skip
        return Response(one(row.pk))


@for_tokens("work_orders")
class WorkOrderNotes(APIView):
    @extend_schema(
        operation_id="note_on_work_order",
        summary="Write a note on a work order, open or ended",
        request=OrderNote,
        responses={201: WorkOrderDetail, **REFUSALS},
    )
    def post(self, request: Request, work_order: int) -> Response:
        told = checked(OrderNote, request)
        row, _right = order_of(request, work_order, Verb.ORDER)
        moves.note(row.pk, told["text"], by=actor_of(request), now=timezone.now())
        return Response(one(row.pk), status=status.HTTP_201_CREATED)


@for_tokens("work_orders")
class WorkOrderPhotos(APIView):
    parser_classes = [AnyFile]

    @extend_schema(
        operation_id="add_photo_to_work_order",
        summary="Add a photo to a work order",
        description="The body is the picture: PNG, JPEG or WebP, 8 MiB at most. What it tells of place, time and camera is taken "
        "out.",
        parameters=[OpenApiParameter("name", str, description="What the file is called.")],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: PhotoRow, **REFUSALS},
    )
    def post(self, request: Request, work_order: int) -> Response:
        row, _right = order_of(request, work_order, Verb.ORDER)
        content = request.data if isinstance(request.data, bytes) else b""
        name = request.query_params.get("name", "")
        added = moves.photo(row.pk, name, content, by=actor_of(request), now=timezone.now())
        return Response(photo_row(added), status=status.HTTP_201_CREATED)


class WorkOrderLinks(APIView):
    @extend_schema(
        operation_id="make_work_order_link",
        summary="Make a link by which the contractor moves a work order on from a phone",
        description="It needs no account, ends by itself and can be revoked. Hand it to the contractor alone.",
        request=NewLink,
        responses={201: LinkRow, **REFUSALS},
    )
    def post(self, request: Request, work_order: int) -> Response:
        days = checked(NewLink, request)["days"]
        row, _right = order_of(request, work_order, Verb.ORDER)
        link = links.make(row.pk, by=actor_of(request), now=timezone.now(), lasts=dt.timedelta(days=days))
        path = reverse("contractor_link", args=[links.token(link)])
        url = f"{settings.ADDRESS}{path}" if settings.ADDRESS else request.build_absolute_uri(path)
        return Response({"url": url, "ends_at": instant(link.ends_at)}, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="revoke_work_order_links",
        summary="Revoke all links to a work order",
        responses={204: None, **REFUSALS},
    )
    def delete(self, request: Request, work_order: int) -> Response:
        row, _right = order_of(request, work_order, Verb.ORDER)
        links.revoke(row.pk, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class WorkOrderMails(APIView):
    @extend_schema(
        operation_id="mail_work_order",
        summary="Mail a work order to its contractor, with a link for its phone",
        description="It leaves by the mail server of the site. While one waits to leave, that one is answered.",
        request=None,
        responses={202: MailRow, **REFUSALS},
    )
    def post(self, request: Request, work_order: int) -> Response:
        row, _right = order_of(request, work_order, Verb.ORDER)
        asked = mails.ask(row.pk, by=actor_of(request), now=timezone.now())
        return Response(mail_rows([asked])[0], status=status.HTTP_202_ACCEPTED)


class WorkOrderPhoto(APIView):
    @extend_schema(
        operation_id="get_work_order_photo",
        summary="Get a photo of a work order",
        responses={(200, "image/*"): OpenApiTypes.BINARY, 404: REFUSALS[404]},
    )
    def get(self, request: Request, work_order: int, photo: int) -> HttpResponse:
        row, _right = order_of(request, work_order)
        its = OrderPhoto.objects.filter(order=row, pk=photo).first()
        if its is None:
            raise Http404
        return picture(its)


def picture(photo: OrderPhoto) -> HttpResponse:
    """A photo as it may be shown in a page, and as nothing else."""
    return attached(bytes(photo.content), photo.media_type, "inline")


class WorkOrderJournal(APIView):
    @extend_schema(
        operation_id="list_work_order_journal",
        summary="List the journal lines of a work order, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, work_order: int) -> Response:
        row, _right = order_of(request, work_order)
        return page(request, lines_about(row.site_id, "work_order", [row.pk]), {"seq": "seq"}, entry_rows, newest=True)


BY_DUE = (F("due_at").asc(nulls_last=True), "number")
"""The order in which open ones are looked at: what is due first."""
