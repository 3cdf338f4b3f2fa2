"""Permits: by hand, from a file that is compared before anything is written, and from access-management systems."""

import datetime as dt

import msgspec
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import passage_shapes as told_as
from hypervisor.api import shapes
from hypervisor.api.asked import choice, number
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.passages import REFUSALS
from hypervisor.rights import Right, Verb
from journal.reading import lines_about
from journal.rows import entry_rows, time_text
from passages import persons, rows
from passages.models import Gate, Permit, PermitImport
from passages.permits import changes, imports
from passages.permits.changes import Difference

STATES: dict[str, Q] = {"current": ~Q(state="ended"), "all": Q(), **{state: Q(state=state) for state in told_as.PERMIT_STATES}}


def seen(right: Right) -> QuerySet[Permit]:
    """Permits of a gate that the person sees; those of every gate are everybody's."""
    permits = Permit.objects.filter(site_id=right.site_id)
    if right.sectors is None:
        return permits
    gates = Gate.objects.filter(right.within("asset__sector"), site_id=right.site_id)
    return permits.filter(Q(every_gate=True) | Q(gates__in=gates)).distinct()


def permit_of(request: Request, permit: int, verb: Verb = Verb.SEE) -> tuple[Permit, Right]:
    row = Permit.objects.select_related("site").prefetch_related("gates", "plates").filter(pk=permit).first()
    right = row and rights.of(request).by_site.get(row.site_id)
    if not right or not right.may(Verb.SEE) or not seen(right).filter(pk=permit).exists():
        raise Http404
    right = rights.of(request).on(right.site, verb)
    if verb is not Verb.SEE:
        theirs(right, None if row.every_gate else [gate.slug for gate in row.gates.all()])
    return row, right


def theirs(right: Right, slugs: list[str] | None) -> None:
    """Who is confined writes permits of their own gates only. Raises Http404."""
    if right.sectors is None:
        return
    mine = set(Gate.objects.filter(right.within("asset__sector"), site_id=right.site_id).values_list("slug", flat=True))
    if slugs is None or not slugs or set(slugs) - mine:
        raise Http404


def _wanted(request: Request, right: Right, state: str = "active") -> imports.Described:
    """The permit that a body describes. Raises ValidationError."""
    body = checked(told_as.NewPermit, request)
    theirs(right, body["gates"])
    sent = {name: value for name, value in body.items() if value is not None or name == "gates"} | {"state": state}
    sent["plates"] = [{"plate": each["plate"], "country": each["country"] or ""} for each in body["plates"]]
    sent["weekly"] = [dict(each) for each in body["weekly"]]
    gates = set(Gate.objects.filter(site_id=right.site_id).values_list("slug", flat=True))
    try:
        return imports.of_sent(msgspec.convert(sent, imports.Sent), gates)
    except ValueError as error:
        raise ValidationError({"permit": str(error)}) from error


def twins(right: Right, difference: Difference, mine: str) -> list[tuple[str, str | None]]:
    """Pairs of references that are easily confused, `mine` first; None for a permit of gates that the person does not see."""
    pairs = [(one, other) if one == mine else (other, one) for one, _, other, _ in difference.twins]
    if right.sectors is None:
        return list(pairs)
    known = set(seen(right).filter(reference__in=[other for _, other in pairs]).values_list("reference", flat=True))
    return list(dict.fromkeys((one, other if other in known else None) for one, other in pairs))


def _written(right: Right, permit: Permit, difference: Difference) -> dict[str, object]:
    row = rows.permit_rows(Permit.objects.filter(pk=permit.pk), with_plates=True)[0]
    told = twins(right, difference, permit.reference)
    return row | {"twins": [{"one": one, "other": other} for one, other in told]}


def _listed(right: Right) -> object:
    return lambda some: rows.permit_rows(some, with_plates=right.may(Verb.PLATES), people=right.may(Verb.PLATES))


