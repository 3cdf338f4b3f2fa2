"""What a person does to an alarm: each verb is a sub-resource, POST to do it and DELETE to undo it. To many: `many`."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from alarms import lifecycle
from alarms.lifecycle import Outcome
from alarms.models import Alarm
from alarms.rows import alarm_rows
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import pace, shapes
from hypervisor.api.alarms import alarm_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.token import for_tokens
from hypervisor.rights import Verb
from hypervisor.silence_levels import level_of
from journal.reading import lines_about
from journal.rows import entry_rows


def checked(serializer: type[Serializer], request: Request) -> dict[str, object]:
    """The body, valid as the serializer says. Raises ValidationError."""
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def _moved(request: Request, alarm: int, move: Callable[..., Outcome], **told: object) -> Response:
    """Do it in the name of whoever asks, and answer with the alarm as it is now."""
    done = move([alarm], by=actor_of(request), now=timezone.now(), **told).only
    named = rights.of(request).by_site[done.site_id].names_people
    return Response(alarm_rows(Alarm.objects.filter(pk=alarm), named=named)[0])


def language_of(request: Request) -> str:
    return "en" if request.LANGUAGE_CODE == "en" else "fr"


def end_of(body: dict[str, object], now: datetime) -> datetime:
    return body["until"] if "until" in body else now + timedelta(minutes=body["minutes"])


REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such alarm, or not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not possible in the alarm's state; nothing was changed."),
}
_MOVED = {200: shapes.AlarmRow, **REFUSALS}


@for_tokens("alarms")
class Acknowledgement(APIView):
    @extend_schema(
        operation_id="acknowledge_alarm",
        summary="Acknowledge an alarm",
        description="Repeating the request changes nothing.",
        request=shapes.Acknowledgement,
        responses=_MOVED,
    )
    def post(self, request: Request, alarm: int) -> Response:
        body = checked(shapes.Acknowledgement, request)
        alarm_of(request, alarm, Verb.ACKNOWLEDGE)
        return _moved(request, alarm, lifecycle.acknowledge, comment=body["comment"])

    @extend_schema(
        operation_id="withdraw_acknowledgement",
        summary="Withdraw your acknowledgement within ten seconds",
        description="The alarm returns to its previous state. Refused if the alarm has changed since, or another person "
        "has acted on it.",
        request=None,
        responses=_MOVED,
    )
    def delete(self, request: Request, alarm: int) -> Response:
        alarm_of(request, alarm, Verb.ACKNOWLEDGE)
        return _moved(request, alarm, lifecycle.withdraw)


class Charge(APIView):
    @extend_schema(operation_id="take_alarm", summary="Take charge of an alarm", request=None, responses=_MOVED)
    def post(self, request: Request, alarm: int) -> Response:
        alarm_of(request, alarm, Verb.TAKE)
        return _moved(request, alarm, lifecycle.take_charge)

    @extend_schema(
        operation_id="release_alarm",
        summary="Release an alarm",
        description="Shift supervisors may also release an alarm that another person has taken charge of.",
        request=None,
        responses=_MOVED,
    )
    def delete(self, request: Request, alarm: int) -> Response:
        row, right = alarm_of(request, alarm, Verb.TAKE)
        if row.taken_by_id not in (None, request.user.pk) and not right.may(Verb.RELEASE_OTHERS):
            raise PermissionDenied
        return _moved(request, alarm, lifecycle.release, others=right.may(Verb.RELEASE_OTHERS))


class Shelving(APIView):
    @extend_schema(
        operation_id="shelve_alarm",
        summary="Shelve an alarm",
        description="Silences the alarm until the given end. A reason is required.",
        request=shapes.Ending,
        responses=_MOVED,
    )
    def post(self, request: Request, alarm: int) -> Response:
        body = checked(shapes.Ending, request)
        _row, right = alarm_of(request, alarm, Verb.SHELVE)
        until, level = end_of(body, timezone.now()), level_of(right)
        return _moved(request, alarm, lifecycle.shelve, until=until, reason=body["reason"], level=level)

    @extend_schema(operation_id="unshelve_alarm", summary="Unshelve an alarm", request=None, responses=_MOVED)
    def delete(self, request: Request, alarm: int) -> Response:
        alarm_of(request, alarm, Verb.SHELVE)
        return _moved(request, alarm, lifecycle.unshelve)


class OutOfService(APIView):
    @extend_schema(
        operation_id="take_alarm_out_of_service",
        summary="Take an alarm out of service",
        description="Silences the alarm until the end of works. A reason is required.",
        request=shapes.Ending,
        responses=_MOVED,
    )
    def post(self, request: Request, alarm: int) -> Response:
        body = checked(shapes.Ending, request)
        alarm_of(request, alarm, Verb.OUT_OF_SERVICE)
        until = end_of(body, timezone.now())
        return _moved(request, alarm, lifecycle.take_out_of_service, until=until, reason=body["reason"])

    @extend_schema(operation_id="return_alarm_to_service", summary="Return an alarm to service", request=None, responses=_MOVED)
    def delete(self, request: Request, alarm: int) -> Response:
        alarm_of(request, alarm, Verb.OUT_OF_SERVICE)
        return _moved(request, alarm, lifecycle.return_to_service)


@for_tokens("alarms")
class Comments(APIView):
    throttle_classes = [pace.Remarks, pace.Changes]

    @extend_schema(
        operation_id="list_alarm_comments",
        summary="List the comments on an alarm, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, alarm: int) -> Response:
        row, _ = alarm_of(request, alarm)
        entries = lines_about(row.site_id, "alarm", [row.pk])
        said = entries.filter(Q(kind="alarm.commented") | Q(kind="alarm.acknowledged", details__contains='"comment":'))
        return page(request, said, {"seq": "seq"}, entry_rows, newest=True)

    @extend_schema(
        operation_id="comment_alarm",
        summary="Comment on an alarm, open or closed",
        request=shapes.Comment,
        responses={201: shapes.AlarmRow, **REFUSALS},
    )
    def post(self, request: Request, alarm: int) -> Response:
        body = checked(shapes.Comment, request)
        alarm_of(request, alarm, Verb.COMMENT)
        answer = _moved(request, alarm, lifecycle.add_comment, text=body["text"])
        answer.status_code = status.HTTP_201_CREATED
        return answer
