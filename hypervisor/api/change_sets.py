"""Change sets: a file of assets compared with the inventory, its changes reviewed one by one, approved or not."""

import tomllib
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.models import Alarm
from assets.inventory import layouts, proposals
from assets.inventory import mapping as mappings
from assets.inventory.failures import InventoryFailure
from assets.inventory.mapping import Mapping
from assets.models import ImportRun, ProposedChange, Site
from hypervisor import change_sets, rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.asked import choice, flag
from hypervisor.api.moves import REFUSALS as _OF_ALARMS
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.rights import Verb
from journal.rows import time_text

MOST_CODES = 10_000
MOST_ALARMS = 500
CATEGORIES = ProposedChange.Category.values
STATES = ImportRun.State.values
REFUSALS = _OF_ALARMS
COUNTS = ("new", "changed", "unchanged", "gone", "refused")


class NewChangeSet(s.Serializer):
    file = s.FileField(help_text="The inventory file.")
    mapping = s.CharField(
        required=False, max_length=100_000, help_text="How to read it, in TOML; without it, the columns of Vigie."
    )
    layout = s.ChoiceField(
        list(layouts.NAMES), required=False, help_text="A ready mapping for a French layout, instead of `mapping`."
    )
    column = s.CharField(required=False, max_length=200, help_text="With `values`, only the rows whose column has one of them.")
    values = s.ListField(child=s.CharField(max_length=200), required=False, max_length=1000)
    complete = s.BooleanField(default=False, help_text="The file is the complete list of the kinds it holds.")


class ChangeSetRow(s.Serializer):
    id = s.IntegerField()
    file = s.CharField()
    state = s.ChoiceField(STATES)
    busy = s.BooleanField(help_text="Being compared or written by a worker.")
    started_at = s.DateTimeField()
    finished_at = s.DateTimeField(allow_null=True)
    started_by = s.CharField()
    approved_by = s.CharField()
    approved_at = s.DateTimeField(allow_null=True)
    message = s.CharField(help_text="Why the file was refused, in English; else empty.")
    new = s.IntegerField()
    changed = s.IntegerField()
    unchanged = s.IntegerField()
    gone = s.IntegerField()
    refused = s.IntegerField()


class CategoryCount(s.Serializer):
    category = s.ChoiceField(CATEGORIES)
    changes = s.IntegerField()
    left_out = s.IntegerField()


class Meanwhile(s.Serializer):
    code = s.CharField()
    field = s.CharField(help_text="`asset` when the asset itself came or went, `retired` when it was decommissioned or is back.")
    then = s.JSONField(allow_null=True)
    now = s.JSONField(allow_null=True)


class AlarmOfAbsent(s.Serializer):
    id = s.IntegerField()
    asset = s.CharField(help_text="Code of the asset.")
    sentence = shapes.Bilingual()


class ChangeSetDetail(ChangeSetRow):
    categories = CategoryCount(many=True)
    meanwhile = Meanwhile(many=True, help_text="What changed in the inventory since the comparison; compare again to approve.")
    alarms = AlarmOfAbsent(many=True, help_text=f"Open alarms of what would be decommissioned, {MOST_ALARMS} at most.")
    refusals = s.ListField(child=s.DictField(), help_text="The first refused rows: row, code, reason, sentence.")
    remarks = s.ListField(child=s.DictField(), help_text="The first codes that a spreadsheet may have rewritten.")


class ChangeRow(s.Serializer):
    id = s.IntegerField()
    category = s.ChoiceField(CATEGORIES)
    code = s.CharField()
    name = s.CharField()
    kind = s.CharField()
    row = s.IntegerField(allow_null=True, help_text="Where the file says it; null for an absent asset.")
    asset = s.IntegerField(allow_null=True)
    replaces = s.CharField(help_text="Code of the asset that is decommissioned in its favour.")
    fields = s.DictField(child=s.ListField(), help_text="Field by field: what it was, what it would be.")
    distance = s.FloatField(allow_null=True, help_text="Metres by which it moves.")
    left_out = s.BooleanField()


