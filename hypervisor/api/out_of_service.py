"""An asset out of service: all of its alarms are silent until an instant, whatever rule raises them."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.maintenance import out_of_service
from alarms.models import MaintenanceWindow
from alarms.rows import time_text
from assets.models import Asset
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.moves import checked, end_of
from hypervisor.rights import Verb


class AssetOutOfService(s.Serializer):
    asset = s.IntegerField()
    since = s.DateTimeField()
    until = s.DateTimeField()
    reason = s.CharField()
    by = s.CharField(allow_null=True)


def _row(window: MaintenanceWindow) -> dict[str, object]:
    return {
        "asset": window.asset_id, "since": time_text(window.starts_at), "until": time_text(window.ends_at),
        "reason": window.reason, "by": window.created_by and window.created_by.username,
    }  # fmt: skip


def _asset_of(request: Request, asset: int) -> Asset:
    row = Asset.objects.select_related("sector").filter(pk=asset, retired_at=None).first()
    if row is None:
        raise Http404
    rights.of(request).at(row.site_id, row.sector and row.sector.path, Verb.OUT_OF_SERVICE)
    return row


class AssetService(APIView):
    @extend_schema(
        operation_id="take_asset_out_of_service",
        summary="Take an asset out of service, or change the end",
        description="Silences all alarms of the asset until the given end. A reason is required. A second request "
        "replaces the end.",
        request=shapes.Ending,
        responses={
            200: AssetOutOfService,
            403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
            404: OpenApiResponse(shapes.ProblemDetails, description="No such asset, or not yours to see."),
            409: OpenApiResponse(shapes.ProblemDetails, description="Not possible; nothing was changed."),
        },
    )
    def post(self, request: Request, asset: int) -> Response:
        body = checked(shapes.Ending, request)
        row, now = _asset_of(request, asset), timezone.now()
        window = out_of_service.take_out(row, until=end_of(body, now), reason=body["reason"], by=actor_of(request), now=now)
        return Response(_row(window))

    @extend_schema(
        operation_id="return_asset_to_service",
        summary="Return an asset to service",
        description="Repeating the request changes nothing.",
        request=None,
        responses={
            204: None,
            403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
            404: OpenApiResponse(shapes.ProblemDetails, description="No such asset, or not yours to see."),
        },
    )
    def delete(self, request: Request, asset: int) -> Response:
        row = _asset_of(request, asset)
        out_of_service.put_back(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
