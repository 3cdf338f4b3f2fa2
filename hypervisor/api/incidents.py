"""Incidents: the list of a site, one of them with its alarms and its timeline, and what people do to it."""

from collections.abc import Callable

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.incidents import moves
from alarms.incidents.rows import incident_rows
from alarms.lifecycle import IllegalMove
from alarms.models import Alarm, Incident, JournalEntry
from alarms.rows import entry_rows
from hypervisor import rights
from hypervisor.api import incident_shapes, pace, shapes
from hypervisor.api.alarms import STATES as ALARM_STATES
from hypervisor.api.alarms import newest
from hypervisor.api.moves import Conflict, checked, desk_of, language_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.rights import Right, Verb

STATES: dict[str, Q] = {
    "alive": ~Q(state=Incident.State.CLOSED),
    "all": Q(),
    **{state: Q(state=state) for state in Incident.State.values},
}
_REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role, or your sectors, do not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such incident, or not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not possible in the incident's state; nothing was changed."),
}
_MOVED = {200: incident_shapes.IncidentRow, **_REFUSALS}


def _seen(right: Right, incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Those with an alarm that the right covers."""
    return rights.with_seen_alarms(incidents, right.within())


def found(request: Request, incident: int, verb: Verb = Verb.SEE) -> tuple[Incident, Right]:
    """The incident and the right on it: 404 when none of its alarms is theirs to see; 403 without the verb, or when some are
    not theirs and it is to be changed."""
    row = Incident.objects.filter(pk=incident).first()
    right = row and rights.of(request).by_site.get(row.site_id)
    if not right or not right.may(Verb.SEE) or not _seen(right, Incident.objects.filter(pk=incident)).exists():
        raise Http404
    if not right.may(verb):
        raise PermissionDenied
    if verb != Verb.SEE and right.sectors is not None and row.alarms.exclude(right.within()).exists():
        raise PermissionDenied
    return row, right


def _theirs_to_end(request: Request, row: Incident, right: Right) -> None:
    """Raises PermissionDenied when another person has it in hand: to end that is for shift supervisors."""
    if row.owner_id not in (None, request.user.pk) and not right.may(Verb.RELEASE_OTHERS):
        raise PermissionDenied


def _row(incident: int, right: Right) -> dict[str, object]:
    return incident_rows(Incident.objects.filter(pk=incident), right.within())[0]


def _moved(request: Request, right: Right, move: Callable[..., Incident], *given: object, **told: object) -> Response:
    """Do it in the person's name, and answer with the incident as it is now."""
    try:
        incident = move(*given, by=request.user, now=timezone.now(), desk=desk_of(request), **told)
    except IllegalMove as refused:
        raise Conflict(getattr(refused, language_of(request))) from refused
    return Response(_row(incident.pk, right))


class SiteIncidents(APIView):
    @extend_schema(
        operation_id="list_incidents",
        summary="Incidents of a site, newest first",
        description="Who is confined to sectors sees those with an alarm there, and the counts of such alarms.",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="`alive` (open or in hand) unless said."),
            OpenApiParameter("owner", str, description="User name of who has it in hand."),
            *PARAMETERS,
        ],
        responses=shapes.paged(incident_shapes.IncidentRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        state = request.query_params.get("state", "alive")
        if state not in STATES:
            raise ValidationError({"state": f"One of {', '.join(STATES)}."})
        incidents = _seen(right, Incident.objects.filter(STATES[state], site_id=right.site_id))
        if owner := request.query_params.get("owner", "").replace("\0", ""):
            incidents = incidents.filter(owner__username=owner)
        return page(request, incidents, {"id": "id"}, lambda rows: incident_rows(rows, right.within()), newest=True)

    @extend_schema(
        operation_id="open_incident",
        summary="Make an incident of open alarms that have none",
        request=incident_shapes.NewIncident,
        responses={201: incident_shapes.IncidentRow, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        told = checked(incident_shapes.NewIncident, request)
        right = rights.of(request).on(site, Verb.TAKE)
        ids = _theirs(right, told["alarms"])
        answer = _moved(request, right, moves.open_by_hand, right.site_id, ids, title=told["title"])
        answer.status_code = status.HTTP_201_CREATED
        return answer


def _theirs(right: Right, alarms: list[int]) -> list[int]:
    """These alarms, each once; 404 when one is unknown or not theirs to see."""
    ids = sorted(set(alarms))
    if Alarm.objects.filter(Q(id__in=ids), right.within(), site_id=right.site_id).count() != len(ids):
        raise Http404
    return ids


class IncidentView(APIView):
    @extend_schema(operation_id="get_incident", summary="One incident", responses=incident_shapes.IncidentDetail)
    def get(self, request: Request, incident: int) -> Response:
        row, right = found(request, incident)
        return Response(_row(row.pk, right) | {"verbs": sorted(right.verbs())})


class IncidentAlarms(APIView):
    @extend_schema(
        operation_id="list_incident_alarms",
        summary="The alarms of an incident, newest first, closed ones included",
        parameters=[OpenApiParameter("state", str, enum=list(ALARM_STATES), description="`all` unless said."), *PARAMETERS],
        responses=shapes.paged(shapes.AlarmRow),
    )
    def get(self, request: Request, incident: int) -> Response:
        row, right = found(request, incident)
        state = request.query_params.get("state", "all")
        if state not in ALARM_STATES:
            raise ValidationError({"state": f"One of {', '.join(ALARM_STATES)}."})
        alarms = Alarm.objects.filter(ALARM_STATES[state], right.within(), incident_id=row.pk)
        return newest(request, alarms)


class IncidentJournal(APIView):
    @extend_schema(
        operation_id="list_incident_journal",
        summary="The timeline of an incident, newest first: its own lines and those of its alarms",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, incident: int) -> Response:
        row, right = found(request, incident)
        own = Alarm.objects.filter(right.within(), incident_id=row.pk).values("id")
        entries = JournalEntry.objects.filter(Q(incident_id=row.pk, alarm=None) | Q(alarm_id__in=own), site_id=row.site_id)
        return page(request, entries, {"seq": "seq"}, entry_rows, newest=True)


class IncidentCharge(APIView):
    @extend_schema(operation_id="take_incident", summary="Take charge of an incident", request=None, responses=_MOVED)
    def post(self, request: Request, incident: int) -> Response:
        _, right = found(request, incident, Verb.TAKE)
        return _moved(request, right, moves.take_charge, incident)

    @extend_schema(
        operation_id="release_incident",
        summary="Give the charge of an incident back; another person's, for shift supervisors",
        request=None,
        responses=_MOVED,
    )
    def delete(self, request: Request, incident: int) -> Response:
        row, right = found(request, incident, Verb.TAKE)
        _theirs_to_end(request, row, right)
        return _moved(request, right, moves.release, incident)


class IncidentClosure(APIView):
    @extend_schema(
        operation_id="close_incident",
        summary="Close an incident that has no open alarm left; again does no harm",
        request=shapes.Acknowledgement,
        responses=_MOVED,
    )
    def post(self, request: Request, incident: int) -> Response:
        told = checked(shapes.Acknowledgement, request)
        row, right = found(request, incident, Verb.TAKE)
        _theirs_to_end(request, row, right)
        return _moved(request, right, moves.close, incident, comment=told["comment"])


class IncidentMerging(APIView):
    @extend_schema(
        operation_id="merge_incidents",
        summary="Bring the alarms of other incidents into this one, and close those; another person's, for shift supervisors",
        request=incident_shapes.Merging,
        responses=_MOVED,
    )
    def post(self, request: Request, incident: int) -> Response:
        told = checked(incident_shapes.Merging, request)
        _, right = found(request, incident, Verb.TAKE)
        for other in set(told["incidents"]):
            row, theirs = found(request, other, Verb.TAKE)
            _theirs_to_end(request, row, theirs)
        return _moved(request, right, moves.merge, incident, told["incidents"])


class IncidentSplitting(APIView):
    @extend_schema(
        operation_id="split_incident",
        summary="Make another incident of some of its alarms; answers the new one; of another person's, for shift supervisors",
        request=incident_shapes.NewIncident,
        responses={201: incident_shapes.IncidentRow, **_REFUSALS},
    )
    def post(self, request: Request, incident: int) -> Response:
        told = checked(incident_shapes.NewIncident, request)
        row, right = found(request, incident, Verb.TAKE)
        _theirs_to_end(request, row, right)
        answer = _moved(request, right, moves.split, incident, sorted(set(told["alarms"])), title=told["title"])
        answer.status_code = status.HTTP_201_CREATED
        return answer


class IncidentComments(APIView):
    throttle_classes = [pace.Remarks, pace.Changes]

    @extend_schema(
        operation_id="comment_incident",
        summary="Add a comment, to a closed incident too; its timeline has them",
        request=shapes.Comment,
        responses={201: incident_shapes.IncidentRow, **_REFUSALS},
    )
    def post(self, request: Request, incident: int) -> Response:
        told = checked(shapes.Comment, request)
        _, right = found(request, incident, Verb.COMMENT)
        answer = _moved(request, right, moves.add_comment, incident, text=told["text"])
        answer.status_code = status.HTTP_201_CREATED
        return answer
