"""Procedures: what is written, what is in force, what fits an alarm or an incident, and carrying one out."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.engine.faults import SpecError
from alarms.incidents.partial import with_seen_alarms
from alarms.models import Alarm, Incident
from assets.refusal import Meaning, Refused
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import alarms, incidents, reasons, shapes
from hypervisor.api.asked import choice
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.problems import problem
from hypervisor.api.procedure_shapes import (
    Abandonment,
    NewRun,
    Offer,
    ProcedureDetail,
    ProcedureRow,
    RunRow,
    StepAct,
    VersionNumber,
    WrittenProcedure,
)
from hypervisor.api.render import instant
from hypervisor.rights import Right, Verb
from response.models import Procedure, ProcedureVersion, Run
from response.procedures import authoring, cacao, offers, runs, spec
from response.procedures.rows import run_rows

_ABSENT = OpenApiResponse(shapes.ProblemDetails, description="No such thing, or not yours to see.")
_REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role, or your sectors, do not include this."),
    404: _ABSENT,
    409: OpenApiResponse(shapes.ProblemDetails, description="Not as things stand; nothing was changed."),
    422: OpenApiResponse(shapes.ProblemDetails, description="Something given does not fit; nothing was changed."),
}
_ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
_STATES = {"running": {"state": Run.State.RUNNING}, "all": {}}


def procedure_row(procedure: Procedure) -> dict[str, Any]:
    newest = procedure.versions.first()
    return {
        "id": procedure.pk,
        "site": procedure.site.slug,
        "slug": procedure.slug,
        "name": {"fr": procedure.name_fr, "en": procedure.name_en},
        "state": "active" if procedure.active_id else "retired" if procedure.retired_at else "draft",
        "active": procedure.active.number if procedure.active else None,
        "newest": newest.number if newest else 0,
    }


def _version_row(version: ProcedureVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "definition": version.definition,
        "note": version.note,
        "created_at": instant(version.created_at),
        "created_by": version.created_by,
    }


def _procedure(request: Request, id_: int, verb: Verb = Verb.SEE) -> Procedure:
    procedure = Procedure.objects.select_related("site", "active").filter(pk=id_).first()
    if procedure is None:
        raise Http404
    rights.of(request).on(procedure.site.slug, verb)
    return procedure


def _run(request: Request, id_: int, verb: Verb = Verb.SEE) -> Run:
    """A run, for who may see what it is about; one by hand is the whole site's."""
    run = Run.objects.select_related("site").filter(pk=id_).first()
    if run is None:
        raise Http404
    if run.incident_id is not None:
        incidents.incident_of(request, run.incident_id, verb)
    elif run.alarm_id is not None:
        alarms.alarm_of(request, run.alarm_id, verb)
    else:
        rights.of(request).on(run.site.slug, verb)
    return run


def seen(right: Right) -> QuerySet[Run]:
    """Runs of the site that the right covers."""
    found = Run.objects.filter(site_id=right.site_id)
    if right.sectors is None:
        return found
    theirs = with_seen_alarms(Incident.objects.filter(site_id=right.site_id), right.within())
    of_alarms = Alarm.objects.filter(right.within(), site_id=right.site_id)
    return found.filter(Q(incident__in=theirs) | Q(alarm__in=of_alarms) | Q(incident=None, alarm=None))