class LeavingOut(s.Serializer):
    codes = s.ListField(child=s.CharField(max_length=80), required=False, max_length=MOST_CODES)
    category = s.ChoiceField(CATEGORIES, required=False)
    all = s.BooleanField(default=False)
    left_out = s.BooleanField(help_text="True leaves the changes out, false takes them in again.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("codes")) + bool(attrs.get("category")) + attrs["all"] != 1:
            raise s.ValidationError(_("Say exactly one of codes, category, all."))
        return attrs


class ChangesLeftOut(s.Serializer):
    changed = s.IntegerField(help_text="How many changes are now otherwise than before.")


class Approval(s.Serializer):
    accept_detected = s.BooleanField(default=False, help_text="What was detected of the file, and not declared, is right.")
    without_refused = s.BooleanField(default=False, help_text="Write the other rows without the refused ones.")


def _row(run: ImportRun) -> dict[str, Any]:
    return {
        "id": run.pk, "file": run.file_name, "state": run.state, "busy": run.finished_at is None,
        "started_at": time_text(run.started_at), "finished_at": time_text(run.finished_at), "started_by": run.started_by,
        "approved_by": run.approved_by, "approved_at": time_text(run.approved_at), "message": run.message,
        **{name: getattr(run, name) for name in COUNTS},
    }  # fmt: skip


def _detail(run: ImportRun) -> dict[str, Any]:
    counted = (
        run.changes.order_by("category").values("category").annotate(changes=Count("id"), left_out=Count("id", Q(left_out=True)))
    )
    under_review = run.finished_at is not None and run.state in (ImportRun.State.COMPARED, ImportRun.State.REFUSED)
    alarms = Alarm.objects.filter(site_id=run.site_id, is_open=True, asset__in=proposals.retired(run)) if under_review else []
    if under_review:
        alarms = alarms.select_related("asset").order_by("id")[:MOST_ALARMS]
    return _row(run) | {
        "categories": list(counted),
        "meanwhile": proposals.meanwhile(run)[:MOST_CODES] if under_review else [],
        "alarms": [
            {"id": one.pk, "asset": one.asset.code, "sentence": {"fr": one.sentence_fr, "en": one.sentence_en}} for one in alarms
        ],
        "refusals": run.details.get("refused", []),
        "remarks": run.details.get("remarks", []),
    }


def _rows(changes: QuerySet[ProposedChange]) -> list[dict[str, Any]]:
    return list(changes.values(*ChangeRow().fields))


def _run(request: Request, change_set: int) -> ImportRun:
    run = ImportRun.objects.select_related("site").filter(pk=change_set, content=ImportRun.Content.ASSETS).first()
    if run is None:
        raise Http404
    rights.of(request).on(run.site.slug, Verb.IMPORTS)
    return run


def _mapping(body: dict[str, Any]) -> Mapping:
    """Raises ValidationError."""
    try:
        if body.get("layout"):
            mapping = layouts.read(body["layout"])
        else:
            mapping = mappings.check(tomllib.loads(body["mapping"])) if body.get("mapping") else mappings.NATIVE
        mapping = layouts.picked(mapping, body.get("column", ""), body.get("values", []))
    except (tomllib.TOMLDecodeError, RecursionError, InventoryFailure) as error:
        raise ValidationError({"mapping": str(error)}) from error
    return mappings.complete(mapping) if body["complete"] else mapping


class SiteChangeSets(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="list_change_sets",
        summary="List the files of assets that were compared with the inventory, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(ChangeSetRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.IMPORTS)
        runs = ImportRun.objects.filter(site_id=right.site_id, content=ImportRun.Content.ASSETS)
        return page(request, runs, {"id": "id"}, lambda some: [_row(run) for run in some], newest=True)

    @extend_schema(
        operation_id="create_change_set",
        summary="Compare a file of assets with the inventory",
        description="A worker compares it; nothing is written before the change set is approved. At most 200 MiB.",
        request={"multipart/form-data": NewChangeSet},
        responses={202: ChangeSetRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.IMPORTS)
        body = checked(NewChangeSet, request)
        run = change_sets.begin(Site.objects.get(pk=right.site_id), body["file"], _mapping(body), by=actor_of(request))
        return Response(_row(run), status=202)


class ChangeSetView(APIView):
    @extend_schema(
        operation_id="get_change_set",
        summary="Get a change set: what it would change, and what stands against it",
        responses={200: ChangeSetDetail, 404: REFUSALS[404]},
    )
    def get(self, request: Request, change_set: int) -> Response:
        return Response(_detail(_run(request, change_set)))


class Changes(APIView):
    @extend_schema(
        operation_id="list_changes",
        summary="List the changes of a change set, in the order of the file",
        parameters=[
            OpenApiParameter("category", str, enum=CATEGORIES),
            OpenApiParameter("left_out", bool, description="Only those that are left out, or only the others."),
            *PARAMETERS,
        ],
        responses=shapes.paged(ChangeRow),
    )
    def get(self, request: Request, change_set: int) -> Response:
        changes = _run(request, change_set).changes.all()
        if category := choice(request, "category", ["", *CATEGORIES], ""):
            changes = changes.filter(category=category)
        if (left := flag(request, "left_out")) is not None:
            changes = changes.filter(left_out=left)
        return page(request, changes, {"id": "id"}, _rows, newest=False)

    @extend_schema(
        operation_id="leave_changes_out",
        summary="Leave changes out of a change set, or take them in again",
        request=LeavingOut,
        responses={200: ChangesLeftOut, **REFUSALS},
    )
    def patch(self, request: Request, change_set: int) -> Response:
        run, body = _run(request, change_set), checked(LeavingOut, request)
        wanted = Q(code__in=body["codes"]) if body.get("codes") else Q(category=body["category"]) if body.get("category") else Q()
        return Response({"changed": change_sets.leave_out(run, wanted, body["left_out"])})


class ChangeSetApproval(APIView):
    @extend_schema(
        operation_id="approve_change_set",
        summary="Approve a change set: a worker writes what is not left out",
        description="All of it is written in one transaction with its line in the journal, or nothing is: a change set whose "
        "inventory has changed meanwhile is refused, and says why.",
        request=Approval,
        responses={202: ChangeSetRow, **REFUSALS},
    )
    def post(self, request: Request, change_set: int) -> Response:
        run, body = _run(request, change_set), checked(Approval, request)
        change_sets.approve(run, by=actor_of(request), now=timezone.now(), **body)
        run.refresh_from_db()
        return Response(_row(run), status=202)


class ChangeSetComparison(APIView):
    @extend_schema(
        operation_id="compare_change_set",
        summary="Compare a change set with the inventory as it stands now",
        description="What was left out stays left out.",
        request=None,
        responses={202: ChangeSetRow, **REFUSALS},
    )
    def post(self, request: Request, change_set: int) -> Response:
        run = _run(request, change_set)
        change_sets.compare_again(run, timezone.now())
        run.refresh_from_db()
        return Response(_row(run), status=202)