class SitePermits(APIView):
    @extend_schema(
        operation_id="list_permits",
        summary="List the permits of a site, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="Default: `current`."),
            OpenApiParameter("gate", str, description="Slug of a gate that the permits are for."),
            OpenApiParameter("q", str, description="Text in the reference or the company."),
            OpenApiParameter(
                "expiring",
                {"type": "integer", "minimum": 0, "maximum": 10**9 - 1},
                description="Permits that end within this number of days and are not over yet.",
            ),
            *PARAMETERS,
        ],
        responses=shapes.paged(told_as.PermitRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        permits = seen(right).filter(STATES[choice(request, "state", STATES, "current")])
        if gate := request.query_params.get("gate", "").replace("\0", ""):
            permits = permits.filter(Q(every_gate=True) | Q(gates__slug=gate)).distinct()
        if word := request.query_params.get("q", "").replace("\0", "").strip():
            permits = permits.filter(Q(reference__icontains=word) | Q(company__icontains=word))
        if (days := number(request, "expiring")) is not None:
            now = timezone.now()
            permits = permits.filter(valid_until__gt=now, valid_until__lte=now + dt.timedelta(days=min(days, 3650)))
        return page(request, permits, {"id": "id"}, _listed(right), newest=True)

    @extend_schema(
        operation_id="create_permit",
        summary="Create a permit",
        description="A permit authorises the vehicles of a company at some gates.",
        request=told_as.NewPermit,
        responses={201: told_as.PermitWritten, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.PERMITS)
        wanted = _wanted(request, right)
        written = changes.write(Site.objects.get(pk=right.site_id), wanted, by=actor_of(request), now=timezone.now())
        return Response(_written(right, *written), status=201)


class PermitView(APIView):
    @extend_schema(operation_id="get_permit", summary="Get a permit", responses={200: told_as.PermitRow, 404: REFUSALS[404]})
    def get(self, request: Request, permit: int) -> Response:
        row, right = permit_of(request, permit)
        return Response(_listed(right)(Permit.objects.filter(pk=row.pk))[0])

    @extend_schema(
        operation_id="change_permit",
        summary="Replace a permit",
        description="A permit that comes from an access-management system can only be changed in that system.",
        request=told_as.NewPermit,
        responses={200: told_as.PermitWritten, **REFUSALS},
    )
    def put(self, request: Request, permit: int) -> Response:
        row, right = permit_of(request, permit, Verb.PERMITS)
        wanted = _wanted(request, right, row.state)
        written = changes.write(row.site, wanted, by=actor_of(request), now=timezone.now(), known=row)
        return Response(_written(right, *written))


class PermitState(APIView):
    @extend_schema(
        operation_id="set_permit_state",
        summary="Suspend, resume or end a permit",
        description="Repeating the request changes nothing.",
        request=told_as.PermitStateAsked,
        responses={200: told_as.PermitRow, **REFUSALS},
    )
    def post(self, request: Request, permit: int) -> Response:
        body = checked(told_as.PermitStateAsked, request)
        row, right = permit_of(request, permit, Verb.PERMITS)
        changes.set_state(row.pk, body["state"], by=actor_of(request), now=timezone.now())
        return Response(_listed(right)(Permit.objects.filter(pk=row.pk))[0])


class PermitJournal(APIView):
    @extend_schema(
        operation_id="list_permit_journal", summary="List the journal lines of a permit, newest first", parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )  # fmt: skip
    def get(self, request: Request, permit: int) -> Response:
        row, _ = permit_of(request, permit)
        return page(request, lines_about(row.site_id, "permit", [row.pk]), {"seq": "seq"}, entry_rows, newest=True)


class PermitSearch(APIView):
    @extend_schema(
        operation_id="search_permits",
        summary="Search the permits of a plate",
        description="The search is recorded in the journal.",
        request=told_as.Searched,
        responses={200: told_as.PermitRow(many=True), **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.PLATES)
        plate = persons.given(checked(told_as.Searched, request)["plate"])
        results = _listed(right)(seen(right).filter(plates__plate=plate).order_by("-pk"))
        persons.note_search(right.site_id, plate, "looked_up", len(results), by=actor_of(request), now=timezone.now())
        return Response(results)


def import_row(run: PermitImport) -> dict[str, object]:
    counts = {name: getattr(run, name) for name in ("new", "changed", "unchanged", "gone", "refused")}
    return counts | {
        "id": run.pk, "site": run.site.slug, "source": run.source and run.source.slug, "file_name": run.file_name,
        "state": run.state, "started_at": time_text(run.started_at), "started_by": run.started_by,
        "finished_at": time_text(run.finished_at), "whole": run.whole, "message": run.message, "details": run.details,
    }  # fmt: skip


def _run(request: Request, permit_import: int) -> PermitImport:
    row = PermitImport.objects.select_related("site", "source").filter(pk=permit_import).first()
    if row is None:
        raise Http404
    _whole(rights.of(request).at(row.site_id, None, Verb.PERMITS))
    return row


def _whole(right: Right) -> Right:
    """A file is about any gate: not for who is confined to some. Raises Http404."""
    if right.sectors is not None:
        raise Http404
    return right


class PermitImports(APIView):
    @extend_schema(
        operation_id="list_permit_imports", summary="List the imports of permits, newest first", parameters=PARAMETERS,
        responses=shapes.paged(told_as.PermitImportRow),
    )  # fmt: skip
    def get(self, request: Request, site: str) -> Response:
        right = _whole(rights.of(request).on(site, Verb.PERMITS))
        runs = PermitImport.objects.filter(site_id=right.site_id).select_related("site", "source")
        return page(request, runs, {"id": "id"}, lambda some: [import_row(run) for run in some], newest=True)

    @extend_schema(
        operation_id="compare_permits",
        summary="Compare a file of permits with the existing ones",
        description=(
            "Returns what would be new, changed and gone, each refused row with its reason, and pairs of plates "
            "that are easily confused. Nothing is written until the import is confirmed."
        ),
        request=told_as.NewPermitImport,
        responses={201: told_as.PermitImportRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = _whole(rights.of(request).on(site, Verb.PERMITS))
        body = checked(told_as.NewPermitImport, request)
        run = imports.compare_file(
            Site.objects.get(pk=right.site_id), body["content"].encode(), body["file_name"], by=actor_of(request),
            now=timezone.now(), whole=body["whole"],
        )  # fmt: skip
        return Response(import_row(run), status=201)


class PermitImportView(APIView):
    @extend_schema(
        operation_id="get_permit_import", summary="Get an import of permits",
        responses={200: told_as.PermitImportRow, 404: OpenApiResponse(shapes.ProblemDetails)},
    )  # fmt: skip
    def get(self, request: Request, permit_import: int) -> Response:
        return Response(import_row(_run(request, permit_import)))


class PermitImportConfirmation(APIView):
    @extend_schema(
        operation_id="confirm_permit_import",
        summary="Confirm an import of permits",
        description="Applies exactly the changes that the comparison showed.",
        request=told_as.Confirmation,
        responses={200: told_as.PermitImportRow, **REFUSALS},
    )
    def post(self, request: Request, permit_import: int) -> Response:
        body = checked(told_as.Confirmation, request)
        row = _run(request, permit_import)
        done = imports.carry_out_file(
            row.pk, by=actor_of(request), now=timezone.now(), without_refused=body["without_refused"]
        )  # fmt: skip
        return Response(import_row(done))