class SiteProcedures(APIView):
    @extend_schema(operation_id="list_procedures", summary="List the procedures of a site", responses=ProcedureRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        found = Procedure.objects.filter(site_id=right.site_id).select_related("site", "active").prefetch_related("versions")
        return Response([procedure_row(each) for each in found])

    @extend_schema(
        operation_id="write_procedure",
        summary="Create a procedure, or a new version of one",
        description="The version takes effect once it is activated. A text equal to the newest version creates no other.",
        request=WrittenProcedure,
        responses={201: ProcedureDetail, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.RULES)
        body = checked(WrittenProcedure, request)
        try:
            version = authoring.write(
                right.site_id, body["slug"], body["definition"], note=body["note"], by=actor_of(request), now=timezone.now()
            )
        except SpecError as error:
            return refused_definition(error)
        return Response(_detail(version.procedure), status=status.HTTP_201_CREATED)


def _detail(procedure: Procedure) -> dict[str, Any]:
    return procedure_row(procedure) | {"versions": [_version_row(version) for version in procedure.versions.all()]}


class ProcedureSchema(APIView):
    @extend_schema(
        operation_id="get_procedure_schema",
        summary="Get the JSON Schema of procedures",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        return Response(spec.schema())


class ProcedureView(APIView):
    @extend_schema(operation_id="get_procedure", summary="Get a procedure with all its versions", responses=ProcedureDetail)
    def get(self, request: Request, procedure: int) -> Response:
        return Response(_detail(_procedure(request, procedure)))


class ProcedureActivation(APIView):
    @extend_schema(
        operation_id="activate_procedure",
        summary="Activate a version of a procedure",
        description="Runs under way continue with the version they began with.",
        request=VersionNumber,
        responses={200: ProcedureRow, **_REFUSALS},
    )
    def post(self, request: Request, procedure: int) -> Response:
        row, told = _procedure(request, procedure, Verb.RULES), checked(VersionNumber, request)
        version = row.versions.filter(number=told["version"]).first()
        if version is None:
            raise Http404
        authoring.activate(version, by=actor_of(request), now=timezone.now())
        return Response(procedure_row(_procedure(request, procedure)))

    @extend_schema(
        operation_id="retire_procedure",
        summary="Deactivate a procedure",
        description="Runs under way continue.",
        request=None,
        responses={200: ProcedureRow, **_REFUSALS},
    )
    def delete(self, request: Request, procedure: int) -> Response:
        authoring.retire(_procedure(request, procedure, Verb.RULES), by=actor_of(request), now=timezone.now())
        return Response(procedure_row(_procedure(request, procedure)))


class ProcedurePlaybook(APIView):
    @extend_schema(
        operation_id="export_procedure",
        summary="Export a procedure as an OASIS CACAO 2.0 playbook",
        parameters=[OpenApiParameter("version", _ID, description="Default: the version in force, or else the newest.")],
        responses={200: OpenApiTypes.OBJECT, 404: _ABSENT},
    )
    def get(self, request: Request, procedure: int) -> Response:
        row = _procedure(request, procedure)
        asked = request.query_params.get("version", "")
        numbered = row.versions.filter(number=int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 9 else None
        version = (row.active or row.versions.first()) if not asked else numbered.first() if numbered is not None else None
        if version is None:
            raise Http404
        told = cacao.playbook(row.slug, version.definition, written=version.created_at)
        return Response(told, headers={"Content-Disposition": f'attachment; filename="{row.slug}.cacao.json"'})


class SitePlaybooks(APIView):
    @extend_schema(
        operation_id="import_procedure",
        summary="Import an OASIS CACAO 2.0 playbook as a new version of a procedure",
        description="What is outside the subset (docs/procedures.md) is refused by name. The version takes effect on activation.",
        request=OpenApiTypes.OBJECT,
        responses={201: ProcedureDetail, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.RULES)
        slugs = Procedure.objects.filter(site_id=right.site_id).values_list("slug", flat=True)
        try:
            slug, definition = cacao.definition(request.data, {cacao.playbook_id(each): each for each in slugs})
            by, now = actor_of(request), timezone.now()
            version = authoring.write(right.site_id, slug, definition, note="CACAO 2.0", by=by, now=now)
        except cacao.NotInSubset as error:
            fr, en = f"{error.where} : {error.fr}", f"{error.where}: {error.en}"
            raise Refused("not_in_subset", fr, en, meaning=Meaning.INVALID, field="playbook") from error
        except SpecError as error:
            return refused_definition(error)
        return Response(_detail(version.procedure), status=status.HTTP_201_CREATED)


def refused_definition(error: SpecError) -> Response:
    """At its field and in the reader's language."""
    reason = reasons.said(error.trouble, get_language() or "fr")
    return problem(422, reason, errors={f"definition.{error.path}".rstrip("."): [reason]})


class AlarmProcedures(APIView):
    @extend_schema(
        operation_id="list_alarm_procedures",
        summary="List the procedures that fit an alarm, best first",
        responses={200: Offer(many=True), 404: _ABSENT},
    )
    def get(self, request: Request, alarm: int) -> Response:
        alarms.alarm_of(request, alarm)
        return Response(offers.of_alarm(Alarm.objects.get(pk=alarm)))


class IncidentProcedures(APIView):
    @extend_schema(
        operation_id="list_incident_procedures",
        summary="List the procedures that fit an incident, best first",
        responses={200: Offer(many=True), 404: _ABSENT},
    )
    def get(self, request: Request, incident: int) -> Response:
        row, _ = incidents.incident_of(request, incident)
        return Response(offers.of_incident(row))


class SiteRuns(APIView):
    @extend_schema(
        operation_id="list_runs",
        summary="List the procedure runs of a site, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=list(_STATES), description="Default: `running`."),
            OpenApiParameter("incident", _ID),
            OpenApiParameter("alarm", _ID),
            *PARAMETERS,
        ],
        responses=shapes.paged(RunRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        found = seen(right).filter(**_STATES[choice(request, "state", _STATES, "running")])
        for name in ("incident", "alarm"):
            if (asked := request.query_params.get(name)) is not None:
                known = asked.isascii() and asked.isdigit() and len(asked) < 19
                found = found.filter(**{f"{name}_id": int(asked) if known else 0})
        return page(request, found, {"id": "id"}, run_rows, newest=True)

    @extend_schema(
        operation_id="begin_run",
        summary="Run a procedure for an incident, for an alarm, or by hand",
        description="If a run of the same version is under way for the same subject, that run is returned instead.",
        request=NewRun,
        responses={201: RunRow, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right, told = rights.of(request).on(site, Verb.TAKE), checked(NewRun, request)
        procedure = Procedure.objects.filter(site_id=right.site_id, slug=told["procedure"]).first()
        if procedure is None:
            raise Http404
        about: dict[str, Any] = {}
        if (incident := told.get("incident")) is not None:
            about["incident"], _ = incidents.incident_of(request, incident, Verb.TAKE)
        elif (alarm := told.get("alarm")) is not None:
            alarms.alarm_of(request, alarm, Verb.TAKE)
            about["alarm"] = Alarm.objects.get(pk=alarm)
        if any(each.site_id != right.site_id for each in about.values()):
            raise Http404
        run = runs.begin(procedure, **about, exercise=told["exercise"], by=actor_of(request), now=timezone.now())
        return Response(_row(run.pk), status=status.HTTP_201_CREATED)


def _row(run: int) -> dict[str, Any]:
    return run_rows(Run.objects.filter(pk=run))[0]


class RunView(APIView):
    @extend_schema(operation_id="get_run", summary="Get a run of a procedure", responses={200: RunRow, 404: _ABSENT})
    def get(self, request: Request, procedure_run: int) -> Response:
        return Response(_row(_run(request, procedure_run).pk))


class RunStep(APIView):
    @extend_schema(
        operation_id="act_on_step",
        summary="Start, complete, skip or fail a step",
        description="Repeating a step with the same answer changes nothing. Skipping a mandatory step requires a reason.",
        request=StepAct,
        responses={200: RunRow, **_REFUSALS},
    )
    def post(self, request: Request, procedure_run: int, step: str) -> Response:
        _run(request, procedure_run, Verb.TAKE)
        body = checked(StepAct, request)
        given = {"answer": body.get("answer"), "reason": body["reason"]}
        runs.act(procedure_run, body["act"], step, **given, by=actor_of(request), now=timezone.now())
        return Response(_row(procedure_run))


class RunAbandonment(APIView):
    @extend_schema(
        operation_id="abandon_run",
        summary="Abandon a run of a procedure",
        description="A reason is required while mandatory steps are not done.",
        request=Abandonment,
        responses={200: RunRow, **_REFUSALS},
    )
    def post(self, request: Request, procedure_run: int) -> Response:
        _run(request, procedure_run, Verb.TAKE)
        runs.abandon(procedure_run, reason=checked(Abandonment, request)["reason"], by=actor_of(request), now=timezone.now())
        return Response(_row(procedure_run))
