"""By which servers a site sends mail and SMS, for administrators; and where a provider sends its receipts."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.answers import may_of
from hypervisor.api import shapes
from hypervisor.api.moves import checked
from hypervisor.api.notification_shapes import GatewayRow, GatewaySettings, ReceiptToken
from hypervisor.api.problems import plain
from hypervisor.api.render import instant
from hypervisor.rights import Verb
from response.models import Gateway
from response.notification import gateways, receipts

LONGEST = 64 * 1024
"""Bytes of a receipt."""
_REFUSALS = {
    404: OpenApiResponse(shapes.ProblemDetails, description="No such gateway, or not yours to see."),
    422: OpenApiResponse(shapes.ProblemDetails, description="The settings do not fit; nothing was changed."),
}


def gateway_row(row: Gateway) -> dict[str, Any]:
    return {
        "means": row.means, "settings": gateways.shown(row), "changed_at": instant(row.changed_at),
        "changed_by": row.changed_by, "receipts": bool(row.token_hash),
    }  # fmt: skip


def _of(request: Request, site: str, means: str) -> tuple[int, Gateway | None]:
    right = rights.of(request).on(site, Verb.NOTIFICATION)
    if means not in gateways.MEANS:
        raise Http404
    return right.site_id, Gateway.objects.filter(site_id=right.site_id, means=means).first()


def _there(row: Gateway | None) -> Gateway:
    if row is None:
        raise Http404
    return row


class Gateways(APIView):
    @extend_schema(operation_id="list_gateways", summary="List the mail and SMS gateways", responses=GatewayRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        return Response([gateway_row(row) for row in Gateway.objects.filter(site_id=right.site_id).order_by("means")])


class GatewayView(APIView):
    @extend_schema(
        operation_id="write_gateway",
        summary="Set the gateway for mail or SMS",
        request=GatewaySettings,
        responses={200: GatewayRow, **_REFUSALS},
    )
    def put(self, request: Request, site: str, means: str) -> Response:
        id_, _row = _of(request, site, means)
        given = checked(GatewaySettings, request)["settings"]
        return Response(gateway_row(gateways.write(id_, means, given, by=actor_of(request), now=timezone.now())))

    @extend_schema(operation_id="delete_gateway", summary="Delete a gateway", responses={204: None, 404: _REFUSALS[404]})
    def delete(self, request: Request, site: str, means: str) -> Response:
        gateways.delete(_there(_of(request, site, means)[1]), by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class GatewayToken(APIView):
    @extend_schema(
        operation_id="renew_gateway_token",
        summary="Replace the token with which a provider sends receipts",
        request=None,
        responses={201: ReceiptToken, 404: _REFUSALS[404]},
    )
    def post(self, request: Request, site: str, means: str) -> Response:
        token = gateways.renew_token(_there(_of(request, site, means)[1]), by=actor_of(request), now=timezone.now())
        return Response({"token": token}, status=status.HTTP_201_CREATED)


@csrf_exempt
def sms_receipts(request: HttpRequest, site: str) -> HttpResponse:
    """What an SMS provider says later of a message; again does no harm."""
    return _taken(request, "messages", lambda token: receipts.receive(site, token, request.body, timezone.now()))


@csrf_exempt
def sms_answers(request: HttpRequest, site: str) -> HttpResponse:
    """An SMS that somebody wrote back: its code acknowledges, once."""
    return _taken(request, "alarms", lambda token: receipts.receive_answer(site, token, request.body, may_of, timezone.now()))


def _taken(request: HttpRequest, what: str, take: Callable[[str], int]) -> HttpResponse:
    if request.method != "POST":
        answer = plain(405, "Send it with POST.")
        answer["Allow"] = "POST"
        return answer
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if len(request.body) > LONGEST:
        return plain(413, f"The receipt is larger than {LONGEST} bytes.")
    try:
        count = take(token.strip() if scheme.lower() == "token" else "")
    except receipts.ReceiptRefused as refused:
        answer = plain(refused.status, str(refused))
        if refused.status == 401:
            answer["WWW-Authenticate"] = "Token"
        return answer
    return HttpResponse(msgspec.json.encode({what: count}), content_type="application/json")
