"""What an act on all that a filter finds would do: counted before anybody does it, with the alarms it would move."""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.lifecycle.outlook import MOST, Act, outlook
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.alarm_filters import FILTERS, filtered
from hypervisor.api.asked import an_id, choice, number
from hypervisor.api.problems import said
from hypervisor.rights import Verb
from hypervisor.silence_levels import level_of

VERBS = {Act.ACKNOWLEDGE: Verb.ACKNOWLEDGE, Act.TAKE: Verb.TAKE, Act.SHELVE: Verb.SHELVE, Act.COMMENT: Verb.COMMENT}
LONGEST_MINUTES = 366 * 24 * 60


class Refusals(s.Serializer):
    detail = s.CharField(help_text="Why, in your language.")
    number = s.IntegerField()


class OutlookShape(s.Serializer):
    found = s.IntegerField(help_text="Alarms that the filter finds; for what asks for an open alarm, open ones.")
    would = s.IntegerField(help_text="Alarms that the act would move.")
    already = s.IntegerField(help_text="Alarms that are so already.")
    refused = Refusals(many=True)
    ids = s.ListField(child=s.IntegerField(), help_text=f"Alarms that the act would move, {MOST:,} at most.")


class AlarmOutlook(APIView):
    @extend_schema(
        operation_id="preview_alarm_act",
        summary="Preview an act on all alarms that a filter finds",
        description="Nothing is done. To do it, send the ids to the address of the act, some hundreds at a time: each request is "
        "one commit. Closed alarms are counted for comments alone.",
        parameters=[
            OpenApiParameter("act", str, enum=list(Act), description="Default: `acknowledge`."),
            an_id("minutes", "Of a shelving: for how long. Default: 60."),
            *FILTERS,
        ],
        responses={
            200: OutlookShape,
            403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
        },
    )
    def get(self, request: Request, site: str) -> Response:
        act = Act(choice(request, "act", list(Act), Act.ACKNOWLEDGE))
        right, now = rights.of(request).on(site), timezone.now()
        if not right.may(VERBS[act]):
            raise PermissionDenied
        minutes = min(number(request, "minutes") or 60, LONGEST_MINUTES)
        alarms = filtered(request, right, now, state="all").filter(Q() if act is Act.COMMENT else Q(is_open=True))
        told = outlook(
            alarms,
            act,
            person=actor_of(request).person,
            now=now,
            until=now + dt.timedelta(minutes=minutes),
            level=level_of(right),
        )
        refused = [{"detail": said(why), "number": times} for why, times in told.refused]
        return Response(
            {"found": told.found, "would": told.would, "already": told.already, "refused": refused, "ids": told.moved}
        )
