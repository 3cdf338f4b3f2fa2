"""What stands until its end: the overrides of a site, and ending one before its time."""

from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commands import overrides
from commands.models import Override
from commands.rows import override_rows
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.asked import an_id, choice, number
from hypervisor.api.command_shapes import OverrideRow
from hypervisor.api.commands import REFUSALS
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.token import for_tokens
from hypervisor.rights import Right, Verb

STATES = {"standing": Q(released_at=None), "overdue": Q(released_at=None, overdue_at__isnull=False), "all": Q()}


def override_of(request: Request, override: int, verb: Verb = Verb.SEE) -> tuple[Override, Right]:
    row = Override.objects.select_related("asset__sector").filter(pk=override).first()
    if row is None:
        raise Http404
    return row, rights.of(request).at(row.site_id, row.asset.sector and row.asset.sector.path, verb)


@for_tokens("commands")
class SiteOverrides(APIView):
    @extend_schema(
        operation_id="list_overrides",
        summary="List the overrides of a site, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="Default: `standing`."),
            an_id("asset", "Overrides of this asset."),
            *PARAMETERS,
        ],
        responses=shapes.paged(OverrideRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        rows = Override.objects.filter(right.within("asset__sector"), site_id=right.site_id)
        rows = rows.filter(STATES[choice(request, "state", STATES, "standing")])
        if (asset := number(request, "asset")) is not None:
            rows = rows.filter(asset=asset)
        return page(request, rows, {"id": "id"}, override_rows, newest=True)


@for_tokens("commands")
class OverrideView(APIView):
    @extend_schema(operation_id="get_override", summary="Get an override", responses={200: OverrideRow, 404: REFUSALS[404]})
    def get(self, request: Request, override: int) -> Response:
        row, _ = override_of(request, override)
        return Response(override_rows(Override.objects.filter(pk=row.pk))[0])


@for_tokens("commands")
class OverrideEnding(APIView):
    @extend_schema(
        operation_id="end_override",
        summary="End an override early",
        description="If the command type has a releasing command, it is requested in your name.",
        request=None,
        responses={200: OverrideRow, **REFUSALS},
    )
    def post(self, request: Request, override: int) -> Response:
        row, right = override_of(request, override, Verb.COMMAND)
        overrides.end(row.pk, by=actor_of(request), role=right.role, now=timezone.now())
        return Response(override_rows(Override.objects.filter(pk=row.pk))[0])
