"""Who is told of which alarm: rotas and overrides, policies and rules for administrators; who was told, for everybody."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.alarms import alarm_of
from hypervisor.api.asked import choice
from hypervisor.api.daylog import people_of
from hypervisor.api.moves import checked
from hypervisor.api.notification_shapes import (
    MESSAGE_STATES,
    AlarmNotification,
    EscalationPolicyRow,
    GapRow,
    MessageRow,
    NewOnCallOverride,
    NotificationDocument,
    OnCallOverrideRow,
    OnCallRotaRow,
    OnCallRow,
)
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.render import instant
from hypervisor.rights import Verb
from response.models import Escalation, EscalationPolicy, Message, NotificationRules, OnCallOverride, OnCallRota
from response.notification import outbox, plans, reach
from response.notification.rows import escalation_row, gap_rows, message_rows, watch_rows

_REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such thing, or not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not as things stand; nothing was changed."),
    422: OpenApiResponse(shapes.ProblemDetails, description="Something given does not fit; nothing was changed."),
}
MOST = 200
"""Messages told of one alarm."""


def override_row(row: OnCallOverride) -> dict[str, Any]:
    return {
        "id": row.pk, "person": row.person, "starts_at": instant(row.starts_at), "ends_at": instant(row.ends_at),
        "created_by": row.created_by,
    }  # fmt: skip


def rota_row(row: OnCallRota) -> dict[str, Any]:
    overrides = row.overrides.filter(ends_at__gt=timezone.now())
    return {"slug": row.slug, "document": row.document, "overrides": [override_row(each) for each in overrides]}


def _plan_row(row: EscalationPolicy) -> dict[str, Any]:
    return {"slug": row.slug, "document": row.document}


def _found(model: Any, site: int, slug: str) -> Any:
    row = model.objects.filter(site_id=site, slug=slug).first()
    if row is None:
        raise Http404
    return row


class OnCall(APIView):
    @extend_schema(
        operation_id="list_on_call", summary="List who is on call now and for two weeks", responses=OnCallRow(many=True)
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(watch_rows(Site.objects.get(pk=right.site_id), timezone.now()))


class Rotas(APIView):
    @extend_schema(
        operation_id="list_on_call_rotas", summary="List the on-call rotas of a site", responses=OnCallRotaRow(many=True)
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        return Response([rota_row(row) for row in OnCallRota.objects.filter(site_id=right.site_id)])


class RotaView(APIView):
    @extend_schema(
        operation_id="write_on_call_rota",
        summary="Create or replace an on-call rota",
        request=NotificationDocument,
        responses={200: OnCallRotaRow, **_REFUSALS},
    )
    def put(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        given, people = checked(NotificationDocument, request)["document"], people_of(right.site_id)
        row = plans.write_rota(right.site_id, slug, given, people=people, by=actor_of(request), now=timezone.now())
        return Response(rota_row(row))

    @extend_schema(operation_id="delete_on_call_rota", summary="Delete an on-call rota", responses={204: None, **_REFUSALS})
    def delete(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        plans.delete_rota(_found(OnCallRota, right.site_id, slug), by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Overrides(APIView):
    @extend_schema(
        operation_id="override_on_call",
        summary="Put another person on call for a while",
        request=NewOnCallOverride,
        responses={201: OnCallOverrideRow, **_REFUSALS},
    )
    def post(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site, Verb.ON_CALL)
        rota, body, people = (
            _found(OnCallRota, right.site_id, slug),
            checked(NewOnCallOverride, request),
            people_of(right.site_id),
        )
        row = plans.replace_for_a_while(
            rota, body["person"], body["starts_at"], body["ends_at"], people=people, by=actor_of(request), now=timezone.now()
        )
        return Response(override_row(row), status=status.HTTP_201_CREATED)


class OverrideView(APIView):
    @extend_schema(operation_id="cancel_on_call_override", summary="Cancel an override", responses={204: None, **_REFUSALS})
    def delete(self, request: Request, on_call_override: int) -> Response:
        row = OnCallOverride.objects.select_related("rota__site").filter(pk=on_call_override).first()
        if row is None:
            raise Http404
        rights.of(request).on(row.rota.site.slug, Verb.ON_CALL)
        plans.cancel_override(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Policies(APIView):
    @extend_schema(
        operation_id="list_escalation_policies",
        summary="List the escalation policies of a site",
        responses=EscalationPolicyRow(many=True),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        return Response([_plan_row(row) for row in EscalationPolicy.objects.filter(site_id=right.site_id)])


class PolicyView(APIView):
    @extend_schema(
        operation_id="write_escalation_policy",
        summary="Create or replace an escalation policy",
        description="Escalations under way keep the policy with which they began.",
        request=NotificationDocument,
        responses={200: EscalationPolicyRow, **_REFUSALS},
    )
    def put(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        given, people = checked(NotificationDocument, request)["document"], people_of(right.site_id)
        row = plans.write_policy(right.site_id, slug, given, people=people, by=actor_of(request), now=timezone.now())
        return Response(_plan_row(row))

    @extend_schema(
        operation_id="delete_escalation_policy", summary="Delete an escalation policy", responses={204: None, **_REFUSALS}
    )
    def delete(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        plans.delete_policy(_found(EscalationPolicy, right.site_id, slug), by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class Rules(APIView):
    @extend_schema(
        operation_id="get_notification_rules", summary="Get the notification rules of a site", responses=NotificationDocument
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        row = NotificationRules.objects.filter(site_id=right.site_id).first()
        return Response({"document": row.document if row is not None else {}})

    @extend_schema(
        operation_id="write_notification_rules",
        summary="Replace the notification rules of a site",
        description="The first rule that applies to an alarm decides which policy it follows.",
        request=NotificationDocument,
        responses={200: NotificationDocument, **_REFUSALS},
    )
    def put(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.NOTIFICATION)
        given, people = checked(NotificationDocument, request)["document"], people_of(right.site_id)
        row = plans.write_rules(right.site_id, given, people=people, by=actor_of(request), now=timezone.now())
        return Response({"document": row.document})


class Gaps(APIView):
    @extend_schema(
        operation_id="list_notification_gaps",
        summary="List steps and announcements that reach nobody now or within a day",
        responses=GapRow(many=True),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(gap_rows(reach.gaps(Site.objects.get(pk=right.site_id), timezone.now())))


class SiteMessages(APIView):
    @extend_schema(
        operation_id="list_messages",
        summary="List what was sent of alarms and maintenance, newest first",
        parameters=[OpenApiParameter("state", str, enum=MESSAGE_STATES), *PARAMETERS],
        responses=shapes.paged(MessageRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        seen = right.within("escalation__alarm__sector")
        rows = Message.objects.filter(seen, site_id=right.site_id, kind__in=outbox.LIMITED)
        if state := choice(request, "state", ["", *MESSAGE_STATES], ""):
            rows = rows.filter(state=state)
        return page(request, rows, {"id": "id"}, message_rows, newest=True)


class AlarmEscalation(APIView):
    @extend_schema(
        operation_id="get_alarm_notification",
        summary="Get who was told of an alarm, and when the next step is due",
        responses={200: AlarmNotification, 404: _REFUSALS[404]},
    )
    def get(self, request: Request, alarm: int) -> Response:
        alarm_of(request, alarm, Verb.SEE)
        row = Escalation.objects.filter(pk=alarm).first()
        messages = Message.objects.filter(escalation=alarm).order_by("-id")[:MOST]
        return Response({"escalation": escalation_row(row), "messages": message_rows(messages)})
