"""Incidents: the list of a site, one of them with its alarms and its timeline, and what people do to it."""

from collections.abc import Callable

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.incidents import moves
from alarms.incidents.members import member_rows
from alarms.incidents.partial import incidents_beyond, with_seen_alarms
from alarms.incidents.rows import incident_rows
from alarms.models import Alarm, Incident
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import incident_shapes, pace, shapes
from hypervisor.api.alarm_filters import STATES as ALARM_STATES
from hypervisor.api.alarms import newest
from hypervisor.api.asked import choice
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.rights import Right, Verb
from journal.models import JournalEntry
from journal.reading import numbers_about
from journal.rows import entry_rows

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


def seen(right: Right, incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Those with an alarm that the right covers."""
    return with_seen_alarms(incidents, right.within())


def incident_of(request: Request, incident: int, verb: Verb = Verb.SEE) -> tuple[Incident, Right]:
    """The incident and the right on it: 404 when none of its alarms is theirs to see; 403 without the verb, or when some are
    not theirs and it is to be changed."""
    row = Incident.objects.filter(pk=incident).first()
    right = row and rights.of(request).by_site.get(row.site_id)
    if not right or not right.may(Verb.SEE) or not seen(right, Incident.objects.filter(pk=incident)).exists():
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


def view_of(right: Right) -> tuple[Q, tuple[str, ...] | None]:
    """Of what `incident_rows` is told, for whoever has this right."""
    return right.within(), right.sectors


def _row(incident: int, right: Right) -> dict[str, object]:
    return incident_rows(Incident.objects.filter(pk=incident), *view_of(right))[0]


def _moved(request: Request, right: Right, move: Callable[..., Incident], *given: object, **told: object) -> Response:
    """Do it in the person's name, and answer with the incident as it is now."""
    incident = move(*given, by=actor_of(request), now=timezone.now(), **told)
    return Response(_row(incident.pk, right))


class SiteIncidents(APIView):
    @extend_schema(
        operation_id="list_incidents",
        summary="List the incidents of a site, newest first",
        description=(
            "People who are confined to sectors see incidents with an alarm in these sectors, and counts of such "
            "alarms only; the title of an incident that extends beyond is composed from these alarms alone."
        ),
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="Default: `alive` (open or in hand)."),
            OpenApiParameter("owner", str, description="User name of the owner."),
            *PARAMETERS,
        ],
        responses=shapes.paged(incident_shapes.IncidentRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        state = choice(request, "state", STATES, "alive")
        incidents = seen(right, Incident.objects.filter(STATES[state], site_id=right.site_id))
        if owner := request.query_params.get("owner", "").replace("\0", ""):
            incidents = incidents.filter(owner__username=owner)
        return page(request, incidents, {"id": "id"}, lambda some: incident_rows(some, *view_of(right)), newest=True)

    @extend_schema(
        operation_id="open_incident",
        summary="Create an incident from open alarms that have none",
        request=incident_shapes.NewIncident,
        responses={201: incident_shapes.IncidentRow, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        body = checked(incident_shapes.NewIncident, request)
        right = rights.of(request).on(site, Verb.TAKE)
        ids = _theirs(right, body["alarms"])
        answer = _moved(request, right, moves.open_by_hand, right.site_id, ids, title=body["title"])
        answer.status_code = status.HTTP_201_CREATED
        return answer


def _theirs(right: Right, alarms: list[int]) -> list[int]:
    """These alarms, each once; 404 when one is unknown or not theirs to see."""
    ids = sorted(set(alarms))
    if Alarm.objects.filter(Q(id__in=ids), right.within(), site_id=right.site_id).count() != len(ids):
        raise Http404
    return ids


class IncidentView(APIView):
    @extend_schema(operation_id="get_incident", summary="Get an incident", responses=incident_shapes.IncidentDetail)
    def get(self, request: Request, incident: int) -> Response:
        row, right = incident_of(request, incident)
        return Response(_row(row.pk, right) | {"verbs": sorted(right.verbs())})


class IncidentAlarms(APIView):
    @extend_schema(
        operation_id="list_incident_alarms",
        summary="List the alarms of an incident, open and closed, newest first",
        parameters=[OpenApiParameter("state", str, enum=list(ALARM_STATES), description="Default: `all`."), *PARAMETERS],
        responses=shapes.paged(incident_shapes.MemberRow),
    )
    def get(self, request: Request, incident: int) -> Response:
        row, right = incident_of(request, incident)
        state = choice(request, "state", ALARM_STATES, "all")
        alarms = Alarm.objects.filter(ALARM_STATES[state], right.within(), incident_id=row.pk)
        return newest(request, alarms, lambda some: member_rows(some, right.within()))


def story(row: Incident, right: Right) -> QuerySet[JournalEntry]:
    """The lines about an incident, what was done about it and its alarms, in no order yet; of the incident itself for whoever
    sees all of it. What became of an alarm that is no longer its own is not among them."""
    own = Alarm.objects.filter(right.within(), incident_id=row.pk).values("id")
    lines = Q(seq__in=numbers_about(row.site_id, "alarm", own))
    if right.sectors is None or not incidents_beyond([row.pk], right.within(), right.sectors):
        lines |= Q(seq__in=numbers_about(row.site_id, "incident", [row.pk])) & ~Q(kind__startswith="alarm.")
    return JournalEntry.objects.filter(lines, site_id=row.site_id)


class IncidentJournal(APIView):
    @extend_schema(
        operation_id="list_incident_journal",
        summary="List the journal lines of an incident and of its alarms, newest first",
        description="With what was done about it: procedures, work orders, messages, notes. People who are confined to "
        "sectors and see only a part of the incident read the lines of the alarms they see.",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, incident: int) -> Response:
        row, right = incident_of(request, incident)
        entries = story(row, right)
        return page(request, entries, {"seq": "seq"}, entry_rows, newest=True)


class IncidentCharge(APIView):
    @extend_schema(operation_id="take_incident", summary="Take charge of an incident", request=None, responses=_MOVED)
    def post(self, request: Request, incident: int) -> Response:
        _, right = incident_of(request, incident, Verb.TAKE)
        return _moved(request, right, moves.take_charge, incident)

    @extend_schema(
        operation_id="release_incident",
        summary="Release an incident",
        description="Shift supervisors may also release an incident that another person has taken charge of.",
        request=None,
        responses=_MOVED,
    )
    def delete(self, request: Request, incident: int) -> Response:
        row, right = incident_of(request, incident, Verb.TAKE)
        _theirs_to_end(request, row, right)
        return _moved(request, right, moves.release, incident)


class IncidentClosure(APIView):
    @extend_schema(
        operation_id="close_incident",
        summary="Close an incident that has no open alarm",
        description="Repeating the request changes nothing.",
        request=shapes.Acknowledgement,
        responses=_MOVED,
    )
    def post(self, request: Request, incident: int) -> Response:
        body = checked(shapes.Acknowledgement, request)
        row, right = incident_of(request, incident, Verb.TAKE)
        _theirs_to_end(request, row, right)
        return _moved(request, right, moves.close, incident, comment=body["comment"])


class IncidentMerging(APIView):
    @extend_schema(
        operation_id="merge_incidents",
        summary="Merge other incidents into this one",
        description="Moves the alarms of the other incidents into this one and closes those incidents. Incidents that "
        "another person owns can only be merged by a shift supervisor.",
        request=incident_shapes.Merging,
        responses=_MOVED,
    )
    def post(self, request: Request, incident: int) -> Response:
        body = checked(incident_shapes.Merging, request)
        _, right = incident_of(request, incident, Verb.TAKE)
        for other in set(body["incidents"]):
            row, theirs = incident_of(request, other, Verb.TAKE)
            _theirs_to_end(request, row, theirs)
        return _moved(request, right, moves.merge, incident, body["incidents"])


class IncidentSplitting(APIView):
    @extend_schema(
        operation_id="split_incident",
        summary="Split some alarms of an incident into a new one",
        description="Returns the new incident. An incident that another person owns can only be split by a shift supervisor.",
        request=incident_shapes.NewIncident,
        responses={201: incident_shapes.IncidentRow, **_REFUSALS},
    )
    def post(self, request: Request, incident: int) -> Response:
        body = checked(incident_shapes.NewIncident, request)
        row, right = incident_of(request, incident, Verb.TAKE)
        _theirs_to_end(request, row, right)
        answer = _moved(request, right, moves.split, incident, sorted(set(body["alarms"])), title=body["title"])
        answer.status_code = status.HTTP_201_CREATED
        return answer


class IncidentComments(APIView):
    throttle_classes = [pace.Remarks, pace.Changes]

    @extend_schema(
        operation_id="comment_incident",
        summary="Comment on an incident, open or closed",
        description="The comment appears in the journal of the incident.",
        request=shapes.Comment,
        responses={201: incident_shapes.IncidentRow, **_REFUSALS},
    )
    def post(self, request: Request, incident: int) -> Response:
        body = checked(shapes.Comment, request)
        _, right = incident_of(request, incident, Verb.COMMENT)
        answer = _moved(request, right, moves.add_comment, incident, text=body["text"])
        answer.status_code = status.HTTP_201_CREATED
        return answer
