"""What a person does to an alarm: each verb is a sub-resource, POST to do it and DELETE to undo it."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from alarms import lifecycle
from alarms.lifecycle import IllegalMove
from alarms.models import Alarm, JournalEntry
from alarms.rows import alarm_rows, entry_rows
from hypervisor import rights
from hypervisor.api import pace, shapes
from hypervisor.api.alarms import found
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.rights import Verb

DESK = "desk"
"""Session key: at which desk the person sits."""


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT


def checked(serializer: type[Serializer], request: Request) -> dict[str, object]:
    """The body, valid as the serializer says. Raises ValidationError."""
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def desk_of(request: HttpRequest) -> str:
    return request.session.get(DESK, "")


def _moved(request: Request, alarm: int, move: object, **told: object) -> Response:
    """Do it in the person's name, and answer with the alarm as it is now."""
    try:
        move(alarm, by=request.user, now=timezone.now(), desk=desk_of(request), **told)
    except IllegalMove as refused:
        raise Conflict(getattr(refused, language_of(request))) from refused
    return Response(alarm_rows(Alarm.objects.filter(pk=alarm))[0])


def language_of(request: Request) -> str:
    return "en" if request.LANGUAGE_CODE == "en" else "fr"


def _end(told: dict[str, object], now: datetime) -> datetime:
    return told["until"] if "until" in told else now + timedelta(minutes=told["minutes"])


_REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such alarm, or not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not possible in the alarm's state; nothing was changed."),
}
_MOVED = {200: shapes.AlarmRow, **_REFUSALS}


class Acknowledgement(APIView):
    @extend_schema(
        operation_id="acknowledge_alarm",
        summary="Acknowledge an alarm; again does no harm",
        request=shapes.Acknowledgement,
        responses=_MOVED,
    )
    def post(self, request: Request, alarm: int) -> Response:
        told = checked(shapes.Acknowledgement, request)
        found(request, alarm, Verb.ACKNOWLEDGE)
        return _moved(request, alarm, _acknowledge_one, comment=told["comment"])


def _acknowledge_one(alarm: int, **told: object) -> None:
    lifecycle.acknowledge([alarm], **told)


class SiteAcknowledgements(APIView):
    @extend_schema(
        operation_id="acknowledge_alarms",
        summary="Acknowledge many alarms of a site at once, all or none",
        request=shapes.ManyAcknowledgements,
        responses={200: shapes.Acknowledged, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        told = checked(shapes.ManyAcknowledgements, request)
        right = rights.of(request).on(site, Verb.ACKNOWLEDGE)
        ids = sorted(set(told["ids"]))
        theirs = Alarm.objects.filter(Q(id__in=ids), right.within(), site_id=right.site_id)
        if theirs.count() != len(ids):
            raise Http404
        try:
            lifecycle.acknowledge(ids, by=request.user, now=timezone.now(), desk=desk_of(request), comment=told["comment"])
        except IllegalMove as refused:
            raise Conflict(getattr(refused, language_of(request))) from refused
        return Response({"acknowledged": ids})


class Charge(APIView):
    @extend_schema(operation_id="take_alarm", summary="Take charge of an alarm", request=None, responses=_MOVED)
    def post(self, request: Request, alarm: int) -> Response:
        found(request, alarm, Verb.TAKE)
        return _moved(request, alarm, lifecycle.take_charge)

    @extend_schema(
        operation_id="release_alarm",
        summary="Give the charge of an alarm back; another person's, for shift supervisors",
        request=None,
        responses=_MOVED,
    )
    def delete(self, request: Request, alarm: int) -> Response:
        row, right = found(request, alarm, Verb.TAKE)
        if row.taken_by_id not in (None, request.user.pk) and not right.may(Verb.RELEASE_OTHERS):
            raise PermissionDenied
        return _moved(request, alarm, lifecycle.release)


class Shelving(APIView):
    @extend_schema(
        operation_id="shelve_alarm",
        summary="Set an alarm aside until an instant, for a reason",
        request=shapes.Ending,
        responses=_MOVED,
    )
    def post(self, request: Request, alarm: int) -> Response:
        told = checked(shapes.Ending, request)
        found(request, alarm, Verb.SHELVE)
        return _moved(request, alarm, lifecycle.shelve, until=_end(told, timezone.now()), reason=told["reason"])

    @extend_schema(operation_id="unshelve_alarm", summary="Put a shelved alarm back in view", request=None, responses=_MOVED)
    def delete(self, request: Request, alarm: int) -> Response:
        found(request, alarm, Verb.SHELVE)
        return _moved(request, alarm, lifecycle.unshelve)


class OutOfService(APIView):
    @extend_schema(
        operation_id="take_alarm_out_of_service",
        summary="Silence an alarm for the time of works, for a reason",
        request=shapes.Ending,
        responses=_MOVED,
    )
    def post(self, request: Request, alarm: int) -> Response:
        told = checked(shapes.Ending, request)
        found(request, alarm, Verb.OUT_OF_SERVICE)
        until = _end(told, timezone.now())
        return _moved(request, alarm, lifecycle.take_out_of_service, until=until, reason=told["reason"])

    @extend_schema(
        operation_id="return_alarm_to_service", summary="End an alarm's time out of service", request=None, responses=_MOVED
    )
    def delete(self, request: Request, alarm: int) -> Response:
        found(request, alarm, Verb.OUT_OF_SERVICE)
        return _moved(request, alarm, lifecycle.return_to_service)


class Comments(APIView):
    throttle_classes = [pace.Remarks, pace.Changes]

    @extend_schema(
        operation_id="list_alarm_comments",
        summary="What people said of an alarm, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, alarm: int) -> Response:
        row, _ = found(request, alarm)
        entries = JournalEntry.objects.filter(site_id=row.site_id, alarm_id=row.pk)
        said = entries.filter(Q(kind="alarm.commented") | Q(kind="alarm.acknowledged", details__contains='"comment":'))
        return page(request, said, {"seq": "seq"}, entry_rows, newest=True)

    @extend_schema(
        operation_id="comment_alarm",
        summary="Add a comment, to a closed alarm too",
        request=shapes.Comment,
        responses={201: shapes.AlarmRow, **_REFUSALS},
    )
    def post(self, request: Request, alarm: int) -> Response:
        told = checked(shapes.Comment, request)
        found(request, alarm, Verb.COMMENT)
        answer = _moved(request, alarm, lifecycle.add_comment, text=told["text"])
        answer.status_code = status.HTTP_201_CREATED
        return answer
